import test from 'ava';
import { HedgeQueue, LATE_MIN_US } from '../../../cluster/coordinator/hedge.js';
import type { Timers } from '../../../cluster/ports/timers.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Peer } from '../../../cluster/wire/peer.js';
import { ManualTimers } from '../storage/manual-world.js';
import { FakePeer } from './fake-peer.js';

const TICK_MS = 5;

class Waiting {
  lateAtMs: number | undefined;
  calls = 0;
  readonly whoIsLate: Peer[] = [];

  constructor(
    private readonly timers: ManualTimers,
    private readonly then: () => void = () => undefined,
  ) {}

  late(peer: Peer): void {
    this.calls++;
    this.whoIsLate.push(peer);
    this.lateAtMs = this.timers.elapsedMs;
    this.then();
  }
}

/** Timers that tell how many run. */
class CountedTimers extends ManualTimers {
  running = 0;

  override every(periodMs: number, callback: () => void) {
    this.running++;
    const timer = super.every(periodMs, callback);
    let stopped = false;
    return {
      stop: () => {
        if (!stopped) this.running--;
        stopped = true;
        timer.stop();
      },
    };
  }
}

function peerWithP99(p99Ms: number): FakePeer {
  const peer = new FakePeer('1'.repeat(40) as NodeId);
  peer.p99GetUs = p99Ms * 1000;
  return peer;
}

function queueOf(timers: ManualTimers, peers: readonly FakePeer[], requestTimeoutMs = 1000): HedgeQueue {
  return new HedgeQueue(timers, timers, () => peers.map((peer) => peer.asPeer()), requestTimeoutMs);
}

test('an operation that is given more time holds up no other', async (t) => {
  const timers = new ManualTimers();
  const [slow, fast] = [peerWithP99(400), peerWithP99(12)];
  const queue = queueOf(timers, [slow, fast]);
  const [patient, other] = [new Waiting(timers), new Waiting(timers)];
  queue.add(patient, slow.asPeer(), timers.monotonicUs(), 400_000);
  queue.add(other, fast.asPeer(), timers.monotonicUs());
  await timers.advance(1000);
  t.true((other.lateAtMs ?? Number.POSITIVE_INFINITY) <= 12 + TICK_MS, `told after ${other.lateAtMs} ms`);
  t.true((patient.lateAtMs ?? 0) >= 400 + 24, `told after ${patient.lateAtMs} ms`);
});

test('each operation is told once, when a peer has taken longer than its own p99, to within a tick', async (t) => {
  const timers = new CountedTimers();
  const peers = [peerWithP99(20), peerWithP99(35)];
  const queue = queueOf(timers, peers);
  const operations: { waiting: Waiting; sinceMs: number; peer: FakePeer }[] = [];
  for (let i = 0; i < 30; i++) {
    const waiting = new Waiting(timers);
    const peer = peers[i % 2] ?? peerWithP99(0);
    operations.push({ waiting, sinceMs: timers.elapsedMs, peer });
    queue.add(waiting, peer.asPeer(), timers.monotonicUs());
    await timers.advance(i % 4);
  }
  await timers.advance(100);
  for (const { waiting, sinceMs, peer } of operations) {
    const afterMs = (waiting.lateAtMs ?? Number.POSITIVE_INFINITY) - sinceMs;
    const p99Ms = peer.p99GetUs / 1000;
    t.true(afterMs >= p99Ms && afterMs <= p99Ms + TICK_MS, `told after ${afterMs} ms, not ${p99Ms}`);
    t.deepEqual(waiting.whoIsLate, [peer.asPeer()]);
  }
});

test('nobody is late at once, nor given longer than twice the fastest or a quarter of the timeout', async (t) => {
  const lateAfterMs = async (p99Ms: number, fastestMs: number, timeoutMs: number): Promise<number> => {
    const timers = new ManualTimers();
    const [peer, fastest] = [peerWithP99(p99Ms), peerWithP99(fastestMs)];
    const waiting = new Waiting(timers);
    queueOf(timers, [peer, fastest], timeoutMs).add(waiting, peer.asPeer(), 0);
    await timers.advance(2_000);
    return waiting.lateAtMs ?? Number.POSITIVE_INFINITY;
  };
  t.is(await lateAfterMs(1, 1, 1000), LATE_MIN_US / 1000);
  t.is(await lateAfterMs(200, 1, 1000), LATE_MIN_US / 1000);
  t.is(await lateAfterMs(200, 20, 1000), 40);
  t.is(await lateAfterMs(200, 190, 1000), 200);
  t.is(await lateAfterMs(900, 900, 1000), 250);
  // Longer than the wheel reaches.
  t.is(await lateAfterMs(900, 900, 100_000), 127 * TICK_MS);
});

test('a peer that can not be reached is not the fastest', async (t) => {
  const timers = new ManualTimers();
  const [peer, away] = [peerWithP99(100), peerWithP99(1)];
  away.up = false;
  const waiting = new Waiting(timers);
  queueOf(timers, [peer, away]).add(waiting, peer.asPeer(), 0);
  await timers.advance(200);
  t.is(waiting.lateAtMs, 100);
});

test('a timer runs only while something waits', async (t) => {
  const timers = new CountedTimers();
  const peer = peerWithP99(10);
  const queue = queueOf(timers, [peer]);
  t.is(timers.running, 0);
  for (let round = 0; round < 3; round++) {
    queue.add(new Waiting(timers), peer.asPeer(), timers.monotonicUs());
    queue.add(new Waiting(timers), peer.asPeer(), timers.monotonicUs());
    t.is(timers.running, 1);
    await timers.advance(30);
    t.is(timers.running, 0);
  }
  queue.add(new Waiting(timers), peer.asPeer(), timers.monotonicUs());
  queue.stop();
  t.is(timers.running, 0);
});

test('after this node has stood still nobody is late until what was answered meanwhile has been read', async (t) => {
  let tick: () => void = () => undefined;
  const clock = new ManualTimers();
  const timers: Timers = {
    after: () => ({ stop: () => undefined }),
    every: (_periodMs, callback) => {
      tick = callback;
      return { stop: () => undefined };
    },
    endOfTurn: () => undefined,
  };
  const peer = peerWithP99(10);
  const queue = new HedgeQueue(timers, clock, () => [peer.asPeer()], 1000);
  const waiting = new Waiting(clock);
  queue.add(waiting, peer.asPeer(), clock.monotonicUs());
  clock.elapsedMs += 300;
  tick();
  t.is(waiting.calls, 0);
  clock.elapsedMs += TICK_MS;
  tick();
  t.is(waiting.calls, 1);
});

test('an operation that is told may add others, of its own time', async (t) => {
  const timers = new CountedTimers();
  const peer = peerWithP99(10);
  const queue = queueOf(timers, [peer]);
  const second = new Waiting(timers);
  const first = new Waiting(timers, () => queue.add(second, peer.asPeer(), timers.monotonicUs()));
  queue.add(first, peer.asPeer(), timers.monotonicUs());
  await timers.advance(100);
  t.is(first.lateAtMs, 10);
  t.is(second.lateAtMs, 20);
  t.is(timers.running, 0);
});
