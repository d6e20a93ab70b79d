import test from 'ava';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { FrameDecoder } from '../../../cluster/wire/frames.js';
import { ListeningHandshake, type Party } from '../../../cluster/wire/handshake.js';
import { OUTSTANDING_MAX, TURN_BATCH_MAX } from '../../../cluster/wire/limits.js';
import { appendWhole, PUT } from '../../../cluster/wire/messages.js';
import { OutBuffer } from '../../../cluster/wire/out-buffer.js';
import type { FakeWorld } from './fake-world.js';
import { OBJECT } from './golden.js';
import { ADDRESS, Heard, Pair } from './pair.js';
import { DIALLER, LISTENER, LISTENER_NONCE } from './parties.js';

const TARGET = 'cc'.repeat(20) as NodeId;

test('each kind of request reaches the other node and its reply comes back', async (t) => {
  const { peer, requests, world } = await new Pair().connect();
  const heard = new Heard();
  t.true(peer.reachable());
  peer.put(heard, 7, 3, 1, 'k\u00ff', OBJECT, OBJECT.length);
  peer.putHinted(heard, TARGET, 9, 2, 2, 'k', OBJECT, OBJECT.length);
  peer.get(heard, 8, 0, 'key', 123);
  peer.forward(heard, Buffer.from('op'));
  peer.query(heard, Buffer.from('\x01count'));
  t.is(peer.outstanding(), 5);
  world.settle();
  const texts = requests.asked.map(({ text }) => text);
  const object = OBJECT.toString('hex');
  t.deepEqual(texts, [
    `put 7 3 1 k\u00ff ${object}`,
    `put for ${TARGET} 9 2 2 k ${object}`,
    'get 8 0 key 123',
    'forward op',
    'query \x01count',
  ]);
  const [put, hinted, get, forward, query] = requests.asked;
  // Replies may come in any order.
  query?.from.replyForward(query.id, Buffer.from('42'));
  get?.from.replyGet(get.id, false, OBJECT, OBJECT.length);
  forward?.from.replyForward(forward.id, Buffer.from('done'));
  put?.from.replyPut(put.id, 0);
  hinted?.from.replyPut(hinted.id, 1);
  world.settle();
  t.deepEqual(heard.lines, ['answer 42', `get ${object}`, 'answer done', 'put 0', 'put 1']);
  t.is(peer.outstanding(), 0);
});

test('how long the queue of a peer is does not count the requests of this turn, up to a batch', async (t) => {
  const { peer, world } = await new Pair().connect();
  const heard = new Heard();
  for (let i = 0; i < 3; i++) peer.get(heard, 8, 0, 'key', 0);
  t.is(peer.queueAhead(), 0);
  world.settle();
  t.is(peer.queueAhead(), 3);
  for (let i = 0; i < TURN_BATCH_MAX + 5; i++) peer.get(heard, 8, 0, 'key', 0);
  t.is(peer.queueAhead(), 8);
});

/** Listens as a node of a version without features: after the handshake it only keeps what it is sent. */
async function listenWithoutFeatures(world: FakeWorld): Promise<number[]> {
  const kinds: number[] = [];
  await world.network.listen(ADDRESS, (link) => {
    const handshake = new ListeningHandshake({ ...LISTENER, features: 0 }, LISTENER_NONCE);
    const frame = (kind: number, _id: number, bytes: Buffer, start: number, end: number): undefined => {
      if (kind >= PUT) {
        kinds.push(kind);
        return;
      }
      const step = handshake.receive(kind, bytes.subarray(start, end));
      if (step.step === 'refuse' || step.body === undefined) throw new Error('the handshake failed');
      const out = new OutBuffer();
      appendWhole(out, step.kind, 0, step.body);
      link.write(Buffer.from(out.bytes.subarray(0, out.length)));
    };
    const decoder = new FrameDecoder({ frame }, 2 ** 20);
    return {
      opened: () => undefined,
      received: (chunk) => {
        decoder.feed(chunk);
      },
      closed: () => undefined,
    };
  });
  return kinds;
}

test('a peer that does not know of hints is not sent one', async (t) => {
  const { peer, world } = new Pair();
  const kinds = await listenWithoutFeatures(world);
  peer.start();
  world.settle();
  t.true(peer.reachable());
  const heard = new Heard();
  peer.putHinted(heard, TARGET, 9, 2, 2, 'k', OBJECT, OBJECT.length);
  t.deepEqual(heard.lines, ['refused']);
  peer.put(heard, 9, 2, 2, 'k', OBJECT, OBJECT.length);
  world.settle();
  t.deepEqual(kinds, [PUT]);
});

