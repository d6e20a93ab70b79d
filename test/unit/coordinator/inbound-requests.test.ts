import test from 'ava';
import { encodeStamp } from '../../../cluster/coordinator/forwarding/forward-stamp.js';
import {
  decodeReply,
  encodeRequest,
  type ForwardedRequest,
} from '../../../cluster/coordinator/forwarding/forwarded.js';
import { InboundRequests } from '../../../cluster/coordinator/inbound-requests.js';
import { answerKeyCount } from '../../../cluster/coordinator/key-count.js';
import { BUFFER, FSYNC, LOG } from '../../../cluster/replica/replica.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { highestCounter, versionFingerprint } from '../../../cluster/version/encoded.js';
import { readU64 } from '../../../cluster/version/words.js';
import { KEY_BYTES_MAX, QUIET_LINES_MAX } from '../../../cluster/wire/limits.js';
import type { Inbound } from '../../../cluster/wire/peer-service.js';
import { QUERY_KIND, Queries } from '../../../cluster/wire/queries.js';
import { valuesOf } from './fake-peer.js';
import {
  actorNamed,
  counterAt,
  DRIFT_MAX_MS,
  FORWARD_WITHIN_MS,
  objectWith,
  partitionOfSlot,
  ScriptedNode,
  type ScriptedOptions,
  SLOT_OF_OTHERS,
  SLOT_OF_OWN,
  VALUE_BYTES_MAX,
} from './scripted-node.js';

const PARTITION = partitionOfSlot(SLOT_OF_OWN);
const OLD = objectWith({ actor: actorNamed('a'), counter: 5, value: 'old' });
const NEW = objectWith({ actor: actorNamed('a'), counter: 9, value: 'new' });

/** The link that requests came in by: keeps the replies. */
class Replies implements Inbound {
  readonly peerId = 'f'.repeat(40) as NodeId;
  readonly puts: [number, number][] = [];
  readonly gets: [number, boolean, string[]][] = [];
  readonly forwards: [number, Buffer][] = [];
  readonly declined: number[] = [];
  readonly remoteAddress = 'there:1';

  replyPut(requestId: number, status: number): void {
    this.puts.push([requestId, status]);
  }

  replyGet(requestId: number, same: boolean, object: Buffer | undefined, objectLength: number): void {
    this.gets.push([requestId, same, valuesOf(object?.subarray(0, objectLength))]);
  }

  replyForward(requestId: number, body: Buffer): void {
    this.forwards.push([requestId, Buffer.from(body)]);
  }

  decline(requestId: number): void {
    this.declined.push(requestId);
  }
}

/** As another node sends an operation `agoUs` before now. */
function stamped(request: ForwardedRequest, sentUs = 0): Buffer {
  return Buffer.concat([encodeStamp({ process: 7, sentUs, withinMs: FORWARD_WITHIN_MS }), encodeRequest(request)]);
}

async function open(options: ScriptedOptions = {}) {
  const scripted = await ScriptedNode.open(options);
  const queries = new Queries();
  queries.on(QUERY_KIND.countKeys, answerKeyCount(scripted.node.replica));
  return { scripted, requests: new InboundRequests(scripted.node, queries), replies: new Replies() };
}

/** Hands on bytes that are overwritten after the call, as a receive buffer is. */
function transient<T>(bytes: Buffer, use: (slice: Buffer) => T): T {
  const slice = Buffer.from(bytes);
  const result = use(slice);
  slice.fill(0xee);
  return result;
}

test('a put is merged and acknowledged when it is as safe as asked', async (t) => {
  const { scripted, requests, replies } = await open();
  transient(OLD, (object) => requests.put(replies, 1, PARTITION, 0, BUFFER, 'k', object));
  t.deepEqual(replies.puts, [[1, 0]]);
  t.deepEqual(scripted.heldValues('k'), ['old']);
  transient(NEW, (object) => requests.put(replies, 2, PARTITION, 0, LOG, 'k', object));
  t.is(replies.puts.length, 1);
  await scripted.advance(5);
  t.deepEqual(replies.puts[1], [2, 0]);
  t.deepEqual(scripted.heldValues('k'), ['new']);
  transient(OLD, (object) => requests.put(replies, 3, PARTITION, 0, LOG, 'k', object));
  t.deepEqual(replies.puts[2], [3, 0]);
  t.deepEqual(scripted.heldValues('k'), ['new']);
});

