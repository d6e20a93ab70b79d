import test from 'ava';
import { MerkleForest } from '../../../cluster/anti-entropy/merkle-forest.js';
import { saveForest, takeSavedForest } from '../../../cluster/anti-entropy/saved-forest.js';
import { Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { MemoryStore } from '../../../cluster/storage/memory-store.js';
import { foreignObject } from '../replica/opened-replica.js';
import { ManualWorld } from '../storage/manual-world.js';
import { LoopNode } from './loop-cluster.js';
import { keyspaces, treesOf } from './rebuilt.js';

const PARTITION_COUNT = 200;

/** A forest of which the even partitions are built, and some have keys. */
function grown(): MerkleForest {
  const forest = new MerkleForest(PARTITION_COUNT, keyspaces);
  for (let i = 0; i < PARTITION_COUNT; i += 2) {
    const partition = i as Partition;
    forest.begin(partition);
    if (i % 3 === 0) {
      forest.found(partition, 0, 'key', foreignObject('ff00000000000001', i + 1, 'v'));
      forest.found(partition, 1, 'two:key', foreignObject('ff00000000000001', i + 2, 'v'));
    }
    forest.complete(partition);
  }
  return forest;
}

class Disk {
  readonly world = new ManualWorld();
  store = new MemoryStore(this.world.timers, { latencyMs: () => 1 });

  save(forest: MerkleForest): Promise<void> {
    return this.world.timers.until(saveForest(this.store, this.world.log, forest, keyspaces));
  }

  async take(spaces = keyspaces, discard = false): Promise<MerkleForest> {
    const forest = new MerkleForest(PARTITION_COUNT, spaces);
    await this.world.timers.until(takeSavedForest(this.store, this.world.log, forest, spaces, discard));
    return forest;
  }

  /** A start after the power was lost. */
  losePower(): void {
    this.store = new MemoryStore(this.world.timers, { latencyMs: () => 1, disk: this.store.crash('power') });
  }
}

function builtOf(forest: MerkleForest): boolean[] {
  return Array.from({ length: PARTITION_COUNT }, (_, partition) => forest.isBuilt(partition as Partition));
}

test('what was built is there again after a clean stop, and what was not is not', async (t) => {
  const disk = new Disk();
  await disk.save(grown());
  disk.losePower();
  const loaded = await disk.take();
  t.deepEqual(treesOf(loaded), treesOf(grown()));
  t.deepEqual(builtOf(loaded), builtOf(grown()));
});

test('saved trees are taken once, also when the power is lost right then', async (t) => {
  const disk = new Disk();
  await disk.save(grown());
  await disk.take();
  disk.losePower();
  t.false(builtOf(await disk.take()).includes(true));
  t.deepEqual([...disk.store.disk.rows], []);
});

test('a save that was not finished counts for nothing', async (t) => {
  const disk = new Disk();
  const saving = saveForest(disk.store, disk.world.log, grown(), keyspaces);
  await disk.world.timers.advance(1);
  disk.store.failWrites = 'no space';
  await disk.world.timers.until(saving);
  disk.store.failWrites = undefined;
  t.false(builtOf(await disk.take()).includes(true));
  t.true(disk.world.log.lines.some(({ level }) => level === 'warn'));
});

test('trees of other keyspaces are not taken, nor those of rows that are set aside', async (t) => {
  const others = new Keyspaces(keyspaces.rows().map((row) => ({ ...row, n: row.prefix === '' ? 3 : 1 })));
  const disk = new Disk();
  await disk.save(grown());
  t.false(builtOf(await disk.take(others)).includes(true));
  await disk.save(grown());
  t.false(builtOf(await disk.take(keyspaces, true)).includes(true));
  t.false(builtOf(await disk.take()).includes(true));
});

test('a node that stops and starts has its trees before it has read its store; one that is killed builds them', async (t) => {
  const world = new ManualWorld();
  const options = { keyspaces, partitionCount: 8, memoryBytesMax: 1_000_000 };
  const latencyMs = () => 1;
  let store = new MemoryStore(world.timers, { latencyMs });
  let node = await world.timers.until(LoopNode.open(world, store, ['a', 'b'], 0, options));
  await world.timers.until(node.replica.whenWarm());
  for (let i = 0; i < 100; i++) {
    await world.timers.until(node.hold(`key ${i}`, foreignObject('ff00000000000001', i + 1, 'v')));
  }
  const trees = treesOf(node.forest);
  await world.timers.until(node.close());

  store = new MemoryStore(world.timers, { latencyMs, disk: store.disk });
  node = await world.timers.until(LoopNode.open(world, store, ['a', 'b'], 0, options));
  t.true(node.forest.isBuilt(0 as Partition));
  t.deepEqual(treesOf(node.forest), trees);
  await world.timers.until(node.replica.whenWarm());
  t.deepEqual(treesOf(node.forest), trees);

  store = new MemoryStore(world.timers, { latencyMs, disk: store.crash('process') });
  node = await world.timers.until(LoopNode.open(world, store, ['a', 'b'], 0, options));
  t.false(node.forest.isBuilt(0 as Partition));
  await world.timers.until(node.replica.whenWarm());
  t.deepEqual(treesOf(node.forest), trees);
});
