import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { EXPIRING, isLiveRecord, standingOf } from '../../../cluster/replica/record.js';
import { BUFFER, type Durability, FSYNC, LOG } from '../../../cluster/replica/replica.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import type { ActorId } from '../../../cluster/version/actor.js';
import { decodeObject, encodeObject } from '../../../cluster/version/codec.js';
import { versionFingerprint } from '../../../cluster/version/encoded.js';
import { type Dot, hasSeen, join } from '../../../cluster/version/object.js';
import { ManualWorld } from '../storage/manual-world.js';
import {
  type Acknowledgement,
  foreignObject,
  OpenedReplica,
  objectOf,
  PARTITIONS,
  partitionOfKey,
} from './opened-replica.js';

const KEYS = Array.from({ length: 16 }, (_, i) => `key ${i}`);

type Operation =
  | { kind: 'put' | 'merge'; key: string; valueBytes: number; tombstone: boolean; durability: Durability }
  | { kind: 'mergeAgain'; key: string; durability: Durability }
  | { kind: 'get' | 'drop'; key: string }
  | { kind: 'advance'; ms: number }
  | { kind: 'failWrites'; fail: boolean }
  | { kind: 'stop' | 'kill' | 'cutPower' };

const durabilities = fc.constantFrom<Durability[]>(BUFFER, LOG, FSYNC);
/** Some keys are hot, so that writes to one key meet. */
const keys = fc.oneof(fc.constantFrom(...KEYS.slice(0, 3)), fc.constantFrom(...KEYS));
const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('put' as const, 'merge' as const),
      key: keys,
      valueBytes: fc.nat({ max: 300 }),
      tombstone: fc.boolean(),
      durability: durabilities,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('mergeAgain' as const), key: keys, durability: durabilities }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drop' as const), key: keys }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(0, 1, 2, 5, 120) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failWrites' as const), fail: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('stop' as const, 'kill' as const, 'cutPower' as const) }) },
);

interface Promised {
  readonly key: string;
  readonly dot: Dot;
  readonly durability: Durability;
  readonly acknowledgement: Acknowledgement;
}

/** What the replica must hold, told by a model that keeps everything. */
class Run {
  readonly world = new ManualWorld();
  readonly memoryBytesMax: number;
  readonly expected = new Map<string, Buffer>();
  promised: Promised[] = [];
  /** Highest counter that an actor minted for a key. */
  readonly minted = new Map<string, number>();
  opened: OpenedReplica;
  #foreignCounter = 0;

  private constructor(memoryBytesMax: number, opened: (world: ManualWorld) => OpenedReplica, world: ManualWorld) {
    this.memoryBytesMax = memoryBytesMax;
    this.world = world;
    this.opened = opened(world);
  }

  static async start(memoryBytesMax: number): Promise<Run> {
    const world = new ManualWorld();
    const opened = await OpenedReplica.open(world, { memoryBytesMax });
    return new Run(memoryBytesMax, () => opened, world);
  }