test('a put in the place of another node is acknowledged when both the object and the hint are as safe as asked', async (t) => {
  const { scripted, requests, replies } = await open();
  const target = scripted.peer(1).id;
  transient(OLD, (object) => requests.putHinted(replies, 1, target, PARTITION, 0, BUFFER, 'k', object));
  t.deepEqual(replies.puts, [[1, 0]]);
  transient(NEW, (object) => requests.putHinted(replies, 2, target, PARTITION, 0, LOG, 'k', object));
  await scripted.advance(10);
  t.is(replies.puts.length, 1, 'the hint is not stored yet');
  scripted.hints.waiters[0]?.stored(undefined);
  t.deepEqual(replies.puts[1], [2, 0]);
  transient(NEW, (object) => requests.putHinted(replies, 3, target, PARTITION, 0, FSYNC, 'k', object));
  scripted.hints.waiters[1]?.stored({ code: 'StoreFailed', reason: 'disk full' });
  await scripted.advance(10);
  t.is(replies.puts[2]?.[0], 3);
  t.not(replies.puts[2]?.[1], 0);
  t.deepEqual(scripted.hints.kept, [`${target} 0 k 0`, `${target} 0 k 1`, `${target} 0 k 2`]);
  t.deepEqual(scripted.heldValues('k'), ['new']);
});

test('a put into a key that must be loaded waits for it', async (t) => {
  const before = await ScriptedNode.open();
  before.hold('k', NEW);
  const disk = await before.opened.stop();
  const { scripted, requests, replies } = await open({ disk, cold: true });
  transient(OLD, (object) => requests.put(replies, 1, PARTITION, 0, BUFFER, 'k', object));
  requests.get(replies, 2, PARTITION, 0, 'k', 0);
  t.deepEqual(replies.puts, []);
  await scripted.advance(10);
  t.deepEqual(replies.puts, [[1, 0]]);
  t.deepEqual(replies.gets, [[2, false, ['new']]]);
});

test('a store that fails, and one that does not keep up, are told apart', async (t) => {
  const failing = await open();
  failing.scripted.opened.store.failWrites = 'disk full';
  transient(OLD, (object) => failing.requests.put(failing.replies, 1, PARTITION, 0, LOG, 'k', object));
  await failing.scripted.advance(5);
  const [, failed] = failing.replies.puts[0] ?? [];
  t.true(failed !== undefined && failed !== 0);

  const full = await open({ memoryBytesMax: 10_000 });
  full.scripted.opened.store.failWrites = 'disk full';
  full.scripted.hold('big', objectWith({ actor: actorNamed('a'), counter: 5, value: 'x'.repeat(12_000) }));
  transient(OLD, (object) => full.requests.put(full.replies, 1, PARTITION, 0, BUFFER, 'k', object));
  await full.scripted.advance(1);
  const [, overloaded] = full.replies.puts[0] ?? [];
  t.true(overloaded !== undefined && overloaded !== 0 && overloaded !== failed);
});

test('an object from the future is refused and poisons no clock; the log says so now and then', async (t) => {
  const { scripted, requests, replies } = await open();
  const counter = counterAt(scripted.world, DRIFT_MAX_MS + 1_000);
  const future = objectWith({ actor: actorNamed('a'), counter, value: 'x' });
  for (let id = 1; id <= 3; id++) requests.put(replies, id, PARTITION, 0, BUFFER, 'k', future);
  t.true(replies.puts.every(([, status]) => status !== 0));
  t.is(replies.puts.length, 3);
  t.is(scripted.held('k'), null);
  t.is(scripted.node.counters.clock_drift_refusals, 3);
  t.is(scripted.world.log.errors().length, 1);
  t.true(scripted.node.hybridClock.next() < counter - 1_000);
  await scripted.advance(900);
  requests.put(replies, 4, PARTITION, 0, BUFFER, 'k', future);
  t.is(scripted.world.log.errors().length, 1);
});

test('what a replica takes puts its clock ahead', async (t) => {
  const { scripted, requests, replies } = await open();
  const counter = counterAt(scripted.world, 30_000);
  const ahead = objectWith({ actor: actorNamed('a'), counter, value: 'x' });
  requests.put(replies, 1, PARTITION, 0, BUFFER, 'k', ahead);
  t.true(scripted.node.hybridClock.next() > counter);
});

test('a get answers same, different or nothing', async (t) => {
  const { scripted, requests, replies } = await open();
  scripted.hold('k', NEW);
  requests.get(replies, 1, PARTITION, 0, 'k', versionFingerprint(NEW));
  requests.get(replies, 2, PARTITION, 0, 'k', versionFingerprint(OLD));
  requests.get(replies, 3, PARTITION, 0, 'k', 0);
  requests.get(replies, 4, PARTITION, 0, 'absent', 0);
  requests.get(replies, 5, PARTITION, 0, 'absent', versionFingerprint(OLD));
  t.deepEqual(replies.gets, [
    [1, true, []],
    [2, false, ['new']],
    [3, false, ['new']],
    [4, true, []],
    [5, false, []],
  ]);
});

