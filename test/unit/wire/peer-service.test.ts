import test from 'ava';
import fc from 'fast-check';
import type { LinkEvents } from '../../../cluster/ports/transport.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { DiallingHandshake, ListeningHandshake } from '../../../cluster/wire/handshake.js';
import {
  HANDSHAKE_TIME_LIMIT_MS,
  RECONNECT_DELAY_MAX_MS,
  TICK_MAX_MS,
  UNAUTHENTICATED_LINKS_MAX,
} from '../../../cluster/wire/limits.js';
import { appendWhole, CHALLENGE, DECLINED, FORWARD, HELLO, MESSAGES, PROOF } from '../../../cluster/wire/messages.js';
import { OutBuffer } from '../../../cluster/wire/out-buffer.js';
import { Peer } from '../../../cluster/wire/peer.js';
import type { FakeWorld } from './fake-world.js';
import { GOLDEN, OBJECT } from './golden.js';
import { ADDRESS, Heard, Pair } from './pair.js';
import { DIALLER, DIALLER_NONCE, LISTENER, LISTENER_NONCE, optionsOf } from './parties.js';

function frameOf(kind: number, id: number, body: Buffer): Buffer {
  const out = new OutBuffer();
  appendWhole(out, kind, id, body);
  return Buffer.from(out.bytes.subarray(0, out.length));
}

/** A hand-driven dialler: what it hears, and whether it was closed. */
function stranger(world: FakeWorld) {
  const state = { heard: Buffer.alloc(0), closed: '' };
  const events: LinkEvents = {
    opened: () => undefined,
    received: (chunk) => {
      state.heard = Buffer.concat([state.heard, chunk]);
    },
    closed: (reason) => {
      state.closed = reason;
    },
  };
  const link = world.network.dial(ADDRESS, events);
  world.settle();
  return { link, state };
}

/** A hand-driven dialler that has done the handshake. */
function member(world: FakeWorld) {
  const { link, state } = stranger(world);
  const handshake = new DiallingHandshake(DIALLER, DIALLER_NONCE, LISTENER.nodeId);
  link.write(frameOf(HELLO, 0, Buffer.from(handshake.hello())));
  world.settle();
  const proof = handshake.receive(CHALLENGE, state.heard.subarray(9));
  if (proof.step !== 'send') throw new Error('no proof');
  link.write(frameOf(PROOF, 0, proof.body));
  world.settle();
  state.heard = Buffer.alloc(0);
  return { link, state };
}

async function listening(): Promise<Pair> {
  const pair = new Pair();
  await pair.service.listen(ADDRESS);
  return pair;
}

test('random bytes from a stranger close the link at worst', async (t) => {
  const { world, requests } = await listening();
  const starts = fc.constantFrom(Buffer.alloc(0), Buffer.from(GOLDEN.hello));
  fc.assert(
    fc.property(starts, fc.uint8Array({ maxLength: 300 }), (start, bytes) => {
      const { link } = stranger(world);
      link.write(Buffer.concat([start, bytes]));
      world.settle();
      link.close('done');
      world.settle();
    }),
  );
  t.is(requests.asked.length, 0);
});

test('random frames and broken messages from a member close the link at worst', async (t) => {
  const { world, requests } = await listening();
  requests.answer = ({ from, id }) => from.replyPut(id, 0);
  const kinds = fc.constantFrom(0, 200, ...MESSAGES.map(({ kind }) => kind));
  const noise = fc.record({ kind: kinds, id: fc.constantFrom(0, 1, 2), body: fc.uint8Array({ maxLength: 120 }) });
  const flips = fc.record({ at: fc.nat(GOLDEN.put.length - 1), bits: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 3 }), flips, fc.boolean(), (frames, { at, bits }, flipFirst) => {
      const { link, state } = member(world);
      const put = Buffer.from(GOLDEN.put);
      if (flipFirst) {
        put.writeUInt8(put.readUInt8(at) ^ bits, at);
        link.write(put);
      }
      for (const { kind, id, body } of frames) link.write(frameOf(kind, id, Buffer.from(body)));
      world.settle();
      if (state.closed === '') link.close('done');
      world.settle();
    }),
  );
  t.pass();
});

