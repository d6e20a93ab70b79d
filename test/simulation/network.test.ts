import test from 'ava';
import type { Link, LinkEvents } from '../../cluster/ports/transport.js';
import { Network, type NetworkTemper } from './network.js';
import { Prng } from './prng.js';
import { Scheduler } from './scheduler.js';
import { Trace } from './trace.js';

const ROUGH: NetworkTemper = {
  delayUs: 500,
  jitterUs: 3_000,
  grainUs: 100,
  slowChance: 0.1,
  refuseChance: 0,
  cutChance: 0.5,
};
const ADDRESS = { host: 'b', port: 1 };

class Ear implements LinkEvents {
  readonly heard: string[] = [];
  bytes = '';
  opened(): void {
    this.heard.push('opened');
  }
  received(chunk: Buffer): void {
    this.bytes += chunk.toString('latin1');
  }
  closed(reason: string): void {
    this.heard.push(`closed: ${reason}`);
  }
}

async function connected(seed: number) {
  const scheduler = new Scheduler();
  const trace = new Trace(() => scheduler.nowUs, undefined);
  const network = new Network(scheduler, new Prng(seed), ROUGH, trace);
  const [processA, processB] = [0, 1].map(() => ({ alive: true, frozenUntilUs: 0 }));
  if (processA === undefined || processB === undefined) throw new Error('unreachable');
  const [a, b] = [new Ear(), new Ear()];
  const accepted: Link[] = [];
  await network.transportOf('b', processB).listen(ADDRESS, (link) => {
    accepted.push(link);
    return b;
  });
  const fromA = network.transportOf('a', processA).dial(ADDRESS, a);
  await scheduler.run(1_000_000);
  const [fromB] = accepted;
  if (fromB === undefined) throw new Error('the link was not accepted');
  return { scheduler, network, trace, a, b, fromA, fromB, processA, processB };
}

test('bytes arrive whole and in order, however they are cut and delayed', async (t) => {
  for (let seed = 0; seed < 30; seed++) {
    const { scheduler, a, b, fromA, fromB } = await connected(seed);
    const random = new Prng(seed);
    let [sentA, sentB] = ['', ''];
    for (let i = 0; i < 100; i++) {
      const text = `${i},`.repeat(random.between(1, 20));
      if (random.chance(0.5)) {
        fromA.write(Buffer.from(text));
        sentA += text;
      } else {
        fromB.write(Buffer.from(text));
        sentB += text;
      }
      if (random.chance(0.3)) await scheduler.run(scheduler.nowUs + random.below(5_000));
    }
    await scheduler.run(scheduler.nowUs + 10_000_000);
    t.is(b.bytes, sentA);
    t.is(a.bytes, sentB);
    t.deepEqual(a.heard, ['opened']);
    t.deepEqual(b.heard, ['opened']);
  }
});

test('a stall of one direction holds its bytes back and lets the other direction pass', async (t) => {
  const { scheduler, network, a, b, fromA, fromB } = await connected(1);
  network.stall('a', 'b', 5_000_000);
  fromA.write(Buffer.from('late'));
  fromB.write(Buffer.from('soon'));
  await scheduler.run(scheduler.nowUs + 4_000_000);
  t.is(b.bytes, '');
  t.is(a.bytes, 'soon');
  await scheduler.run(scheduler.nowUs + 4_000_000);
  t.is(b.bytes, 'late');
});

test('a paused receiver hears nothing until it resumes', async (t) => {
  const { scheduler, b, fromA, fromB } = await connected(2);
  fromB.pause();
  fromA.write(Buffer.from('waits'));
  await scheduler.run(scheduler.nowUs + 5_000_000);
  t.is(b.bytes, '');
  fromB.resume();
  await scheduler.run(scheduler.nowUs + 5_000_000);
  t.is(b.bytes, 'waits');
});

test('a reset and a close are told to each end once', async (t) => {
  const reset = await connected(3);
  reset.network.reset('a', 'b');
  await reset.scheduler.run(reset.scheduler.nowUs + 5_000_000);
  t.deepEqual(reset.a.heard, ['opened', 'closed: reset']);
  t.deepEqual(reset.b.heard, ['opened', 'closed: reset']);

  const closed = await connected(4);
  closed.fromA.close('enough');
  closed.fromA.close('again');
  await closed.scheduler.run(closed.scheduler.nowUs + 5_000_000);
  t.deepEqual(closed.a.heard, ['opened', 'closed: enough']);
  t.deepEqual(closed.b.heard, ['opened', 'closed: ended by the other side']);
});

test('a killed process is noticed by the other side, one without power only much later', async (t) => {
  const killed = await connected(5);
  killed.processB.alive = false;
  killed.network.processDied(killed.processB);
  await killed.scheduler.run(killed.scheduler.nowUs + 1_000_000);
  t.deepEqual(killed.a.heard, ['opened', 'closed: reset']);

  const unplugged = await connected(6);
  unplugged.processB.alive = false;
  unplugged.network.powerLost(unplugged.processB);
  await unplugged.scheduler.run(unplugged.scheduler.nowUs + 10_000_000);
  t.deepEqual(unplugged.a.heard, ['opened']);
  await unplugged.scheduler.run(unplugged.scheduler.nowUs + 15_000_000);
  t.deepEqual(unplugged.a.heard, ['opened', 'closed: timed out']);
});

test('a dial to nobody is refused', async (t) => {
  const { scheduler, network, processA } = await connected(7);
  const ear = new Ear();
  network.transportOf('a', processA).dial({ host: 'c', port: 1 }, ear);
  await scheduler.run(scheduler.nowUs + 1_000_000);
  t.deepEqual(ear.heard, ['closed: refused']);
});

test('what a receiver keeps of a chunk turns into nonsense', async (t) => {
  const { scheduler, fromA, b } = await connected(8);
  const kept: Buffer[] = [];
  b.received = (chunk) => {
    kept.push(chunk);
  };
  fromA.write(Buffer.from('precious'));
  await scheduler.run(scheduler.nowUs + 5_000_000);
  t.true(kept.length > 0);
  t.true(Buffer.concat(kept).every((byte) => byte === 0xdd));
});

test('events of one instant run in the order of their planning, and ends of turns after them', async (t) => {
  const scheduler = new Scheduler();
  const ran: string[] = [];
  scheduler.after(10, undefined, () => {
    scheduler.atEndOfInstant(undefined, () => ran.push('end of turn'));
    scheduler.after(0, undefined, () => ran.push('third'));
    Promise.resolve()
      .then(() => undefined)
      .then(() => ran.push('settled'));
    ran.push('first');
  });
  scheduler.after(10, undefined, () => ran.push('second'));
  scheduler.after(5, undefined, () => ran.push('before'));
  await scheduler.run(100);
  t.deepEqual(ran, ['before', 'first', 'settled', 'second', 'third', 'end of turn']);
});
