import type { ExecutionContext } from 'ava';
import type { Store, StoreWrite } from '../../../cluster/ports/store.js';

/** Waits for a promise in whichever time the store lives. */
export type Until = <T>(promise: Promise<T>) => Promise<T>;

export function write(store: Store, writes: readonly StoreWrite[], sync = false): Promise<void> {
  return new Promise((resolve, reject) => {
    store.write(writes, sync, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

export function read(store: Store, key: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    store.get(key, (error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

/** What every store must do; `until` waits for its answers. */
export async function keepsTheContract(t: ExecutionContext, store: Store, until: Until): Promise<void> {
  const row = (key: string, value: string): StoreWrite => ({ key: Buffer.from(key), value: Buffer.from(value) });
  t.is(await until(read(store, Buffer.from('missing'))), undefined);
  await until(write(store, [row('b', '2'), row('a', '1'), row('c', '3'), row('d', '')]));
  t.is((await until(read(store, Buffer.from('b'))))?.toString(), '2');
  t.is((await until(read(store, Buffer.from('d'))))?.length, 0);

  const scan = store.scan(Buffer.from('a'), Buffer.from('d'));
  await until(write(store, [row('aa', 'late'), { key: Buffer.from('c'), value: undefined }], true));
  const first = await until(scan.next(2));
  const rest = await until(scan.next(2));
  await until(scan.close());
  t.deepEqual(
    [...first, ...rest].map(({ key, value }) => `${key}=${value}`),
    ['a=1', 'b=2', 'c=3'],
    'a scan shows the moment at which it was opened',
  );

  const later = store.scan(Buffer.from('a'), Buffer.from('z'));
  const all = await until(later.next(10));
  await until(later.close());
  t.deepEqual(
    all.map(({ key }) => key.toString()),
    ['a', 'aa', 'b', 'd'],
  );

  await until(Promise.all([write(store, [row('k', 'first')]), write(store, [row('k', 'second')], true)]));
  t.is((await until(read(store, Buffer.from('k'))))?.toString(), 'second');
}
