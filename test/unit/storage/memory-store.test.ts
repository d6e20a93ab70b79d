import test from 'ava';
import { StoreError, type StoreWrite } from '../../../cluster/ports/store.js';
import { MemoryStore } from '../../../cluster/storage/memory-store.js';
import { ManualTimers } from './manual-world.js';
import { keepsTheContract, read, write } from './store-contract.js';

const row = (key: string, value: string): StoreWrite => ({ key: Buffer.from(key), value: Buffer.from(value) });

test('the store in memory keeps the contract of stores', async (t) => {
  const timers = new ManualTimers();
  await keepsTheContract(t, new MemoryStore(timers), (promise) => timers.until(promise));
});

test('batches take effect in the order of the calls, whatever each takes', async (t) => {
  const timers = new ManualTimers();
  const delays = [50, 1, 20];
  const store = new MemoryStore(timers, { latencyMs: () => delays.shift() ?? 0 });
  const order: string[] = [];
  for (const name of ['a', 'b', 'c']) store.write([row('k', name)], false, () => order.push(name));
  await timers.advance(100);
  t.deepEqual(order, ['a', 'b', 'c']);
  t.is((await timers.until(read(store, Buffer.from('k'))))?.toString(), 'c');
});

test('a killed process loses the batches that were not acknowledged', async (t) => {
  const timers = new ManualTimers();
  const store = new MemoryStore(timers, { latencyMs: () => 10 });
  await timers.until(write(store, [row('acknowledged', '1')]));
  store.write([row('on its way', '1')], true, () => t.fail('a dead process was called'));
  await timers.advance(5);
  const next = new MemoryStore(timers, { disk: store.crash('process') });
  await timers.advance(100);
  t.is((await timers.until(read(next, Buffer.from('acknowledged'))))?.toString(), '1');
  t.is(await timers.until(read(next, Buffer.from('on its way'))), undefined);
});

test('without power only synced batches, and what came before them, are left', async (t) => {
  const timers = new ManualTimers();
  const store = new MemoryStore(timers);
  await timers.until(write(store, [row('before', '1')]));
  await timers.until(write(store, [row('synced', '1')], true));
  await timers.until(write(store, [row('after', '1'), row('before', '2')]));
  const next = new MemoryStore(timers, { disk: store.crash('power') });
  t.is((await timers.until(read(next, Buffer.from('before'))))?.toString(), '1');
  t.is((await timers.until(read(next, Buffer.from('synced'))))?.toString(), '1');
  t.is(await timers.until(read(next, Buffer.from('after'))), undefined);
});

test('reads and writes fail on demand, and change nothing', async (t) => {
  const timers = new ManualTimers();
  const store = new MemoryStore(timers);
  store.failWrites = 'no space';
  await t.throwsAsync(timers.until(write(store, [row('k', '1')])), { instanceOf: StoreError, message: 'no space' });
  store.failWrites = undefined;
  t.is(await timers.until(read(store, Buffer.from('k'))), undefined);
  store.failReads = 'bad sector';
  await t.throwsAsync(timers.until(read(store, Buffer.from('k'))), { message: 'bad sector' });
  await t.throwsAsync(timers.until(store.scan(Buffer.from('a'), Buffer.from('z')).next(1)), { message: 'bad sector' });
});

test('a store that closes finishes its writes first, and answers no more after it', async (t) => {
  const timers = new ManualTimers();
  const store = new MemoryStore(timers, { latencyMs: () => 10 });
  const written = write(store, [row('k', '1')]);
  const closed = store.close();
  await timers.until(closed);
  await t.notThrowsAsync(written);
  await t.throwsAsync(timers.until(read(store, Buffer.from('k'))), { message: 'the store is closed' });
  const next = new MemoryStore(timers, { disk: store.disk });
  t.is((await timers.until(read(next, Buffer.from('k'))))?.toString(), '1');
});
