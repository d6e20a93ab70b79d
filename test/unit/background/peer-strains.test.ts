import test from 'ava';
import { STRAIN_ASKED_MAX } from '../../../cluster/background/limits.js';
import { answerStrain, PeerStrains } from '../../../cluster/background/peer-strains.js';
import { AT_REST, encodeStrain, type Strain } from '../../../cluster/background/strain.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Peer, ReplyHandler } from '../../../cluster/wire/peer.js';
import { QUERY_KIND } from '../../../cluster/wire/queries.js';

/** A peer that answers as it is told. */
class ScriptedPeer {
  isReachable = true;
  questions: Buffer[] = [];
  /** What it answers at once; undefined: it keeps the asker waiting. */
  answer: Buffer | undefined;
  #waiting: ReplyHandler | undefined;

  constructor(readonly id: NodeId) {}

  reachable(): boolean {
    return this.isReachable;
  }

  query(handler: ReplyHandler, body: Buffer): void {
    this.questions.push(body);
    if (this.answer !== undefined) handler.forwardReplied(this as unknown as Peer, this.answer);
    else this.#waiting = handler;
  }

  fail(): void {
    this.#waiting?.failed(this as unknown as Peer, 'timeout');
  }
}

function party() {
  const clock = { us: 0, nowMs: () => 0, monotonicUs: () => clock.us };
  const peers = ['b', 'c'].map((id) => new ScriptedPeer(id as NodeId));
  const strains = new PeerStrains(clock, new Map(peers.map((peer) => [peer.id, peer as unknown as Peer])));
  const [b, c] = peers;
  if (b === undefined || c === undefined) throw new Error('two peers');
  return { clock, strains, b, c };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const busy: Strain = { isBusy: true, pressure: 0.5, isMinuteKept: true };

test('the worst of what peers tell is known for three seconds', async (t) => {
  const { clock, strains, b, c } = party();
  b.answer = encodeStrain(busy);
  c.answer = encodeStrain({ ...AT_REST, pressure: 2 });
  t.deepEqual(strains.worst(), AT_REST);
  strains.askAll();
  await settled();
  t.deepEqual(b.questions, [Buffer.of(QUERY_KIND.strain)]);
  t.deepEqual(strains.worst(), { isBusy: true, pressure: 2, isMinuteKept: true });
  clock.us = 3_000_001;
  t.deepEqual(strains.worst(), AT_REST);
});

test('a peer that does not know the question, or can not be reached, is no burden', async (t) => {
  const { strains, b, c } = party();
  b.answer = Buffer.alloc(0);
  c.isReachable = false;
  strains.askAll();
  await settled();
  t.deepEqual(strains.worst(), AT_REST);
  t.is(c.questions.length, 0);
});

test('a peer that owes an answer is not asked again before it has failed', async (t) => {
  const { strains, b } = party();
  strains.askAll();
  strains.askAll();
  t.is(b.questions.length, 1);
  b.fail();
  await settled();
  b.answer = encodeStrain(busy);
  strains.askAll();
  await settled();
  t.deepEqual(strains.worst(), busy);
});

test('a node answers with how it is now', (t) => {
  let strain = AT_REST;
  const answer = answerStrain(() => strain);
  strain = busy;
  answer('b' as NodeId, Buffer.alloc(0), (reply) => t.deepEqual(reply, encodeStrain(busy)));
});

test('of many peers a part is asked each time, until all have had their turn', (t) => {
  const clock = { us: 0, nowMs: () => 0, monotonicUs: () => clock.us };
  const peers = Array.from({ length: 40 }, (_, i) => new ScriptedPeer(`n${i}` as NodeId));
  for (const peer of peers) peer.answer = encodeStrain(AT_REST);
  const strains = new PeerStrains(clock, new Map(peers.map((peer) => [peer.id, peer as unknown as Peer])));
  strains.askAll();
  t.is(peers.filter(({ questions }) => questions.length > 0).length, STRAIN_ASKED_MAX);
  strains.askAll();
  strains.askAll();
  t.true(peers.every(({ questions }) => questions.length > 0));
});
