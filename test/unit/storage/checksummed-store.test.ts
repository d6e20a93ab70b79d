import test from 'ava';
import { NodeTimers } from '../../../cluster/ports/node-timers.js';
import { StoreError } from '../../../cluster/ports/store.js';
import { withChecksums } from '../../../cluster/storage/checksummed-store.js';
import { MemoryStore } from '../../../cluster/storage/memory-store.js';
import { keepsTheContract, read, write } from './store-contract.js';

const KEY = Buffer.from('key');
const VALUE = Buffer.from('value');

/** A store with checksums over `KEY`, and the disk below, on which bytes can be flipped. */
async function setUp() {
  const inner = new MemoryStore(new NodeTimers());
  const store = await withChecksums(inner);
  await write(store, [{ key: KEY, value: VALUE }]);
  const flip = (at: number): void => {
    const stored = inner.disk.rows.get('key');
    if (stored === undefined) throw new Error('the row is not on the disk');
    const damaged = Buffer.from(stored);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
    inner.disk.rows.set('key', damaged);
  };
  const scanned = async () => {
    const scan = store.scan(Buffer.from('k'), Buffer.from('l'));
    const rows = await scan.next(10);
    await scan.close();
    return rows;
  };
  return { inner, store, flip, scanned };
}

test('a store with checksums keeps the contract of stores', async (t) => {
  const store = await withChecksums(new MemoryStore(new NodeTimers()));
  await keepsTheContract(t, store, (promise) => promise);
});

test('what was written is read without its checksum', async (t) => {
  const { store, scanned } = await setUp();
  t.deepEqual(await read(store, KEY), VALUE);
  t.deepEqual(await scanned(), [{ key: KEY, value: VALUE }]);
});

for (let at = 0; at < VALUE.length + 4; at++) {
  test(`with byte ${at} of a stored value flipped a read fails, and a scan gives an empty value`, async (t) => {
    const { store, flip, scanned } = await setUp();
    flip(at);
    await t.throwsAsync(read(store, KEY), { instanceOf: StoreError, message: /checksum/ });
    t.deepEqual(await scanned(), [{ key: KEY, value: Buffer.alloc(0) }]);
  });
}

test('a value that stands under another key is not its value', async (t) => {
  const { inner, store } = await setUp();
  inner.disk.rows.set('kex', Buffer.from(inner.disk.rows.get('key') ?? ''));
  await t.throwsAsync(read(store, Buffer.from('kex')), { instanceOf: StoreError });
});

test('the store of an earlier run has checksums again, and one of an earlier version none', async (t) => {
  const { inner } = await setUp();
  t.deepEqual(await read(await withChecksums(inner), KEY), VALUE);
  const old = new MemoryStore(new NodeTimers());
  await write(old, [{ key: KEY, value: VALUE }]);
  t.is(await withChecksums(old), old);
});
