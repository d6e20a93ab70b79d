import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Timers } from '../../../cluster/ports/timers.js';
import { recoverJournal } from '../../../cluster/replica/journal-recovery.js';
import { isLiveRecord } from '../../../cluster/replica/record.js';
import { BUFFER, type Durability, FSYNC, LOG, Replica } from '../../../cluster/replica/replica.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { Identity } from '../../../cluster/storage/identity.js';
import { openRocksStore } from '../../../cluster/storage/rocks-store.js';
import { encodeReplacing, objectLength } from '../../../cluster/version/encoded.js';
import { ManualWorld } from '../storage/manual-world.js';
import { PARTITIONS, partitionOfKey } from './opened-replica.js';

const realTimers: Timers = {
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return { stop: () => clearTimeout(timer) };
  },
  every: (periodMs, callback) => {
    const timer = setInterval(callback, periodMs);
    return { stop: () => clearInterval(timer) };
  },
  endOfTurn: (callback) => {
    setImmediate(callback);
  },
};

test('on RocksDB a replica takes many writes at every durability, and has them after it was opened again', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'cartwheel-replica-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const { random, clock, latencies, log, recorded } = new ManualWorld();
  const world = { random, clock, latencies, log, timers: realTimers };
  const options = { partitionCount: PARTITIONS, memoryBytesMax: 400_000, flushPeriodMs: 5 };
  const open = async () => {
    const store = await openRocksStore(dir);
    const identity = await Identity.open(store, world, PARTITIONS);
    const recovered = await recoverJournal(store, log, options);
    const replica = new Replica(world, store, identity, options, recovered);
    await replica.whenWarm();
    return { store, identity, replica };
  };
  const first = await open();
  const expected = new Map<string, Buffer>();
  let counter = 1;

  const put = async (key: string, durability: Durability, tombstone: boolean) => {
    const partition = partitionOfKey(key);
    let current = first.replica.peek(partition, 0, key);
    if (current === undefined) {
      current = await new Promise<Buffer | null>((resolve, reject) => {
        first.replica.load(partition, 0, key, {
          loaded: (failure, object) => (failure === undefined ? resolve(object ?? null) : reject(failure)),
        });
      });
    }
    const actor = first.replica.mintingActor(current);
    const value = Buffer.alloc(tombstone ? 0 : 100, counter);
    const written = { tombstone, expiryMs: 0, value };
    const record = encodeReplacing(current ?? undefined, actor, counter++, written);
    await new Promise<void>((resolve, reject) => {
      const stored = (failure: unknown) => (failure === undefined ? resolve() : reject(failure));
      if (first.replica.store(partition, 0, key, record, durability, { stored }) === 0) resolve();
    });
    expected.set(key, record);
  };

  for (let round = 0; round < 5; round++) {
    for (let from = 0; from < 1000; from += 250) {
      const puts: Promise<void>[] = [];
      for (let i = from; i < from + 250; i++) {
        const durability = i % 50 === 0 ? FSYNC : i % 2 === 0 ? LOG : BUFFER;
        puts.push(put(`key ${i}`, durability, (i + round) % 7 === 0));
      }
      await Promise.all(puts);
    }
  }
  const { batches, batchedRows, evictions } = first.replica.stats();
  t.true(batchedRows / batches > 10, `${batchedRows} rows in ${batches} batches`);
  t.true(evictions > 0);
  await first.replica.close();
  await first.identity.close(counter);
  await first.store.close();

  const second = await open();
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition as Partition);
  t.is(second.replica.counts.live(0, partitions), [...expected.values()].filter(isLiveRecord).length);
  const found = new Map<string, Buffer>();
  for (const partition of partitions) {
    await second.replica.scans.scanPartition(partition, (rows) => {
      for (const { key, record } of rows) found.set(key, record);
      return true;
    });
  }
  t.is(found.size, expected.size);
  for (const [key, record] of expected) {
    t.true(
      found
        .get(key)
        ?.subarray(0, objectLength(record))
        .equals(record.subarray(0, objectLength(record))),
    );
  }
  await second.replica.close();
  await second.store.close();
  t.true((recorded.get('store write') ?? 0) > 0);
  t.true((recorded.get('store read') ?? 0) > 0);
});
