import test from 'ava';
import { Counters } from '../../../cluster/coordinator/counters.js';
import { DatabaseRow, loadDatabases } from '../../../cluster/databases/database-row.js';
import { UNTOUCHED } from '../../../cluster/databases/database-state.js';
import { Databases } from '../../../cluster/databases/databases.js';
import type { World } from '../../../cluster/ports/world.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { type MemoryDisk, MemoryStore } from '../../../cluster/storage/memory-store.js';
import { HybridClock } from '../../../cluster/version/hybrid-clock.js';
import type { Peer, ReplyHandler } from '../../../cluster/wire/peer.js';
import { QUERY_KIND } from '../../../cluster/wire/queries.js';
import { ManualWorld } from '../storage/manual-world.js';

const DRIFT_MAX_MS = 60_000;
const STORE_MS = 2;
type Fault = 'timeout' | 'refused' | 'unreachable';

/** Databases of one node, with what its replica was told. */
class Node {
  readonly counters = new Counters();
  readonly flushed = new Map<number, number>();
  readonly peers: Peer[] = [];
  readonly databases: Databases;

  private constructor(
    readonly world: ManualWorld,
    readonly id: NodeId,
    readonly store: MemoryStore,
    readonly clock: HybridClock,
    kept: Awaited<ReturnType<typeof loadDatabases>>,
  ) {
    const peers = {
      get: (id: NodeId) => this.peers.find((peer) => peer.id === id),
      values: () => this.peers,
      onAdded: () => undefined,
      onRemoved: () => undefined,
    };
    const replica = { flushUpTo: (db: number, upTo: number) => void this.flushed.set(db, upTo) };
    const parts = {
      world: world as unknown as World,
      store,
      peers,
      replica,
      hybridClock: clock,
      counters: this.counters,
    };
    this.databases = new Databases({ ...parts, self: id, clockDriftMaxMs: DRIFT_MAX_MS }, kept);
  }

  /** `aheadMs`: how far its clock is before that of the others. */
  static async start(world: ManualWorld, id: string, aheadMs = 0, disk?: MemoryDisk): Promise<Node> {
    const latencyMs = (): number => STORE_MS;
    const store = new MemoryStore(world.timers, disk === undefined ? { latencyMs } : { latencyMs, disk });
    const kept = await world.timers.until(loadDatabases(store, world.log));
    const wall = { nowMs: () => world.timers.nowMs() + aheadMs, monotonicUs: () => world.timers.monotonicUs() };
    return new Node(world, id.repeat(20) as NodeId, store, new HybridClock(wall, 0, DRIFT_MAX_MS), kept);
  }

  /** A link to `other`, on which `faults` befall the questions to come; `isOlder`: the other one knows no such question. */
  linkTo(other: Node, faults: Fault[] = [], isOlder = false): { up: boolean; asked: number } {
    const link = { up: true, asked: 0 };
    const query = (handler: ReplyHandler, question: Buffer): void => {
      link.asked++;
      const fault = link.up ? faults.shift() : 'unreachable';
      if (fault !== undefined) {
        this.world.timers.after(1, () => handler.failed(peer, fault));
        return;
      }
      if (question.readUInt8(0) !== QUERY_KIND.databases) throw new Error('another question');
      if (isOlder) handler.forwardReplied(peer, Buffer.alloc(0));
      else other.databases.answer(this.id, question.subarray(1), (reply) => handler.forwardReplied(peer, reply));
    };
    const peer = {
      id: other.id,
      address: { host: 'there', port: 17_001 },
      reachable: () => link.up,
      version: () => 3,
      query,
    } as unknown as Peer;
    this.peers.push(peer);
    return link;
  }

  flush(...dbs: number[]): Promise<unknown> {
    return this.world.timers.until(this.databases.flush(dbs));
  }

  swap(a: number, b: number): Promise<unknown> {
    return this.world.timers.until(this.databases.swap(a, b));
  }
}

async function linked(world: ManualWorld, count: number): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let i = 0; i < count; i++) nodes.push(await Node.start(world, `a${i}`));
  for (const a of nodes) for (const b of nodes) if (a !== b) a.linkTo(b);
  return nodes;
}

function pair<T>(nodes: readonly T[]): [T, T, T] {
  const [a, b, c] = nodes;
  if (a === undefined || b === undefined) throw new Error('two nodes are needed');
  return [a, b, c ?? b];
}

test('a flush is on the disk of every node that can be reached before it is answered', async (t) => {
  const world = new ManualWorld();
  const nodes = await linked(world, 3);
  const [first] = pair(nodes);
  const upTo = await first.flush(0, 2);
  t.is(typeof upTo, 'number');
  for (const { databases, flushed, store, clock } of nodes) {
    t.deepEqual([...flushed], [
      [0, upTo],
      [2, upTo],
    ] as [number, number][]);
    t.is(databases.flushedUpTo(1), 0);
    t.true(clock.next() > Number(upTo), 'what is minted from here on is above');
    const kept = await world.timers.until(
      loadDatabases(new MemoryStore(world.timers, { disk: store.disk }), world.log),
    );
    t.is(kept.state.watermarks[2], Number(upTo));
  }
});

test('a watermark is above all that a node with a faster clock has minted', async (t) => {
  const world = new ManualWorld();
  const slow = await Node.start(world, 'a0');
  const fast = await Node.start(world, 'b0', 20_000);
  slow.linkTo(fast);
  const minted = fast.clock.next();
  t.true(Number(await slow.flush(0)) > minted);
});