  async do(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'put':
        return this.#put(operation.key, operation.valueBytes, operation.tombstone, operation.durability);
      case 'merge':
        return this.#merge(operation.key, operation.valueBytes, operation.tombstone, operation.durability);
      case 'mergeAgain':
        return this.#mergeAgain(operation.key, operation.durability);
      case 'get':
        await this.#get(operation.key);
        return;
      case 'drop':
        return this.#drop(operation.key);
      case 'advance':
        return this.world.timers.advance(operation.ms);
      case 'failWrites':
        this.opened.store.failWrites = operation.fail ? 'no space' : undefined;
        return;
      default:
        return this.#restart(operation.kind);
    }
  }

  /** Everything known to the replica is what the model holds. */
  async check(): Promise<void> {
    for (const key of KEYS) await this.#get(key);
    this.opened.store.failWrites = undefined;
    await this.world.timers.until(this.opened.replica.whenWarm());
    await this.world.timers.advance(10_000);
    for (const { acknowledgement } of this.promised) {
      if (acknowledgement.answer === 'waiting' || acknowledgement.calls > 1)
        throw new Error('a writer was not answered once');
    }
    const live = [...this.expected.values()].filter((object) => isLiveRecord(object)).length;
    const dead = this.expected.size - live;
    if (this.opened.countDead() !== dead) throw new Error(`counted ${this.opened.countDead()} dead keys of ${dead}`);
    const expiring = [...this.expected.values()].filter((object) => standingOf(object) === EXPIRING).length;
    if (this.opened.countExpiring() !== expiring) throw new Error('keys that expire are not counted well');
    if (this.opened.count() !== live) throw new Error(`counted ${this.opened.count()} keys of ${live}`);
  }

  /** The object, which must be the one that the model expects. */
  async #get(key: string): Promise<Buffer | null> {
    const object = await this.opened.get(key);
    const held = object === null ? undefined : objectOf(object);
    const expected = this.expected.get(key);
    if (!isDeepStrictEqual(held, expected)) throw new Error(`${key} differs from what was written`);
    return object;
  }

  async #put(key: string, valueBytes: number, tombstone: boolean, durability: Durability): Promise<void> {
    const current = await this.#get(key);
    const seen = current === null ? new Map() : decodeObject(current).clock;
    const { refusedWrites } = this.opened.replica.stats();
    const put = this.opened.putKnown(key, 'x'.repeat(valueBytes), durability, tombstone);
    if (this.opened.replica.stats().refusedWrites > refusedWrites) return;
    const actorOfKey = `${put.actor} ${key}`;
    const before = this.minted.get(actorOfKey) ?? 0;
    // The rule behind actors: who mints on has held all that this actor ever minted for the key.
    if ((seen.get(put.actor) ?? 0) < before) throw new Error(`${put.actor} mints for ${key} after a gap`);
    this.minted.set(actorOfKey, put.counter);
    this.expected.set(key, Buffer.from(objectOf(put.record)));
    this.#promise(key, put, durability, put.acknowledgement);
  }

  async #merge(key: string, valueBytes: number, tombstone: boolean, durability: Durability): Promise<void> {
    const dot = { actor: 'ff00000000000001' as ActorId, counter: ++this.#foreignCounter };
    const incoming = foreignObject(dot.actor, dot.counter, tombstone ? '' : 'y'.repeat(valueBytes), tombstone);
    await this.#mergeObject(key, incoming, dot, durability);
  }

  async #mergeAgain(key: string, durability: Durability): Promise<void> {
    const expected = this.expected.get(key);
    const dot = expected && decodeObject(expected).siblings[0]?.dot;
    if (expected === undefined || dot === undefined) return;
    await this.#mergeObject(key, Buffer.from(expected), dot, durability);
  }

  async #mergeObject(key: string, incoming: Buffer, dot: Dot, durability: Durability): Promise<void> {
    const { refusedWrites } = this.opened.replica.stats();
    const { acknowledgement } = this.opened.merge(key, incoming, durability);
    if (this.opened.replica.stats().refusedWrites > refusedWrites) return;
    const local = this.expected.get(key);
    const joined = local === undefined ? incoming : encodeObject(join(decodeObject(local), decodeObject(incoming)));
    this.expected.set(key, Buffer.from(joined));
    incoming.fill(0xee); // a transient slice is overwritten as soon as the call is over
    this.#promise(key, dot, durability, acknowledgement);
  }

  async #drop(key: string): Promise<void> {
    const held = await this.#get(key);
    if (held === null) return;
    const unheard = { stored: () => undefined };
    if (!this.opened.replica.drop(partitionOfKey(key), 0, key, versionFingerprint(held), unheard)) return;
    this.expected.delete(key);
    this.promised = this.promised.filter((promised) => {
      if (promised.key === key && promised.acknowledgement.answer === 'waiting')
        throw new Error('dropped while a writer waits');
      return promised.key !== key;
    });
  }

  #promise(key: string, dot: Dot, durability: Durability, acknowledgement: Acknowledgement): void {
    this.promised.push({ key, dot: { actor: dot.actor, counter: dot.counter }, durability, acknowledgement });
  }

  async #restart(kind: 'stop' | 'kill' | 'cutPower'): Promise<void> {
    const { world, memoryBytesMax } = this;
    const actorBefore = this.opened.identity.actor;
    let disk = this.opened.store.disk;
    if (kind === 'stop') {
      this.opened.store.failWrites = undefined;
      disk = await this.opened.stop();
    } else {
      disk = this.opened.store.crash(kind === 'kill' ? 'process' : 'power');
    }
    this.opened = await OpenedReplica.open(world, { memoryBytesMax, disk });
    if (this.opened.identity.actor === actorBefore) throw new Error('an actor goes on after a restart');
    // A later crash may not lose it either.
    this.promised = this.promised
      .filter(({ acknowledgement }) => acknowledgement.answer === 'stored')
      .map((promised): Promised => (kind === 'stop' ? { ...promised, durability: FSYNC } : promised))
      .filter(({ durability }) => durability === FSYNC || (durability === LOG && kind === 'kill'));
    for (const { key, dot } of this.promised) {
      const object = await this.opened.get(key);
      if (object === null || !hasSeen(decodeObject(object).clock, dot))
        throw new Error(`${kind} lost a write to ${key}`);
    }
    if (kind === 'stop') return;
    for (const key of KEYS) {
      const object = await this.opened.get(key);
      if (object === null) this.expected.delete(key);
      else this.expected.set(key, Buffer.from(objectOf(object)));
    }
  }
}