test('a get is answered with the same version, nothing or a refusal', async (t) => {
  const { peer, requests, world } = await new Pair().connect();
  const heard = new Heard();
  for (let i = 0; i < 3; i++) peer.get(heard, 0, 0, 'key', i);
  world.settle();
  const [same, nothing, declined] = requests.asked;
  same?.from.replyGet(same.id, true, undefined, 0);
  nothing?.from.replyGet(nothing.id, false, undefined, 0);
  declined?.from.decline(declined.id);
  world.settle();
  t.deepEqual(heard.lines, ['get same', 'get nothing', 'refused']);
});

test('the requests of a turn leave in one write and so do their replies', async (t) => {
  const { peer, requests, world } = await new Pair().connect();
  const heard = new Heard();
  requests.answer = ({ from, id }) => from.replyPut(id, 0);
  const [dialled, accepted] = world.network.ends;
  const before = [dialled?.writes ?? 0, accepted?.writes ?? 0];
  for (let i = 0; i < 500; i++) peer.put(heard, 0, 0, 0, `key ${i}`, OBJECT, OBJECT.length);
  world.settle();
  t.is(heard.lines.length, 500);
  t.deepEqual([dialled?.writes, accepted?.writes], [(before[0] ?? 0) + 1, (before[1] ?? 0) + 1]);
});

test('everything works over links that cut the stream into single bytes', async (t) => {
  const pair = new Pair();
  pair.world.network.chunkBytes = 1;
  const { peer, requests, world } = await pair.connect();
  const heard = new Heard();
  requests.answer = ({ from, id }) => from.replyGet(id, false, OBJECT, OBJECT.length);
  for (let i = 0; i < 5; i++) peer.get(heard, 0, 0, 'key', 0);
  world.settle();
  t.deepEqual(heard.lines, new Array(5).fill(`get ${OBJECT.toString('hex')}`));
});

test('a request to a peer that is not reachable fails at once', (t) => {
  const { peer } = new Pair();
  const heard = new Heard();
  peer.put(heard, 0, 0, 0, 'key', OBJECT, OBJECT.length);
  peer.query(heard, Buffer.alloc(0));
  t.deepEqual(heard.lines, ['unreachable', 'unreachable']);
});

test('a request that is not answered times out just before its time is up, and its late reply is ignored', async (t) => {
  const { peer, requests, world } = await new Pair().connect();
  const heard = new Heard();
  peer.put(heard, 0, 0, 0, 'slow', OBJECT, OBJECT.length);
  world.advance(300);
  peer.put(heard, 0, 0, 0, 'quick', OBJECT, OBJECT.length);
  world.advance(540);
  t.deepEqual(heard.lines, []);
  world.advance(150);
  t.deepEqual(heard.lines, ['timeout'], 'only the older one has timed out');
  const [slow, quick] = requests.asked;
  slow?.from.replyPut(slow.id, 0);
  quick?.from.replyPut(quick.id, 5);
  world.settle();
  t.deepEqual(heard.lines, ['timeout', 'put 5']);
  t.true(peer.reachable());
  t.true(peer.p99Us() >= 850_000, 'a time-out counts as a slow round trip');
});

test('when the link is cut all requests fail, and the peer is reached again within two seconds of its return', async (t) => {
  const { peer, reachable, requests, service, world } = await new Pair().connect();
  const heard = new Heard();
  for (let i = 0; i < 3; i++) peer.get(heard, 0, 0, 'key', 0);
  world.settle();
  const closed = service.close();
  world.network.cutAll();
  world.settle();
  await closed;
  t.deepEqual(heard.lines, ['unreachable', 'unreachable', 'unreachable']);
  t.false(peer.reachable());
  world.advance(60_000);
  t.deepEqual(reachable, [true, false]);
  await service.listen(ADDRESS);
  world.advance(1_900);
  t.deepEqual(reachable, [true, false, true]);
  requests.answer = ({ from, id }) => from.replyPut(id, 0);
  peer.put(heard, 0, 0, 0, 'key', OBJECT, OBJECT.length);
  world.settle();
  t.is(heard.lines.at(-1), 'put 0');
});

test('a peer that stays away is logged once, not at each attempt', (t) => {
  const { peer, world } = new Pair();
  peer.start();
  world.advance(30_000);
  t.is(world.log.filter(({ level }) => level === 'warn').length, 1);
  t.true(world.log.filter(({ level }) => level === 'debug').length > 20);
  peer.stop();
  const lines = world.log.length;
  world.advance(30_000);
  t.is(world.log.length, lines, 'a stopped peer does not dial');
});

test('an idle link is kept alive by pings', async (t) => {
  const { peer, reachable, world } = await new Pair().connect();
  world.advance(60_000);
  t.true(peer.reachable());
  t.deepEqual(reachable, [true]);
});

