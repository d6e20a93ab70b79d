import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { MerkleForest } from '../../../cluster/anti-entropy/merkle-forest.js';
import { BUFFER, type Durability, FSYNC, LOG } from '../../../cluster/replica/replica.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { versionFingerprint } from '../../../cluster/version/encoded.js';
import { foreignObject, OpenedReplica, PARTITIONS, partitionOfKey } from '../replica/opened-replica.js';
import { ManualWorld } from '../storage/manual-world.js';
import { keyspaces, rebuiltTrees, treesOf } from './rebuilt.js';

const KEYS = Array.from({ length: 16 }, (_, i) => (i % 3 === 0 ? `two:${i}` : `key ${i}`));

type Operation =
  | { kind: 'put' | 'merge'; key: string; db: number; bytes: number; durability: Durability }
  | { kind: 'drop'; key: string; db: number }
  | { kind: 'advance'; ms: number }
  | { kind: 'failReads' | 'failWrites'; fail: boolean }
  | { kind: 'stop' | 'kill' | 'cutPower' };

const key = fc.constantFrom(...KEYS);
const db = fc.constantFrom(0, 1);
const durability = fc.constantFrom<Durability[]>(BUFFER, LOG, FSYNC);
const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('put' as const, 'merge' as const),
      key,
      db,
      bytes: fc.nat({ max: 300 }),
      durability,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drop' as const), key, db }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(0, 1, 2, 5, 120) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('failReads' as const, 'failWrites' as const), fail: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('stop' as const, 'kill' as const, 'cutPower' as const) }) },
);

/** A replica that writes, drops, evicts, fails, stops and dies, and the forest that watches it. */
class Run {
  readonly world = new ManualWorld();
  forest = new MerkleForest(PARTITIONS, keyspaces);
  #counter = 0;

  private constructor(
    readonly memoryBytesMax: number,
    private opened: OpenedReplica | undefined,
  ) {}

  static async start(memoryBytesMax: number): Promise<Run> {
    const run = new Run(memoryBytesMax, undefined);
    await run.#open();
    return run;
  }

  get #replica(): OpenedReplica {
    if (this.opened === undefined) throw new Error('the run has not started');
    return this.opened;
  }

  async do(operation: Operation): Promise<void> {
    const opened = this.#replica;
    switch (operation.kind) {
      case 'put':
        if (opened.store.failReads !== undefined) return;
        await opened.put(operation.key, 'x'.repeat(operation.bytes), operation.durability, false, operation.db);
        return;
      case 'merge': {
        const object = foreignObject('ff00000000000001', ++this.#counter, 'y'.repeat(operation.bytes));
        opened.merge(operation.key, object, operation.durability, operation.db);
        return;
      }
      case 'drop': {
        const held = opened.peek(operation.key, operation.db);
        if (held === undefined || held === null) return;
        const partition = partitionOfKey(operation.key);
        const ignore = { stored: () => undefined };
        opened.replica.drop(partition, operation.db, operation.key, versionFingerprint(held), ignore);
        return;
      }
      case 'advance':
        return this.world.timers.advance(operation.ms);
      case 'failReads':
        opened.store.failReads = operation.fail ? 'unreadable' : undefined;
        return;
      case 'failWrites':
        opened.store.failWrites = operation.fail ? 'no space' : undefined;
        return;
      default:
        return this.#restart(operation.kind);
    }
  }

  /** Once built, the trees are those of what the replica holds. */
  async check(): Promise<void> {
    const { replica, store } = this.#replica;
    store.failReads = undefined;
    store.failWrites = undefined;
    await this.world.timers.until(replica.whenWarm());
    await this.world.timers.advance(200);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      if (!this.forest.isBuilt(partition as Partition)) throw new Error(`partition ${partition} is not built`);
    }
    const rebuilt = await this.world.timers.until(rebuiltTrees(replica, PARTITIONS));
    if (!isDeepStrictEqual(treesOf(this.forest), rebuilt)) throw new Error('the trees are not those of the records');
  }

  async #open(disk?: OpenedReplica['store']['disk']): Promise<void> {
    this.forest = new MerkleForest(PARTITIONS, keyspaces);
    const options = { memoryBytesMax: this.memoryBytesMax, observer: this.forest };
    this.opened = await OpenedReplica.open(this.world, disk === undefined ? options : { ...options, disk });
  }

  async #restart(kind: 'stop' | 'kill' | 'cutPower'): Promise<void> {
    const opened = this.#replica;
    opened.store.failWrites = undefined;
    opened.store.failReads = undefined;
    if (kind === 'stop') await this.#open(await opened.stop());
    else await this.#open(opened.store.crash(kind === 'kill' ? 'process' : 'power'));
  }
}

for (const [name, memoryBytesMax] of [
  ['little', 3_000],
  ['enough', 1_000_000],
] as const) {
  test(`with ${name} memory the trees equal those rebuilt from the records, after any writes, drops and restarts`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(operations, { minLength: 1, maxLength: 50 }), async (list) => {
        const run = await Run.start(memoryBytesMax);
        for (const operation of list) await run.do(operation);
        await run.check();
      }),
      { numRuns: 60 },
    );
    t.pass();
  });
}

test('a key counts in the trees of the N of its keyspace', (t) => {
  const forest = new MerkleForest(PARTITIONS, keyspaces);
  const partition = partitionOfKey('two:1');
  forest.begin(partition);
  forest.found(partition, 0, 'two:1', foreignObject('ff00000000000001', 1, 'v'));
  forest.complete(partition);
  t.deepEqual(forest.ns, [2, 3]);
  t.true(
    forest
      .tree(2, partition)
      .save()
      .some((byte) => byte !== 0),
  );
  t.true(
    forest
      .tree(3, partition)
      .save()
      .every((byte) => byte === 0),
  );
});

test('trees that were loaded are not built again, and take the changes from then on', (t) => {
  const before = foreignObject('ff00000000000001', 1, 'v');
  const after = foreignObject('ff00000000000001', 2, 'w');
  const partition = partitionOfKey('a');
  const built = new MerkleForest(PARTITIONS, keyspaces);
  built.begin(partition);
  built.found(partition, 0, 'a', after);
  const older = new MerkleForest(PARTITIONS, keyspaces);
  older.begin(partition);
  older.found(partition, 0, 'a', before);
  const loaded = new MerkleForest(PARTITIONS, keyspaces);
  loaded.loaded(partition, new Map([[3, older.tree(3, partition)]]));
  t.true(loaded.isBuilt(partition));
  loaded.changed({ partition, db: 0, key: 'a', keyHash: 0, fingerprint: 0 }, before, after);
  loaded.begin(partition);
  loaded.found(partition, 0, 'a', after);
  loaded.complete(partition);
  t.deepEqual(treesOf(loaded), treesOf(built));
});
