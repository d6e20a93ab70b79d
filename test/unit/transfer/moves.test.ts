import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { TransferCluster } from './transfer-cluster.js';

const MEMBERS_MIN = 3;
const MEMBERS_MAX = 5;
const KEYS = 40;

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(4) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('crash' as const),
        which: fc.nat(5),
        lost: fc.constantFrom('process' as const, 'power' as const),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        // By a coordinator that knows all, that has not heard of the receivers yet, or that knows but one node that is none of them now.
        kind: fc.constantFrom('put' as const, 'put' as const, 'put past receivers' as const, 'stray put' as const),
        key: fc.nat(KEYS - 1),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(50, 700, 3_000, 9_000) }),
    },
  ),
  { minLength: 6, maxLength: 25 },
);

type Step = typeof steps extends fc.Arbitrary<infer T> ? (T extends readonly (infer S)[] ? S : never) : never;

/** A cluster to which things happen. One node at a time is down, and not for long. */
class Story {
  #joined = 0;
  #written = 0;
  #down: string | undefined;

  constructor(readonly cluster: TransferCluster) {}

  async run(step: Step): Promise<void> {
    const { cluster } = this;
    const { members } = cluster.truth;
    if (step.kind === 'wait') {
      await cluster.advance(step.ms);
    } else if (step.kind === 'join') {
      if (members.length < MEMBERS_MAX) await cluster.join(`j${this.#joined++}`);
    } else if (step.kind === 'leave') {
      const leaver = members[step.which % members.length];
      const machine = leaver === undefined ? undefined : cluster.machines.get(leaver.host);
      if (members.length > MEMBERS_MIN) machine?.view.leave();
    } else if (step.kind === 'crash') {
      await this.#restart([...cluster.machines.keys()][step.which % cluster.machines.size], step.lost);
    } else {
      await this.#put(step.kind, step.key);
    }
    cluster.forgetGone();
  }

  async end(): Promise<void> {
    await this.#restart(undefined, 'process');
    await this.cluster.settle();
    // What is stray is the sweep's.
    await this.cluster.advance(10_000);
    await this.cluster.exchangeAll();
    await this.cluster.advance(5_000);
  }

  async #put(kind: 'put' | 'put past receivers' | 'stray put', key: number): Promise<void> {
    const { cluster } = this;
    const name = key % 4 === 0 ? `one:${key}` : `key ${key}`;
    const value = `value ${this.#written++}`;
    const stranger = cluster.strangerTo(name);
    if (!cluster.canPut(name)) return;
    if (kind === 'put') await cluster.put(name, value);
    else if (kind === 'put past receivers' && !cluster.isRingOld())
      await cluster.putPast(name, value, ...cluster.receiversOf(name));
    else if (kind === 'stray put' && stranger !== undefined) await cluster.putAt(name, value, stranger);
  }

  /** The one that was down is back, and this one is. */
  async #restart(name: string | undefined, lost: 'process' | 'power'): Promise<void> {
    const { cluster } = this;
    if (this.#down !== undefined) await cluster.start(this.#down);
    this.#down = name === undefined || !cluster.machines.has(name) ? undefined : name;
    if (this.#down !== undefined) cluster.crash(this.#down, lost);
  }
}

test('after any joins, leaves and crashes every acknowledged key is held by all its primaries and by nobody else', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const cluster = await TransferCluster.open({
        founders: 4,
        // What is acknowledged is to survive the loss of power, too.
        keyspaces: [{ durability: 'fsync' }, { prefix: 'one:', n: 1, r: 1, w: 1, durability: 'fsync' }],
      });
      const story = new Story(cluster);
      for (let key = 0; key < KEYS; key++) await story.run({ kind: 'put', key });
      for (const step of taken) {
        await story.run(step);
        assert.deepEqual(cluster.lacking(), []);
      }
      await story.end();
      assert.deepEqual(await cluster.misplaced(), []);
    }),
    { numRuns: 20 },
  );
  t.pass();
});