test('a get of a copy that was started over is declined', async (t) => {
  const { scripted, requests, replies } = await open();
  scripted.hold('k', OLD);
  scripted.node.replica.setServes(PARTITION, false);
  requests.get(replies, 1, PARTITION, 0, 'k', 0);
  t.deepEqual(replies.declined, [1]);
  scripted.node.replica.setServes(PARTITION, true);
  requests.get(replies, 2, PARTITION, 0, 'k', 0);
  t.deepEqual(replies.gets, [[2, false, ['old']]]);
});

test('a get that can not read is declined', async (t) => {
  const { scripted, requests, replies } = await open({ cold: true });
  scripted.opened.store.failReads = 'bad block';
  requests.get(replies, 1, PARTITION, 0, 'k', 0);
  await scripted.advance(5);
  t.deepEqual(replies.declined, [1]);
  t.deepEqual(replies.gets, []);
});

const KEYED = { db: 0, slot: SLOT_OF_OWN, key: 'k' } as const;
const PUT: ForwardedRequest = {
  ...KEYED,
  kind: 'put',
  context: undefined,
  written: { tombstone: false, expiryMs: 0, value: Buffer.from('forwarded') },
  asked: 0,
};

function replyOf(replies: Replies, index: number) {
  const [id, body] = replies.forwards[index] ?? [0, Buffer.alloc(0)];
  return { id, ...decodeReply(body) };
}

test('what is forwarded is coordinated here, and answered when that ends', async (t) => {
  const { scripted, requests, replies } = await open();
  transient(stamped(PUT), (body) => requests.forward(replies, 1, body));
  t.deepEqual(replies.forwards, []);
  scripted.peer(0).puts[0]?.reply();
  t.like(replyOf(replies, 0), { id: 1, failure: undefined, applied: true });
  t.deepEqual(valuesOf(replyOf(replies, 0).object), ['forwarded']);
  t.deepEqual(scripted.heldValues('k'), ['forwarded']);

  transient(stamped({ ...KEYED, kind: 'get' }), (body) => requests.forward(replies, 2, body));
  for (const peer of scripted.peers) peer.gets[0]?.replySame();
  t.like(replyOf(replies, 1), { id: 2, failure: undefined });
  t.deepEqual(valuesOf(replyOf(replies, 1).object), ['forwarded']);

  const change = { kind: 'delete', context: undefined } as const;
  transient(stamped({ ...KEYED, kind: 'modify', change, asked: 0, again: false }), (body) =>
    requests.forward(replies, 3, body),
  );
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  scripted.peer(0).puts[1]?.reply();
  t.like(replyOf(replies, 2), { id: 3, failure: undefined, applied: true, previous: Buffer.from('forwarded') });
  t.is(scripted.node.counters.forwarded_here, 3);
});

test('a write that is forwarded is given a counter above the one at which it was asked for, unless that is far ahead', async (t) => {
  const change = { kind: 'set', condition: 'always', keepExpiry: false, expiryMs: 0, value: Buffer.from('v') } as const;
  const told = { answersPrevious: false, context: undefined } as const;
  for (const request of [PUT, { ...KEYED, kind: 'modify', again: false, change: { ...change, ...told } } as const]) {
    for (const [aheadMs, isHeeded] of [
      [900, true],
      [2 * DRIFT_MAX_MS, false],
    ] as const) {
      const { scripted, requests, replies } = await open();
      const asked = counterAt(scripted.world, aheadMs);
      transient(stamped({ ...request, asked }), (body) => requests.forward(replies, 1, body));
      for (const peer of scripted.peers) for (const get of peer.gets) get.replySame();
      const held = scripted.held('k');
      t.true(held !== null && held !== undefined, request.kind);
      t.is(held && highestCounter(held) > asked, isHeeded, request.kind);
    }
  }
});

test('a write that arrives when it may have been given up is not run, a read is', async (t) => {
  const { scripted, requests, replies } = await open();
  const change = { kind: 'delete', context: undefined } as const;
  const operations = (sentUs: number): Buffer[] =>
    [
      PUT,
      { ...KEYED, kind: 'modify', change, asked: 0, again: false } as const,
      { ...KEYED, kind: 'get' } as const,
    ].map((request) => stamped(request, sentUs));
  for (const [at, body] of operations(scripted.world.clock.monotonicUs()).entries())
    requests.forward(replies, at, body);
  t.deepEqual(replies.declined, []);
  const sentUs = scripted.world.clock.monotonicUs();
  await scripted.advance(FORWARD_WITHIN_MS + 5);
  for (const [at, body] of operations(sentUs).entries()) requests.forward(replies, at, body);
  t.deepEqual(replies.declined, [0, 1]);
  t.is(scripted.node.counters.late_forwards, 2);
});