test('a member that breaks a rule is told, logged and dropped', async (t) => {
  const rows: [Buffer, RegExp][] = [
    [Buffer.from([0, 0, 0, 0]), /shorter than a frame/],
    [Buffer.from([0, 0, 0, 255]), /longer than/],
    [frameOf(99, 1, Buffer.alloc(0)), /kind 99 is not a request/],
    [frameOf(9, 0, Buffer.alloc(0)), /kind 9 is not a request/],
    [Buffer.from(GOLDEN.putReply), /PUT_REPLY is not a request/],
    [Buffer.from(GOLDEN.hello), /HELLO is not a request/],
    [Buffer.from(GOLDEN.get), /request 2 came where 1 is due/],
    [Buffer.concat([GOLDEN.put, GOLDEN.put]), /request 1 came where 2 is due/],
    [frameOf(16, 1, Buffer.alloc(3)), /PUT is cut off/],
  ];
  for (const [bytes, reason] of rows) {
    const { world } = await listening();
    const { link, state } = member(world);
    link.write(bytes);
    world.settle();
    t.regex(state.heard.toString('latin1'), reason);
    t.not(state.closed, '');
    t.regex(world.logText(), reason);
  }
});

test('a dialler without a common version is told so, and the log says it too', async (t) => {
  const { world } = await listening();
  const { link, state } = stranger(world);
  const later = new DiallingHandshake({ ...DIALLER, versionMin: 2, versionMax: 3 }, DIALLER_NONCE, LISTENER.nodeId);
  link.write(frameOf(HELLO, 0, Buffer.from(later.hello())));
  world.settle();
  const reason = /no common protocol version: one side speaks 2 to 3, the other 1 to 1/;
  t.regex(state.heard.toString('latin1'), reason);
  t.regex(world.logText(), reason);
  t.not(state.closed, '');
});

test('a stranger may not send long frames, and is not answered', async (t) => {
  const { world } = await listening();
  const { link, state } = stranger(world);
  link.write(frameOf(HELLO, 0, Buffer.alloc(2000)));
  world.settle();
  t.is(state.heard.length, 0);
  t.not(state.closed, '');
});

test('strangers are bounded in number, in time and in what they can write into the log', async (t) => {
  const { world } = await listening();
  const more = Array.from({ length: 50 }, () => stranger(world));
  const first = Array.from({ length: UNAUTHENTICATED_LINKS_MAX }, () => stranger(world));
  t.true(first.every(({ state }) => state.closed === ''));
  t.true(
    more.every(({ state }) => state.closed !== '' && state.heard.toString('latin1').includes('too many')),
    'the oldest that have said nothing give their places to new ones',
  );
  t.is(world.log.filter(({ level }) => level === 'warn').length, 1, 'all of them come from one host for one reason');
  world.advance(1_000);
  for (const { link } of first) link.write(Buffer.from([1]));
  world.advance(1_000);
  t.true(
    first.every(({ state }) => state.closed !== ''),
    'a byte now and then buys no time',
  );
  const late = stranger(world);
  world.settle();
  t.is(late.state.closed, '');
});

test('as many silent strangers as there may be do not keep a node out', async (t) => {
  const { world } = await listening();
  const strangers = Array.from({ length: UNAUTHENTICATED_LINKS_MAX }, () => stranger(world));
  const { state } = member(world);
  t.is(state.closed, '');
  t.is(strangers.filter(({ state: { closed } }) => closed !== '').length, 1, 'one has given its place');
  for (let k = 0; k < 10; k++) stranger(world);
  t.is(state.closed, '', 'who has proved who it is has a place of its own');
});