test('flushes one after the other do not carry the clocks away', async (t) => {
  const world = new ManualWorld();
  const [first] = pair(await linked(world, 2));
  let upTo = 0;
  for (let i = 0; i < 200; i++) upTo = Number(await first.flush(0));
  t.true(upTo / 1000 - world.timers.nowMs() < 1_000);
});

test('a node that could not be reached learns of it by the first question on its link, and from either side', async (t) => {
  for (const asker of ['the one that knows', 'the one that does not']) {
    const world = new ManualWorld();
    const knows = await Node.start(world, 'a0');
    const missed = await Node.start(world, 'b0');
    const upTo = await knows.flush(4);
    await knows.swap(1, 2);
    const [from, to] = asker === 'the one that knows' ? [knows, missed] : [missed, knows];
    from.linkTo(to);
    const [peer] = from.peers;
    if (peer) from.databases.greet(peer);
    t.deepEqual(
      [...missed.flushed],
      [[4, upTo]] as [number, number][],
      'within the call in which the question or its answer comes',
    );
    t.is(missed.databases.stored(1), 2);
    await world.timers.advance(50);
  }
});

test('what is news is handed on to those whom its source does not reach', async (t) => {
  const world = new ManualWorld();
  const [a, b, c] = pair([await Node.start(world, 'a0'), await Node.start(world, 'b0'), await Node.start(world, 'c0')]);
  a.linkTo(b);
  b.linkTo(c);
  const upTo = await a.flush(0);
  await world.timers.advance(20);
  t.is(c.flushed.get(0), Number(upTo));
});

test('a question that timed out is asked again for as long as the peer can be reached', async (t) => {
  const world = new ManualWorld();
  const [a, b] = pair([await Node.start(world, 'a0'), await Node.start(world, 'b0')]);
  const link = a.linkTo(b, ['timeout', 'timeout']);
  t.is(typeof (await a.flush(0)), 'number');
  t.is(link.asked, 4, 'to hear twice more, and to tell');
  link.up = false;
  t.is(typeof (await a.flush(0)), 'number', 'who can not be reached is not waited for');
});

test('with a peer of an older version nothing is flushed or swapped', async (t) => {
  const world = new ManualWorld();
  const [a, b] = pair([await Node.start(world, 'a0'), await Node.start(world, 'b0')]);
  a.linkTo(b, [], true);
  for (const failure of [await a.flush(0), await a.swap(0, 1)]) {
    t.like(failure, {
      code: 'Refused',
      reason: 'the node there:17001 runs an older version, which can not flush or swap databases',
    });
  }
  t.is(a.flushed.size, 0);
  t.is(a.databases.stored(0), 0);
});

test('a time that is too far ahead is not taken, and is once the clock has come nearer', async (t) => {
  const world = new ManualWorld();
  const ahead = await Node.start(world, 'a0', DRIFT_MAX_MS + 3_000);
  const node = await Node.start(world, 'b0');
  ahead.linkTo(node);
  const failure = await ahead.flush(0);
  t.like(failure, { code: 'OutcomeUnknown', reason: 'there:17001 has yet to take it: its clock is too far behind' });
  t.is(node.flushed.size, 0);
  t.is(node.counters.clock_drift_refusals, 1);
  await world.timers.advance(5_000);
  t.is(node.flushed.get(0), ahead.databases.flushedUpTo(0));
});

test('a store that fails is said, and what is known gets there when it writes again', async (t) => {
  const world = new ManualWorld();
  const [a, b] = pair(await linked(world, 2));
  b.store.failWrites = 'the disk is full';
  t.like(await a.flush(0), { code: 'OutcomeUnknown', reason: 'there:17001 has yet to take it: its store failed' });
  t.deepEqual(b.databases.unswept(), [], 'what is not on disk is not swept');
  b.store.failWrites = undefined;
  await world.timers.advance(2_000);
  t.is(b.databases.unswept().length, 1);
  a.store.failWrites = 'the disk is full';
  t.like(await a.flush(0), { code: 'StoreFailed', reason: 'the disk is full' });
  await a.databases.stop();
});

test('what a node knew and had swept it knows after its start, before it does anything else', async (t) => {
  const world = new ManualWorld();
  const first = await Node.start(world, 'a0');
  const upTo = await first.flush(0, 1);
  await first.swap(0, 7);
  const [swept] = first.databases.unswept();
  if (swept) await world.timers.until(first.databases.sweptAll([swept]));
  await world.timers.until(first.databases.stop());
  const second = await Node.start(world, 'a0', 0, first.store.disk);
  t.deepEqual([...second.flushed], [
    [0, upTo],
    [1, upTo],
  ] as [number, number][]);
  t.is(second.databases.stored(0), 7);
  t.deepEqual(second.databases.unswept(), [{ db: 1, upTo: Number(upTo) }]);
  t.true(second.clock.next() > Number(upTo));
});

test('a damaged row is no row', async (t) => {
  const world = new ManualWorld();
  const store = new MemoryStore(world.timers, { latencyMs: () => 1 });
  const row = new DatabaseRow(
    store,
    () => ({ state: UNTOUCHED, swept: [] }),
    () => undefined,
  );
  await world.timers.until(row.save());
  const error = await world.timers.until(loadDatabases(store, world.log).catch((reason: Error) => reason.message));
  t.is(error, 'the row of the databases is damaged');
});

test('bytes that are no question are answered with nothing', async (t) => {
  const node = await Node.start(new ManualWorld(), 'a0');
  const answers: Buffer[] = [];
  node.databases.answer('b0'.repeat(20) as NodeId, Buffer.from('nonsense'), (reply) => answers.push(reply));
  t.deepEqual(answers, [Buffer.alloc(0)]);
});