for (const [name, memoryBytesMax] of [
  ['ample', 1_000_000],
  ['scarce', 3_000],
] as const) {
  test(`with ${name} memory a replica keeps what it acknowledged, counts right and never mints after a gap`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(operations, { minLength: 1, maxLength: 60 }), async (list) => {
        const run = await Run.start(memoryBytesMax);
        for (const operation of list) await run.do(operation);
        await run.check();
      }),
      { numRuns: 300 },
    );
    t.pass();
  });
}

test('a scan of all partitions shows what is in memory and in the store, once', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(operations, { minLength: 1, maxLength: 40 }), async (list) => {
      const run = await Run.start(3_000);
      for (const operation of list) await run.do(operation);
      // Merges that wait for a key to be read are not in the replica yet.
      for (const key of KEYS) await run.opened.get(key);
      const rows = new Map<string, Buffer>();
      for (let partition = 0; partition < PARTITIONS; partition++) {
        let last = '';
        const scanned = run.opened.replica.scans.scanPartition(partition as Partition, (some) => {
          for (const { key, record } of some) {
            if (rows.has(key) || key <= last) throw new Error(`${key} came twice or out of order`);
            last = key;
            rows.set(key, Buffer.from(objectOf(record)));
          }
          return true;
        });
        await run.world.timers.until(scanned);
        await checkScanBehind(run, partition as Partition, rows);
      }
      t.deepEqual([...rows].sort(), [...run.expected].sort());
    }),
    { numRuns: 60 },
  );
});

/** A scan that begins behind a key shows the rest, wherever the key stands and whether it is there or not. */
async function checkScanBehind(run: Run, partition: Partition, rows: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const key of ['key 1', 'key 10', 'key 2x']) {
    const seen: string[] = [];
    const take = (some: readonly { readonly key: string }[]): boolean => seen.push(...some.map((row) => row.key)) >= 0;
    await run.world.timers.until(run.opened.replica.scans.scanPartition(partition, take, { db: 0, key }));
    const expected = [...rows.keys()].filter((other) => other > key && partitionOfKey(other) === partition);
    if (!isDeepStrictEqual(seen, expected.sort())) throw new Error(`behind ${key} a scan shows ${seen}`);
  }
}