test('a write that has to read its key first, and comes to that too late, is not run', async (t) => {
  const { scripted, requests, replies } = await open({ cold: true, storeLatencyMs: FORWARD_WITHIN_MS + 10 });
  requests.forward(replies, 1, stamped(PUT, scripted.world.clock.monotonicUs()));
  await scripted.advance(FORWARD_WITHIN_MS * 4);
  t.deepEqual(
    replies.forwards.map(([, body]) => decodeReply(body).failure),
    [{ code: 'WriteQuorumNotMet', answered: 0, needed: 2, attempted: false }],
  );
});

test('what is malformed is declined and logged, and the node goes on', async (t) => {
  const { scripted, requests, replies } = await open();
  for (const body of [Buffer.alloc(0), Buffer.from([99]), stamped(PUT).subarray(0, 9), stamped(PUT).subarray(0, 20)]) {
    transient(body, (slice) => requests.forward(replies, 1, slice));
  }
  t.deepEqual(replies.declined, [1, 1, 1, 1]);
  t.deepEqual(replies.forwards, []);
  const warnings = scripted.world.log.lines.filter(({ level }) => level === 'warn');
  const reasons = warnings.map(({ fields }) => fields.reason);
  t.deepEqual(reasons, ['it is without its stamp', 'a field is cut off']);
  t.is(scripted.node.counters.forwarded_here, 0);
});

test('a fallback that can reach no primary itself coordinates what is forwarded to it, if the keyspace is sloppy', async (t) => {
  for (const sloppy of [true, false]) {
    const { scripted, requests, replies } = await open({ nodes: 4, keyspace: { w: 1, sloppy } });
    for (const peer of scripted.peers) peer.up = false;
    requests.forward(replies, 1, stamped({ ...PUT, slot: SLOT_OF_OTHERS }));
    t.deepEqual(scripted.heldValues('k', SLOT_OF_OTHERS), sloppy ? ['forwarded'] : []);
    t.deepEqual(replies.declined, sloppy ? [] : [1]);
    if (sloppy) t.like(replyOf(replies, 0), { id: 1, failure: undefined });
  }
});

test('a node that is no primary of the key declines, and does not forward it once more', async (t) => {
  const { scripted, requests, replies } = await open({ nodes: 4 });
  requests.forward(replies, 1, stamped({ ...PUT, slot: SLOT_OF_OTHERS }));
  t.deepEqual(replies.declined, [1]);
  t.deepEqual(replies.forwards, []);
  t.deepEqual(
    scripted.peers.map(({ order }) => order),
    [[], [], []],
  );
});

test('a query is answered from the own replica', async (t) => {
  const { scripted, requests, replies } = await open();
  scripted.hold('k', OLD);
  transient(Buffer.from([1, 0, 0b1111]), (body) => requests.query(replies, 7, body));
  const [id, body] = replies.forwards[0] ?? [0, Buffer.alloc(8)];
  t.is(id, 7);
  t.is(readU64(body, 0), 1);
});

test('what would be too long for the frames to the replicas is not coordinated, and no peer fills the log with it', async (t) => {
  const { scripted, requests, replies } = await open();
  const again = false;
  const tooLong: ForwardedRequest[] = [
    { ...KEYED, key: 'k'.repeat(KEY_BYTES_MAX + 1), kind: 'get' },
    {
      ...KEYED,
      kind: 'put',
      context: undefined,
      written: { tombstone: false, expiryMs: 0, value: Buffer.alloc(VALUE_BYTES_MAX + 1) },
      asked: 0,
    },
    ...[
      { kind: 'setrange', offset: VALUE_BYTES_MAX, value: Buffer.of(1) } as const,
      { kind: 'setbit', offset: VALUE_BYTES_MAX * 8, bit: 1 } as const,
      { kind: 'append', value: Buffer.of(1), bytesMax: VALUE_BYTES_MAX + 1 } as const,
    ].map(
      (operation) => ({ ...KEYED, kind: 'modify', asked: 0, again, change: { kind: 'compute', operation } }) as const,
    ),
  ];
  for (let id = 0; id < 100; id++) {
    for (const request of tooLong) requests.forward(replies, id, stamped(request));
    requests.forward(replies, id, Buffer.concat([stamped(PUT), Buffer.of(id)]));
    requests.forward(replies, id, Buffer.of(id));
  }
  t.is(replies.declined.length, 100 * (tooLong.length + 2));
  t.deepEqual(replies.forwards, []);
  t.is(scripted.heldValues('k').length, 0);
  t.true(scripted.world.log.lines.length <= QUIET_LINES_MAX);
});
