/** Changes of strings through any node of a cluster in which most nodes do not hold the key, and while one of them dies. */
import test from 'ava';
import { Redis } from 'ioredis';
import { waitUntil } from '../../scripts/processes/wait.js';
import { READY_MS, TestCluster } from './processes.js';

const NODES = 5;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const WRITERS_A_NODE = 3;
const ROUNDS_BEFORE = 20;
const ROUNDS_AFTER = 20;
const SEEN_MS = 180_000;

test.serial('a string is changed through nodes that do not hold it, as through those that do', async (t) => {
  // Two copies among five nodes: three of them forward whatever they are asked.
  const cluster = await TestCluster.start({ nodeCount: NODES, args: ['--n', '2', '--r', '2', '--w', '2'] });
  t.teardown(() => cluster.close());
  const clients = cluster.ports.map((port) => new Redis(port, '127.0.0.1'));
  t.teardown(() => {
    for (const client of clients) client.disconnect();
  });
  const replies: unknown[] = [];
  for (const client of clients) {
    for (const key of KEYS) {
      await client.del(key);
      replies.push([
        await client.append(key, 'abc'),
        await client.setrange(key, 5, 'x'),
        await client.setbit(key, 7, 0),
        await client.getset(key, 'abc'),
        await client.call('BITFIELD', key, 'INCRBY', 'u8', '8', '1', 'OVERFLOW', 'FAIL', 'INCRBY', 'u8', '8', '255'),
        await client.getex(key, 'EX', 100),
        await client.append(key, '!'),
        (await client.ttl(key)) > 0,
        await client.getdel(key),
        await client.getdel(key),
        await client.setnx(key, 'v'),
        await client.setnx(key, 'w'),
      ]);
    }
    replies.push(await client.msetnx('m1', '\x01', 'm2', '\x02'), await client.bitop('OR', 'm3', 'm1', 'm2'));
    replies.push(
      await client.msetnx('m3', 'x', 'm4', 'x'),
      await client.mget('m3', 'm4'),
      await client.del('m1', 'm2', 'm3'),
    );
  }
  const perKey = [3, 6, 1, '`bc\0\0x', [99, null], 'acc', 4, true, 'acc!', null, 1, 0];
  const perClient = [...KEYS.map(() => perKey), 1, 1, 0, ['\x03', null], 3];
  t.deepEqual(
    replies,
    clients.flatMap(() => perClient),
  );
});

test.serial('what was appended stands there once, through whatever node and though one of them dies', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: NODES });
  t.teardown(() => cluster.close());
  const survivors = cluster.ports.slice(1);
  const writers = survivors.flatMap((port, node) =>
    Array.from({ length: WRITERS_A_NODE }, (_, index) => new Writer(port, `${node}-${index}`)),
  );
  t.teardown(() => {
    for (const writer of writers) writer.close();
  });
  const work = writers.map((writer) => writer.run());
  const roundsLeast = (): number => Math.min(...writers.map(({ rounds }) => rounds));
  await waitUntil('all append', READY_MS, () => roundsLeast() >= ROUNDS_BEFORE || `${roundsLeast()} rounds`);
  await cluster.node(0).kill();
  const enough = Math.max(...writers.map(({ rounds }) => rounds)) + ROUNDS_AFTER;
  await waitUntil('they go on', SEEN_MS, () => roundsLeast() >= enough || `${roundsLeast()} rounds`);
  for (const writer of writers) writer.isEnding = true;
  await Promise.all(work);

  const reader = new Redis(survivors[0] ?? 0, '127.0.0.1');
  t.teardown(() => reader.disconnect());
  const counts = new Map<string, number>();
  for (const key of KEYS) {
    const value = (await reader.get(key)) ?? '';
    for (const word of value.split(' ')) counts.set(`${key} ${word}`, (counts.get(`${key} ${word}`) ?? 0) + 1);
  }
  const wrong = writers.flatMap(({ acknowledged, unknown }) => [
    ...acknowledged.filter((word) => counts.get(word) !== 1),
    ...unknown.filter((word) => (counts.get(word) ?? 0) > 1),
  ]);
  t.deepEqual(wrong, []);
  t.deepEqual(
    [...new Set(writers.flatMap(({ errors }) => errors))].filter((text) => !MAY_PERSIST.test(text)),
    [],
  );
  t.log(`${writers.flatMap(({ unknown }) => unknown).length} appends can't be told`);
});

const MAY_PERSIST = /^NOREPLICAS .*; a write may still persist$|it may still persist$/;

/** Appends words of its own to the keys in turn, until it is told to end. */
class Writer {
  /** `key word`. */
  readonly acknowledged: string[] = [];
  readonly unknown: string[] = [];
  readonly errors: string[] = [];
  rounds = 0;
  isEnding = false;
  readonly #client: Redis;

  constructor(
    port: number,
    readonly name: string,
  ) {
    this.#client = new Redis(port, '127.0.0.1');
  }

  async run(): Promise<void> {
    while (!this.isEnding) {
      const key = KEYS[this.rounds % KEYS.length] ?? '';
      const word = `${this.name}-${this.rounds++}`;
      try {
        await this.#client.append(key, `${word} `);
        this.acknowledged.push(`${key} ${word}`);
      } catch (error) {
        this.unknown.push(`${key} ${word}`);
        this.errors.push(error instanceof Error ? error.message : String(error));
      }
    }
  }

  close(): void {
    this.#client.disconnect();
  }
}
