import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { StoreError } from '../../../cluster/ports/store.js';
import { openRocksStore } from '../../../cluster/storage/rocks-store.js';
import { keepsTheContract, read, write } from './store-contract.js';

function inTemporaryFolder(t: { teardown: (done: () => void) => void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'cartwheel-rocks-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'data');
}

test('RocksDB keeps the contract of stores', async (t) => {
  const store = await openRocksStore(inTemporaryFolder(t));
  await keepsTheContract(t, store, (promise) => promise);
  await store.close();
});

test('what was written is there after the store was closed and opened again', async (t) => {
  const dir = inTemporaryFolder(t);
  const store = await openRocksStore(dir);
  await write(store, [{ key: Buffer.from('k'), value: Buffer.alloc(300_000, 7) }]);
  await store.close();
  const again = await openRocksStore(dir);
  t.deepEqual(await read(again, Buffer.from('k')), Buffer.alloc(300_000, 7));
  await again.close();
});

test('keys that are asked for at once each get their own value, and missing ones none', async (t) => {
  const store = await openRocksStore(inTemporaryFolder(t));
  const keyOf = (i: number): Buffer => Buffer.from(`k${i}`);
  const evens = Array.from({ length: 50 }, (_, i) => ({ key: keyOf(2 * i), value: Buffer.from(`v${2 * i}`) }));
  await write(store, evens);
  for (const count of [1, 2, 16, 17, 100]) {
    const values = await Promise.all(Array.from({ length: count }, (_, i) => read(store, keyOf(i))));
    t.deepEqual(
      values.map((value) => value?.toString()),
      Array.from({ length: count }, (_, i) => (i % 2 === 0 ? `v${i}` : undefined)),
    );
  }
  const late = Array.from({ length: 20 }, (_, i) => read(store, keyOf(2 * i)));
  await store.close();
  t.is((await Promise.all(late)).filter((value) => value !== undefined).length, 20);
});

test('a folder that is open already, here or in another process, is refused with a clear error', async (t) => {
  const dir = inTemporaryFolder(t);
  const store = await openRocksStore(dir);
  await t.throwsAsync(openRocksStore(dir), { instanceOf: StoreError, message: /in use by another process/ });
  const module = fileURLToPath(new URL('../../../cluster/storage/rocks-store.js', import.meta.url));
  const script = `import(${JSON.stringify(module)}).then((m) => m.openRocksStore(${JSON.stringify(dir)}))
    .then(() => console.log('opened'), (error) => console.log(error.message))`;
  const child = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 120_000 });
  t.regex(child.stdout, /in use by another process/);
  await store.close();
});

test('a folder that can not be made is an error that names it', async (t) => {
  await t.throwsAsync(openRocksStore(join(inTemporaryFolder(t), 'no', 'such', 'parent')), {
    instanceOf: StoreError,
    message: /no\/such\/parent can't be opened/,
  });
});

test('a closed store answers with an error, and closing waits for what runs', async (t) => {
  const store = await openRocksStore(inTemporaryFolder(t));
  const written = write(store, [{ key: Buffer.from('k'), value: Buffer.from('v') }], true);
  const scan = store.scan(Buffer.from('a'), Buffer.from('z'));
  const closed = store.close();
  await written;
  await scan.next(1);
  await scan.close();
  await closed;
  await t.throwsAsync(read(store, Buffer.from('k')), { message: 'the store is closed' });
  await t.throwsAsync(write(store, []), { message: 'the store is closed' });
  await t.throwsAsync(store.scan(Buffer.from('a'), Buffer.from('z')).next(1), { message: 'the store is closed' });
});