test('of strangers of one address that have all said who they are, none gives its place to one more', async (t) => {
  const { world } = await listening();
  const strangers = Array.from({ length: UNAUTHENTICATED_LINKS_MAX }, () => stranger(world));
  for (const { link } of strangers) {
    link.write(frameOf(HELLO, 0, Buffer.from(new DiallingHandshake(DIALLER, DIALLER_NONCE, LISTENER.nodeId).hello())));
  }
  world.settle();
  const late = stranger(world);
  t.not(late.state.closed, '');
  t.true(strangers.every(({ state }) => state.closed === ''));
});

test('of two hundred nodes that dial at once none is kept out for long, and the log has one line', async (t) => {
  const { world } = await listening();
  const peers = Array.from({ length: 200 }, (_, k) => {
    const nodeId = Buffer.from(`node ${k}`.padEnd(20)).toString('hex') as NodeId;
    return new Peer(world.node(), optionsOf({ ...DIALLER, nodeId }), LISTENER.nodeId, ADDRESS);
  });
  // As many strangers as there may be say nothing at all.
  for (let k = 0; k < UNAUTHENTICATED_LINKS_MAX; k++) stranger(world);
  for (const peer of peers) peer.start();
  world.settle();
  world.advance(HANDSHAKE_TIME_LIMIT_MS + RECONNECT_DELAY_MAX_MS + TICK_MAX_MS);
  t.true(peers.every((peer) => peer.reachable()));
  const turnedAway = world.log.filter(({ fields }) => fields.audit === true && /too many/.test(String(fields.reason)));
  t.is(turnedAway.length, 1);
  for (const peer of peers) peer.stop();
});

test('a newer link of a node takes the place of its older one', async (t) => {
  const { world } = await listening();
  const older = member(world);
  const newer = member(world);
  t.not(older.state.closed, '');
  t.is(newer.state.closed, '');
  newer.link.write(Buffer.from(GOLDEN.ping));
  world.settle();
  t.deepEqual(newer.state.heard, GOLDEN.pong);
});

test('a link whose other end is lost is closed in time', async (t) => {
  const { world } = await listening();
  member(world);
  world.advance(22_000);
  t.regex(world.logText(), /silent for 20000 ms/);
});

test('a process that stood still does not do what its peers have asked meanwhile, and given up', async (t) => {
  for (const [ms, done] of [
    [500, true],
    [1_500, false],
  ] as const) {
    const { world, requests } = await listening();
    const { link, state } = member(world);
    world.advance(5_000);
    link.write(Buffer.from(GOLDEN.put));
    world.freeze(ms);
    world.settle();
    t.is(requests.asked.length, done ? 1 : 0);
    t.is(state.closed === '', done);
    // The peer comes back, and is served.
    if (done) continue;
    world.advance(300);
    member(world).link.write(Buffer.from(GOLDEN.put));
    world.settle();
    t.is(requests.asked.length, 1);
  }
});

test('what the peers of a process that stood still have asked is not done, also where a timer notices first', async (t) => {
  const { world, requests } = await listening();
  const { link, state } = member(world);
  world.freeze(1_500);
  world.advance(300);
  t.regex(world.logText(), /stood still/);
  link.write(Buffer.from(GOLDEN.put));
  world.settle();
  t.not(state.closed, '');
  t.is(requests.asked.length, 0);
});

test('an operation that the network has held up is declined, as it was run elsewhere meanwhile; a later one is done', async (t) => {
  const { world, requests } = await listening();
  const { link, state } = member(world);
  world.advance(1_000);
  link.write(frameOf(FORWARD, 1, Buffer.from('held up')));
  world.settle();
  t.deepEqual(state.heard, frameOf(DECLINED, 1, Buffer.alloc(0)));
  t.deepEqual(requests.asked, []);
  world.advance(200);
  link.write(frameOf(FORWARD, 2, Buffer.from('in time')));
  world.settle();
  t.deepEqual(
    requests.asked.map(({ text }) => text),
    ['forward in time'],
  );
});

