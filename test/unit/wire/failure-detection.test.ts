/** What a node notices of another, and how soon. Times are those of the simulated clock. */
import test from 'ava';
import { SILENT_MAX_MS } from '../../../cluster/wire/limits.js';
import { OBJECT } from './golden.js';
import { ADDRESS, Heard, Pair } from './pair.js';

/** In which time a silent peer must be found away: a ping comes after half a second, an answer is due within one. */
const AWAY_MS = 2_000;
const BACK_MS = 2_000;
const STEADY_MS = 20_000;

/** A pair whose link has stood for a while. */
async function steady(): Promise<Pair> {
  const pair = await new Pair().connect();
  pair.world.advance(STEADY_MS);
  return pair;
}

/** What the operator reads of the peer: one line a change. */
function linesOf({ world }: Pair): string[] {
  return world.log.filter(({ level }) => level !== 'debug').map(({ message }) => message);
}

const UP = 'the peer is reachable';
const DOWN = 'the peer is not reachable';

test('a peer that is refused a connection is away at once', async (t) => {
  const pair = await steady();
  const { peer, service, world } = pair;
  const closed = service.close();
  world.network.cutAll();
  world.settle();
  await closed;
  t.false(peer.reachable());
  t.is(peer.view().reason, 'ECONNRESET: cut');
  t.deepEqual(linesOf(pair), [UP, DOWN]);
});

test('a request that nobody answers fails at its time-out, and the silent peer is away', async (t) => {
  const pair = await steady();
  const { peer, world } = pair;
  const heard = new Heard();
  world.network.freeze();
  peer.get(heard, 0, 0, 'key', 0);
  world.advance(SILENT_MAX_MS + 100);
  t.is(heard.lines.length, 1);
  t.false(peer.reachable());
});

test('a peer that leaves requests without an answer is away, however short their time-out', async (t) => {
  const pair = await new Pair({}, {}, { requestTimeoutMs: 100 }).connect();
  const { peer, world } = pair;
  const heard = new Heard();
  world.network.freeze();
  peer.get(heard, 0, 0, 'key', 0);
  world.advance(800);
  t.deepEqual(heard.lines, ['timeout']);
  t.true(peer.reachable(), 'so far it may be slow');
  world.advance(300);
  t.false(peer.reachable());
});

test('a stopped process is away within two seconds, and back as soon as it goes on, whenever that is', async (t) => {
  for (let stoppedMs = 3_000; stoppedMs < 9_000; stoppedMs += 170) {
    const pair = await steady();
    const { peer, world } = pair;
    world.network.freeze();
    world.advance(AWAY_MS);
    t.false(peer.reachable());
    world.advance(stoppedMs - AWAY_MS);
    world.network.thaw();
    world.advance(BACK_MS);
    t.true(peer.reachable(), `after ${stoppedMs} ms`);
    t.deepEqual(linesOf(pair), [UP, DOWN, UP]);
  }
});

test('a network that loses one direction is noticed, and so is its end', async (t) => {
  for (const mute of ['dialling', 'listening'] as const) {
    for (let lostMs = 3_000; lostMs < 9_000; lostMs += 170) {
      const pair = await steady();
      const { peer, world } = pair;
      world.network.mute = mute;
      world.advance(AWAY_MS);
      t.false(peer.reachable());
      world.advance(lostMs - AWAY_MS);
      world.network.mute = undefined;
      world.advance(BACK_MS);
      t.true(peer.reachable(), `${mute} for ${lostMs} ms`);
      t.deepEqual(linesOf(pair), [UP, DOWN, UP]);
    }
  }
});

test('a peer that is busy for 800 ms again and again is slow, not away', async (t) => {
  const pair = await steady();
  const { peer, reachable, requests, world } = pair;
  const heard = new Heard();
  requests.answer = ({ from, id }) => from.replyPut(id, 0);
  for (let round = 0; round < 40; round++) {
    world.network.freeze();
    // Under load, and idle with nothing but pings.
    if (round % 2 === 0) peer.put(heard, 0, 0, 0, 'key', OBJECT, OBJECT.length);
    world.advance(800);
    world.network.thaw();
    world.advance(100);
  }
  t.deepEqual(reachable, [true]);
  t.deepEqual(heard.lines, new Array(20).fill('put 0'));
});

test('a link that comes and goes changes the view once, and is counted on when it lasts', async (t) => {
  const pair = await new Pair().connect();
  const { peer, reachable, world } = pair;
  for (let cut = 0; cut < 50; cut++) {
    world.advance(200);
    world.network.cutAll();
  }
  t.deepEqual(reachable, [true, false]);
  t.deepEqual(linesOf(pair), [UP, DOWN]);
  world.advance(BACK_MS);
  t.deepEqual(reachable, [true, false, true]);
  t.is(peer.view().changes, 3);
});

test('a peer that dials is dialled at once', async (t) => {
  const there = await steady();
  const { peer, service, world } = there;
  const closed = service.close();
  world.network.cutAll();
  world.settle();
  await closed;
  world.advance(60_000);
  t.false(peer.reachable());
  await service.listen(ADDRESS);
  peer.dialSoon();
  world.settle();
  t.true(peer.reachable());
});

test('the lines of the log say who, since when and why', async (t) => {
  const { peer, world } = await steady();
  world.network.freeze();
  world.advance(5_000);
  world.network.thaw();
  world.advance(BACK_MS);
  const [, down, up] = world.log.filter(({ level }) => level !== 'debug');
  t.like(down, { level: 'warn', fields: { peer: '127.0.0.1:17001', node: peer.id, reason: 'silent for 1000 ms' } });
  t.true(Number(down?.fields.silentMs) >= 1_000);
  t.like(up, { level: 'info', fields: { peer: '127.0.0.1:17001', node: peer.id } });
  t.true(Number(up?.fields.awayMs) >= 3_000);
});
