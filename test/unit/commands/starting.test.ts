/** What clients are told by a node that has just started, on a folder with keys. */
import test from 'ava';
import { NodeTimers } from '../../../cluster/ports/node-timers.js';
import type { Store, StoreScan } from '../../../cluster/ports/store.js';
import { STORAGE_KIND } from '../../../cluster/storage/layout.js';
import { MemoryStore } from '../../../cluster/storage/memory-store.js';
import { bulk, LiveServer } from './live-server.js';

const KEYS = 100;
const OPTIONS = { partitions: 16, durability: 'log' };

/** Its scans of keys give nothing until `release`. */
class SlowScans implements Store {
  readonly #inner: Store;
  readonly #released: Promise<void>;
  release: () => void = () => undefined;

  constructor(inner: Store) {
    this.#inner = inner;
    this.#released = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  readonly get: Store['get'] = (key, done) => this.#inner.get(key, done);
  readonly write: Store['write'] = (writes, sync, done) => this.#inner.write(writes, sync, done);
  readonly close: Store['close'] = () => this.#inner.close();

  scan(from: Buffer, to: Buffer): StoreScan {
    const scan = this.#inner.scan(from, to);
    if (from[0] !== STORAGE_KIND.data) return scan;
    return { close: () => scan.close(), next: (count) => this.#released.then(() => scan.next(count)) };
  }
}

test('a node that was killed answers commands before its trees are built and its keys are counted', async (t) => {
  const timers = new NodeTimers();
  const before = new MemoryStore(timers);
  const killed = await LiveServer.start(OPTIONS, undefined, before);
  const writer = await killed.connect();
  for (let i = 0; i < KEYS; i++) t.is(await writer.ask(`SET key:${i} value:${i}`), '+OK\r\n');
  // As a process that is killed leaves it.
  const rows = new Map(before.disk.rows);
  writer.close();
  await killed.stop();

  const store = new SlowScans(new MemoryStore(timers, { disk: { rows, unsynced: [], synced: rows } }));
  const live = await LiveServer.start(OPTIONS, undefined, store);
  t.teardown(() => live.stop());
  const client = await live.connect();
  t.is(await client.ask('PING'), '+PONG\r\n');
  for (let i = 0; i < KEYS; i += 2) t.is(await client.ask(`GET key:${i}`), bulk(`value:${i}`));
  t.is(await client.ask('GET absent'), '$-1\r\n');
  t.is(await client.ask('SET key:1 later'), '+OK\r\n');
  t.is(await client.ask('GET key:1'), bulk('later'));
  t.regex(await client.ask('INFO dynamo'), /\r\nwarm:0\r\n/);
  t.regex(await client.ask('DYNAMO SYNC'), /\r\npartitions\r\n:16\r\n\$5\r\nbuilt\r\n:0\r\n/);

  store.release();
  await live.server.node.replica.whenWarm();
  t.is(await client.ask('DBSIZE'), `:${KEYS}\r\n`);
  t.is(await client.ask('GET key:1'), bulk('later'));
  t.regex(await client.ask('DYNAMO SYNC'), /\r\npartitions\r\n:16\r\n\$5\r\nbuilt\r\n:16\r\n/);
});