test('an operation on a link that was idle for long is done', async (t) => {
  const { world, requests } = await listening();
  const { link } = member(world);
  link.write(Buffer.from(GOLDEN.ping));
  world.advance(8_000);
  link.write(frameOf(FORWARD, 1, Buffer.from('after a rest')));
  world.settle();
  t.deepEqual(
    requests.asked.map(({ text }) => text),
    ['forward after a rest'],
  );
});

test('requests are not read from a peer that does not read its replies', async (t) => {
  const { peer, requests, world } = await new Pair().connect();
  const heard = new Heard();
  const accepted = world.network.ends[1];
  peer.query(heard, Buffer.alloc(0));
  world.settle();
  world.network.stuck = true;
  const [asked] = requests.asked;
  asked?.from.replyForward(asked.id, Buffer.alloc(5 * 2 ** 20));
  world.settle();
  t.true(accepted?.paused);
  world.advance(100);
  t.true(accepted?.paused);
  accepted?.drain();
  world.advance(10);
  t.false(accepted?.paused);
});

test('a reply to a link that is gone goes nowhere', async (t) => {
  const { peer, requests, world } = await new Pair().connect();
  peer.query(new Heard(), Buffer.alloc(0));
  world.settle();
  world.network.cutAll();
  world.settle();
  const [asked] = requests.asked;
  t.notThrows(() => {
    asked?.from.replyForward(asked.id, Buffer.from('late'));
    asked?.from.replyGet(asked.id, false, OBJECT, OBJECT.length);
    asked?.from.replyPut(asked.id, 0);
    asked?.from.decline(asked.id);
    world.settle();
  });
});

test('closing tells the peers and waits until their links are gone', async (t) => {
  const { peer, service, world } = await new Pair().connect();
  const closed = service.close();
  world.settle();
  await closed;
  t.false(peer.reachable());
  t.regex(world.logText(), /the peer is not reachable: closed by the peer \(stopping: the node stops\)/);
});

test('a dialler survives any answer: random bytes, before and after the handshake', async (t) => {
  const { world } = new Pair();
  let answer: Uint8Array = Buffer.alloc(0);
  let shake = false;
  await world.network.listen(ADDRESS, (link) => {
    const handshake = new ListeningHandshake(LISTENER, LISTENER_NONCE);
    return {
      opened: () => undefined,
      received: (chunk) => {
        const step = shake ? handshake.receive(chunk.readUInt8(4), chunk.subarray(9)) : undefined;
        if (step !== undefined && step.step !== 'refuse' && step.body !== undefined) {
          link.write(frameOf(step.kind, 0, step.body));
        }
        if (step?.step !== 'send') link.write(Buffer.from(answer));
      },
      closed: () => undefined,
    };
  });
  const frames = fc
    .array(
      fc.record({
        kind: fc.constantFrom(5, 7, 17, 19, 21, 24, 30),
        id: fc.nat(4),
        body: fc.uint8Array({ maxLength: 90 }),
      }),
    )
    .map((rows) => Buffer.concat(rows.map(({ kind, id, body }) => frameOf(kind, id, Buffer.from(body)))));
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), frames);
  fc.assert(
    fc.property(bytes, fc.boolean(), (random, shaken) => {
      answer = random;
      shake = shaken;
      const peer = new Peer(world.node(), optionsOf(DIALLER), LISTENER.nodeId, ADDRESS);
      const heard = new Heard();
      let asked = 0;
      peer.onReachableChange((reachable) => {
        if (!reachable) return;
        asked = 3;
        peer.get(heard, 0, 0, 'key', 0);
        peer.put(heard, 0, 0, 0, 'key', OBJECT, OBJECT.length);
        peer.query(heard, Buffer.alloc(0));
      });
      peer.start();
      world.settle();
      peer.stop();
      world.settle();
      t.is(heard.lines.length, asked, 'each request has exactly one outcome');
    }),
  );
});
