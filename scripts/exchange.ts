/**
 * What it costs to repair a replica by an exchange: two replicas over RocksDB, of which one has missed some keys.
 *
 *   npm run exchange -- [--keys 1000000] [--missed 1000] [--value-bytes 100] [--partitions 256]
 *
 * Half of what was missed are keys that it never saw, half are later versions of keys that it holds. Exits with 1 when the
 * replicas are not equal afterwards. The nodes stand in one process, without links; what would go over the wire is counted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Keyspaces } from '../cluster/keyspaces/keyspaces.js';
import { nodeClock } from '../cluster/ports/node-clock.js';
import { nodeRandom } from '../cluster/ports/node-random.js';
import { NodeTimers } from '../cluster/ports/node-timers.js';
import type { Partition } from '../cluster/ring/slots.js';
import { openRocksStore } from '../cluster/storage/rocks-store.js';
import type { ActorId } from '../cluster/version/actor.js';
import { encodeObject } from '../cluster/version/codec.js';
import { LoopNode, Traffic } from '../test/unit/anti-entropy/loop-cluster.js';

const HOSTS = ['a', 'b'];
const HELD_AT_ONCE = 1_000;
const ACTOR = 'f100000000000001' as ActorId;

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000000' },
    missed: { type: 'string', default: '1000' },
    'value-bytes': { type: 'string', default: '100' },
    partitions: { type: 'string', default: '256' },
  },
});
const keyCount = Number(values.keys);
const missedCount = Number(values.missed);
const partitionCount = Number(values.partitions);
const value = Buffer.alloc(Number(values['value-bytes']), 'v');

const silent = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };
const world = {
  clock: nodeClock,
  timers: new NodeTimers(),
  random: nodeRandom,
  latencies: { recorder: () => ({ record: () => undefined }) },
  log: silent,
};
const keyspaces = new Keyspaces([
  { prefix: '', n: 2, r: 1, w: 1, sloppy: true, reconcile: 'newest', durability: 'log' },
]);

const folder = await mkdtemp(join(tmpdir(), 'cartwheel-exchange-'));
try {
  process.exitCode = (await run()) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true });
}

async function run(): Promise<boolean> {
  const options = { keyspaces, partitionCount, memoryBytesMax: 64 * 2 ** 20 };
  const nodes = [await open(0, options), await open(1, options)] as const;
  const [first, second] = nodes;
  await fill(nodes);
  const traffic = new Traffic();
  first.meet(nodes, traffic);
  second.meet(nodes, traffic);
  const startedMs = Date.now();
  const [report] = (await first.antiEntropy?.exchangeNow()) ?? [];
  const seconds = (Date.now() - startedMs) / 1000;
  const { exchange_keys_pulled: pulled, exchange_keys_pushed: pushed, exchange_tree_bytes: treeBytes } = first.counters;
  const isEqual = rootsOf(first) === rootsOf(second);
  console.log(
    `${keyCount} keys of ${value.length} bytes in ${partitionCount} partitions; ${missedCount} missed by one`,
  );
  console.log(`repaired: ${pulled} pulled, ${pushed} pushed, in ${seconds.toFixed(1)} s (${report?.fault ?? 'whole'})`);
  console.log(`objects moved: ${traffic.objects}, ${traffic.objectBytes} bytes`);
  console.log(`beyond them: ${traffic.otherBytes} bytes in ${traffic.messages} messages; trees and keys: ${treeBytes}`);
  console.log(isEqual ? 'the replicas are equal' : 'THE REPLICAS DIFFER');
  for (const node of nodes) {
    await node.close();
    await node.store.close();
  }
  return isEqual;
}

async function open(place: number, options: Parameters<typeof LoopNode.open>[4]): Promise<LoopNode> {
  const store = await openRocksStore(join(folder, String(place)));
  return LoopNode.open(world, store, HOSTS, place, options);
}

/** Fills both, and leaves `missedCount` keys, spread over all, as they were on the first. */
async function fill([first, second]: readonly [LoopNode, LoopNode]): Promise<void> {
  const every = Math.floor(keyCount / missedCount);
  for (let from = 0; from < keyCount; from += HELD_AT_ONCE) {
    const held: Promise<void>[] = [];
    for (let i = from; i < Math.min(keyCount, from + HELD_AT_ONCE); i++) {
      const key = `key:${String(i).padStart(12, '0')}`;
      const isMissed = i % every === 0 && i / every < missedCount;
      const isNew = isMissed && (i / every) % 2 === 0;
      const old = objectOf(2 * i + 1);
      if (!isNew) held.push(first.hold(key, old));
      held.push(second.hold(key, isMissed ? objectOf(2 * i + 2) : old));
    }
    await Promise.all(held);
  }
}

function objectOf(counter: number): Buffer {
  const dot = { actor: ACTOR, counter };
  const sibling = { dot, tombstone: false, expiryMs: 0, value };
  return encodeObject({ clock: new Map([[ACTOR, counter]]), siblings: [sibling] });
}

function rootsOf(node: LoopNode): string {
  const status = Array.from({ length: partitionCount }, (_, i) => node.antiEntropy?.status(i as Partition)[0]);
  return status.map((sync) => `${sync?.root} ${sync?.keys}`).join('\n');
}
