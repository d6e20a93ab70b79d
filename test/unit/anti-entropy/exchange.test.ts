import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import type { Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import { MemoryStore } from '../../../cluster/storage/memory-store.js';
import type { ActorId } from '../../../cluster/version/actor.js';
import { encodeObject } from '../../../cluster/version/codec.js';
import { foreignObject } from '../replica/opened-replica.js';
import { ManualWorld } from '../storage/manual-world.js';
import { LoopNode, type LoopPeer, Traffic } from './loop-cluster.js';
import { keyspaces as someKeyspaces } from './rebuilt.js';

const HOSTS = ['a', 'b', 'c'];
const PARTITION_COUNT = 8;

interface LabOptions {
  readonly nodes?: number;
  readonly keyspaces?: Keyspaces;
  readonly exchangePeriodMs?: number;
}

/** A cluster in which nothing but the exchange moves data. */
class Lab {
  readonly world = new ManualWorld();
  readonly traffic = new Traffic();
  nodes: LoopNode[] = [];

  static async open({ nodes = 2, keyspaces = someKeyspaces, exchangePeriodMs = 0 }: LabOptions = {}): Promise<Lab> {
    const lab = new Lab();
    const options = { keyspaces, partitionCount: PARTITION_COUNT, memoryBytesMax: 16_000_000, exchangePeriodMs };
    for (const place of HOSTS.slice(0, nodes).keys()) {
      const store = new MemoryStore(lab.world.timers);
      const opened = LoopNode.open(lab.world, store, HOSTS.slice(0, nodes), place, options);
      lab.nodes.push(await lab.world.timers.until(opened));
    }
    for (const node of lab.nodes) await lab.until(node.replica.whenWarm());
    for (const node of lab.nodes) node.meet(lab.nodes, lab.traffic);
    return lab;
  }

  node(place: number): LoopNode {
    const node = this.nodes[place];
    if (node === undefined) throw new Error(`there is no node ${place}`);
    return node;
  }

  /** The way from one node to another. */
  link(from: number, to: number): LoopPeer {
    return this.node(from).peers.get(this.node(to).id) as unknown as LoopPeer;
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return this.world.timers.until(promise, 600_000);
  }

  async exchange(from = 0) {
    const { antiEntropy } = this.node(from);
    if (antiEntropy === undefined) throw new Error('the node has met no other');
    return this.until(antiEntropy.exchangeNow());
  }

  held(place: number): Promise<Map<string, string>> {
    return this.until(this.node(place).held());
  }

  /** Long enough that nothing counts as just written. */
  age(): Promise<void> {
    return this.world.timers.advance(10_000);
  }
}

/** One sibling of one of three writers, the more of them the later. */
function version(writer: number, count: number, value = 'v'): Buffer {
  return foreignObject(`f${writer}00000000000001`, count, value);
}

test('nodes that hold the same send each other hashes of roots, and nothing else', async (t) => {
  const lab = await Lab.open();
  for (let i = 0; i < 500; i++) for (const node of lab.nodes) await lab.until(node.hold(`key ${i}`, version(1, i + 1)));
  await lab.age();
  const [report] = await lab.exchange();
  t.is(report?.fault, undefined);
  t.is(report?.partitions.size, PARTITION_COUNT);
  t.is(lab.traffic.messages, 2);
  t.is(lab.traffic.objects, 0);
});

test('what one has missed comes, and only that', async (t) => {
  const lab = await Lab.open();
  const missed = new Set([3, 77, 123, 400]);
  for (let i = 0; i < 500; i++) {
    await lab.until(lab.node(1).hold(`key ${i}`, version(1, i + 1)));
    if (!missed.has(i)) await lab.until(lab.node(0).hold(`key ${i}`, version(1, i + 1)));
  }
  await lab.age();
  await lab.exchange();
  t.deepEqual(await lab.held(0), await lab.held(1));
  t.is(lab.traffic.objects, missed.size);
  t.is(lab.node(0).counters.exchange_keys_pulled, missed.size);
  t.is(lab.node(0).counters.exchange_keys_pushed, 0);
});

// `npm run exchange` counts it for a thousand of a million.
test('one key in a thousand that was missed costs under 1,000 bytes beyond its object', async (t) => {
  const lab = await Lab.open();
  const missed = 5;
  const holding: Promise<void>[] = [];
  for (let i = 0; i < 1_000 * missed; i++) {
    const key = `key:${String(i).padStart(12, '0')}`;
    holding.push(lab.node(1).hold(key, version(1, i + 1)));
    if (i % 1_000 !== 0) holding.push(lab.node(0).hold(key, version(1, i + 1)));
  }
  await lab.until(Promise.all(holding));
  await lab.age();
  await lab.exchange();
  t.deepEqual(await lab.held(0), await lab.held(1));
  t.is(lab.traffic.objects, missed);
  t.true(lab.traffic.otherBytes < 1_000 * missed, `${lab.traffic.otherBytes} bytes`);
});

test('the node that has more gives, when it is the one that began', async (t) => {
  const lab = await Lab.open();
  for (let i = 0; i < 50; i++) await lab.until(lab.node(0).hold(`key ${i}`, version(1, i + 1)));
  await lab.age();
  await lab.exchange();
  t.deepEqual(await lab.held(0), await lab.held(1));
  t.is(lab.node(0).counters.exchange_keys_pushed, 50);
});

test('of an old and a new version the new one travels, whoever begins', async (t) => {
  for (const from of [0, 1]) {
    const lab = await Lab.open();
    await lab.until(lab.node(0).hold('key', version(1, 2, 'new')));
    await lab.until(lab.node(1).hold('key', version(1, 1, 'x'.repeat(1_000))));
    await lab.age();
    await lab.exchange(from);
    t.deepEqual(await lab.held(0), await lab.held(1));
    t.true(lab.traffic.objectBytes < 200);
  }
});

test('concurrent versions become siblings on both sides', async (t) => {
  const lab = await Lab.open();
  await lab.until(lab.node(0).hold('key', version(1, 7)));
  await lab.until(lab.node(1).hold('key', version(2, 7)));
  await lab.age();
  await lab.exchange();
  t.deepEqual(await lab.held(0), await lab.held(1));
});

const differing = fc.array(
  fc.record({
    key: fc.oneof(
      fc.nat({ max: 200 }).map((i) => `key ${i}`),
      fc.nat({ max: 20 }).map((i) => `two:${i}`),
    ),
    db: fc.constantFrom(0, 5),
    writer: fc.nat({ max: 2 }),
    count: fc.integer({ min: 1, max: 5 }),
    at: fc.subarray([0, 1, 2], { minLength: 1 }),
  }),
  { maxLength: 60 },
);

test('replicas with random differences become equal by exchanges, and another exchange finds nothing to send', async (t) => {
  await fc.assert(
    fc.asyncProperty(differing, async (writes) => {
      const lab = await Lab.open({ nodes: 2 });
      for (const { key, db, writer, count, at } of writes) {
        // What a writer wrote as its n-th is the same everywhere.
        const object = version(writer, count, `value ${count}`);
        for (const place of at) if (place < 2) await lab.until(lab.node(place).hold(key, object, db));
      }
      await lab.age();
      await lab.exchange(0);
      await lab.exchange(1);
      if (JSON.stringify([...(await lab.held(0))]) !== JSON.stringify([...(await lab.held(1))])) return false;
      const { objects } = lab.traffic;
      const [report] = await lab.exchange();
      return report?.fault === undefined && lab.traffic.objects === objects;
    }),
    { numRuns: 40 },
  );
  t.pass();
});

test('with N smaller than the cluster a key goes to its primaries only', async (t) => {
  const lab = await Lab.open({ nodes: 3 });
  for (let i = 0; i < 60; i++)
    for (const node of [lab.node(0)]) await lab.until(node.hold(`two:${i}`, version(1, i + 1)));
  await lab.age();
  for (const from of [0, 1, 2]) await lab.exchange(from);
  const routes = lab.node(0).membership.ring();
  for (const place of [1, 2]) {
    const node = lab.node(place);
    for (const name of (await lab.held(place)).keys()) {
      const partition = node.partitionOf(name.slice(2));
      t.true(routes.preferenceList(partition).slice(0, 2).includes(node.id));
    }
  }
});

test('what was written just now is left for another exchange', async (t) => {
  const lab = await Lab.open();
  const counter = lab.world.clock.nowMs() * 1000;
  await lab.until(lab.node(0).hold('key', version(1, counter)));
  await lab.exchange();
  t.is(lab.traffic.objects, 0);
  await lab.age();
  await lab.exchange();
  t.deepEqual(await lab.held(0), await lab.held(1));
});

test('a difference that is gone by the second look costs no scan', async (t) => {
  const lab = await Lab.open();
  await lab.until(lab.node(0).hold('key', version(1, 1)));
  await lab.age();
  const exchanged = lab.node(0).antiEntropy?.exchangeNow() ?? Promise.resolve([]);
  await lab.world.timers.advance(100);
  await lab.until(lab.node(1).hold('key', version(1, 1)));
  await lab.until(exchanged);
  t.is(lab.traffic.objects, 0);
  // Roots, inner nodes, leaves, leaves again; each with its answer.
  t.is(lab.traffic.messages, 8);
});

test('a peer that dies in an exchange ends it, and the next one goes on', async (t) => {
  const lab = await Lab.open();
  for (let i = 0; i < 200; i++) await lab.until(lab.node(1).hold(`key ${i}`, version(1, i + 1)));
  await lab.age();
  const exchanged = lab.node(0).antiEntropy?.exchangeNow() ?? Promise.resolve([]);
  await lab.world.timers.advance(100);
  lab.link(0, 1).up = false;
  const [broken] = await lab.until(exchanged);
  t.is(broken?.fault, 'unreachable');
  t.deepEqual(await lab.exchange(), []);
  lab.link(0, 1).up = true;
  await lab.exchange();
  t.deepEqual(await lab.held(0), await lab.held(1));
  t.is(lab.node(0).counters.exchanges_broken_off, 1);
});

test('a store that can not be read ends the exchange on either side', async (t) => {
  for (const place of [0, 1]) {
    const lab = await Lab.open();
    await lab.until(lab.node(1).hold('key', version(1, 1)));
    await lab.age();
    const store = lab.node(place).store as MemoryStore;
    store.failReads = 'unreadable';
    const [report] = await lab.exchange();
    t.is(report?.fault, place === 0 ? 'store' : 'declined');
    store.failReads = undefined;
    await lab.exchange();
    t.deepEqual(await lab.held(0), await lab.held(1));
  }
});

test('a large partition goes page by page', async (t) => {
  const lab = await Lab.open();
  for (let i = 0; i < 3_000; i++) {
    const key = `{one}${i}`;
    await lab.until(lab.node(i % 2).hold(key, version(1, i + 1)));
  }
  await lab.age();
  await lab.exchange();
  t.deepEqual(await lab.held(0), await lab.held(1));
  t.is((await lab.held(0)).size, 3_000);
});

test('by schedule a node exchanges with one after the other at random', async (t) => {
  const lab = await Lab.open({ nodes: 3, exchangePeriodMs: 1_000 });
  await lab.until(lab.node(0).hold('key', version(1, 1)));
  await lab.world.timers.advance(30_000);
  for (const place of [1, 2]) t.deepEqual(await lab.held(place), await lab.held(0));
  t.true(lab.node(0).counters.exchanges > 20);
  for (const node of lab.nodes) await lab.until(node.close());
});

test('the status tells what is built, the last exchange, and equal roots', async (t) => {
  const lab = await Lab.open();
  for (let i = 0; i < 20; i++) await lab.until(lab.node(1).hold(`key ${i}`, version(1, i + 1)));
  await lab.age();
  await lab.exchange();
  const status = lab.node(0).antiEntropy?.status() ?? [];
  t.is(status.length, PARTITION_COUNT);
  t.true(status.every(({ built, last }) => built && last?.peer === lab.node(1).id));
  t.is(
    status.reduce((sum, { last }) => sum + (last?.pulled ?? 0), 0),
    20,
  );
  t.is(
    status.reduce((sum, { keys }) => sum + keys, 0),
    20,
  );
  t.deepEqual(
    status.map(({ root }) => root),
    lab
      .node(1)
      .antiEntropy?.status()
      .map(({ root }) => root),
  );
  t.is(lab.node(0).antiEntropy?.status(status[3]?.partition).length, 1);
});

test('an exchange that waits when the node stops ends', async (t) => {
  const lab = await Lab.open();
  await lab.until(lab.node(0).hold('key', version(1, 1)));
  await lab.age();
  const exchanged = lab.node(0).antiEntropy?.exchangeNow() ?? Promise.resolve([]);
  await lab.world.timers.advance(100);
  await lab.until(lab.node(0).close());
  const [report] = await exchanged;
  t.is(report?.fault, 'stopped');
  await turn();
});

test('an object with several siblings is exchanged whole', async (t) => {
  const lab = await Lab.open();
  const dots = [1, 2, 3].map((i) => ({ actor: `f${i}00000000000001` as ActorId, counter: i }));
  const object = encodeObject({
    clock: new Map(dots.map(({ actor, counter }) => [actor, counter])),
    siblings: dots.toReversed().map((dot) => ({ dot, tombstone: false, expiryMs: 0, value: Buffer.from('v') })),
  });
  await lab.until(lab.node(1).hold('key', object));
  await lab.age();
  await lab.exchange();
  t.deepEqual(await lab.held(0), await lab.held(1));
});