test('a peer that goes silent is noticed within two seconds, idle or busy', async (t) => {
  for (const busy of [false, true]) {
    const { peer, requests, world } = await new Pair().connect();
    const heard = new Heard();
    requests.answer = ({ from, id }) => from.replyPut(id, 0);
    world.advance(5_000);
    world.network.silent = true;
    for (let i = 0; i < 20; i++) {
      if (busy && peer.reachable()) peer.put(heard, 0, 0, 0, 'key', OBJECT, OBJECT.length);
      world.advance(100);
    }
    t.false(peer.reachable());
    t.regex(world.logText(), /the peer is not reachable: silent for 1000 ms/);
    t.true(heard.lines.every((line) => line === 'timeout' || line === 'unreachable'));
  }
});

test('a node that was itself held up does not take its peers for silent', async (t) => {
  const { peer, requests, world } = await new Pair().connect();
  const heard = new Heard();
  peer.put(heard, 0, 0, 0, 'key', OBJECT, OBJECT.length);
  world.settle();
  const [asked] = requests.asked;
  asked?.from.replyPut(asked.id, 0);
  world.freeze(30_000);
  world.advance(5_000);
  t.deepEqual(heard.lines, ['put 0']);
  t.true(peer.reachable());
});

test('a peer that does not read is dropped at a bound', async (t) => {
  const { peer, reachable, world } = await new Pair().connect();
  const heard = new Heard();
  world.network.stuck = true;
  const body = Buffer.alloc(8 * 2 ** 20);
  for (let i = 0; i < 20; i++) peer.forward(heard, body);
  world.settle();
  t.deepEqual(reachable, [true, false]);
  t.is(heard.lines.length, 20);
  t.regex(world.logText(), /the peer does not read: \d+ bytes/);
});

test('a request that fits into no frame is refused, and the link stays', async (t) => {
  const { peer, requests, world } = await new Pair().connect();
  const heard = new Heard();
  peer.forward(heard, Buffer.alloc(20 * 2 ** 20));
  peer.get(heard, 0, 0, 'k'.repeat(65_537), 0);
  t.deepEqual(heard.lines, ['refused', 'refused']);
  requests.answer = ({ from, id }) => from.replyForward(id, Buffer.alloc(20 * 2 ** 20));
  peer.query(heard, Buffer.alloc(0));
  world.settle();
  t.deepEqual(heard.lines, ['refused', 'refused', 'refused'], 'so is one whose answer fits into none');
  t.true(peer.reachable());
});

test('requests beyond the cap on outstanding ones are refused', async (t) => {
  const { peer } = await new Pair().connect();
  const heard = new Heard();
  for (let i = 0; i < OUTSTANDING_MAX; i++) peer.query(heard, Buffer.alloc(0));
  t.deepEqual(heard.lines, []);
  peer.query(heard, Buffer.alloc(0));
  t.deepEqual(heard.lines, ['refused']);
});

test('stopping fails what waits, and tells the other side', async (t) => {
  const { peer, service, world } = await new Pair().connect();
  const heard = new Heard();
  peer.query(heard, Buffer.alloc(0));
  peer.stop();
  t.deepEqual(heard.lines, ['unreachable']);
  world.settle();
  t.regex(world.logText(), /link from a peer is closed: closed by the peer \(stopping: the node stops\)/);
  await service.close();
});

test('nodes that do not fit never reach each other, and both logs say why', async (t) => {
  const rows: [Partial<Party>, RegExp][] = [
    [{ secret: 'wrong' }, /different cluster secrets/],
    [{ clusterName: 'other' }, /different cluster names/],
    [{ partitionCount: 128 }, /128 partitions/],
  ];
  for (const [party, reason] of rows) {
    const { peer, reachable, world } = await new Pair(party).connect();
    t.false(peer.reachable());
    t.deepEqual(reachable, []);
    const reasons = world.log.filter(({ level }) => level === 'warn').map(({ fields }) => String(fields.reason));
    t.is(reasons.length, 2);
    for (const text of reasons) t.regex(text, reason);
    const audited = world.log.filter(({ fields }) => fields.audit === true).map(({ fields }) => fields);
    t.is(audited.length, 2, 'one line of the audit at each end');
    t.like(audited, [
      { who: DIALLER.nodeId, from: 'fake:1', what: 'link refused' },
      { who: LISTENER.nodeId, from: '127.0.0.1:17001', what: 'link refused' },
    ]);
    world.advance(60_000);
    const later = world.log.filter(({ fields }) => fields.audit === true);
    t.true(later.length <= 2 + 2, 'who dials again and again is told of once in half a minute');
    t.true(Number(later.at(-1)?.fields.suppressedBefore) > 10);
  }
});
