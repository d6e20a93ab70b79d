/** What clients that know the slots see while partitions move. */
import test from 'ava';
import * as fc from 'fast-check';
import { placesOf } from '../../../../cluster/coordinator/placement.js';
import type { NodeId } from '../../../../cluster/ring/ring.js';
import { type Partition, partitionOf, SLOT_COUNT, slotOf, slotsOf } from '../../../../cluster/ring/slots.js';
import { type ClusterMap, clusterMap, nodesText } from '../../../../server/commands/cluster/cluster-map.js';
import { writeShards, writeSlots } from '../../../../server/commands/cluster/cluster-replies.js';
import { BufferPool } from '../../../../server/resp/buffer-pool.js';
import { ReplyBuffer } from '../../../../server/resp/reply-buffer.js';
import { type ReplyTree, treeOf, valuesOf } from '../../../commands/reply-tree.js';
import { bulk, LiveServer } from '../live-server.js';
import { memberAt, PARTITIONS, ToldMembership } from '../told-membership.js';

const [FIRST, SECOND, THIRD, FOURTH] = [memberAt(1), memberAt(2), memberAt(3), memberAt(4)];
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition as Partition);

/** The map of a node that reaches all others. */
function mapOf(membership: ToldMembership): ClusterMap {
  const members = membership.members();
  const nodes = membership.nodes();
  const leaving = nodes.filter((node) => !members.includes(node)).map(({ id }) => id);
  return clusterMap({
    self: membership.self,
    members: nodes,
    partitionCount: PARTITIONS,
    keyspace: { w: 2, sloppy: true },
    placement: (partition) => {
      const list = [...membership.ring().preferenceList(partition), ...leaving];
      const places = placesOf(list, members.length, 3, (id) => membership.holds(id, partition));
      const ids = [...places.primaries, ...places.receivers, ...places.retiring, ...places.fallbacks];
      return {
        targets: ids.map((id) => ({ id })),
        n: places.primaries.length,
        receivers: places.receivers.length,
      };
    },
    isReachable: () => true,
    heardMs: () => 0,
  });
}

function treeWritten(write: (out: ReplyBuffer) => void): readonly ReplyTree[] {
  const out = new ReplyBuffer(new BufferPool());
  write(out);
  return itemsOf(treeOf(out.first().toString()));
}

function itemsOf(tree: ReplyTree | undefined): readonly ReplyTree[] {
  if (tree === undefined || typeof tree === 'string') throw new Error(`no array: ${tree}`);
  return tree;
}

function numberIn(tree: ReplyTree | undefined): number {
  return Number(String(tree).slice(1));
}

/** The ids that `CLUSTER SLOTS` names for each partition, the master first. */
function serversIn(ranges: readonly ReplyTree[]): string[][] {
  const byPartition: string[][] = ALL.map(() => []);
  for (const range of ranges) {
    const [first, last, ...nodes] = itemsOf(range);
    for (const partition of ALL) {
      const slots = slotsOf(partition, PARTITIONS);
      if (slots.first < numberIn(first) || slots.last > numberIn(last)) continue;
      byPartition[partition] = nodes.map((node) => String(itemsOf(node)[2]));
    }
  }
  return byPartition;
}

function servers(members: ToldMembership): string[][] {
  return serversIn(treeWritten((out) => writeSlots(out, mapOf(members))));
}

/** Nodes that `CLUSTER SHARDS` shows with this health. */
function shownAs(members: ToldMembership, health: string): Set<ReplyTree | undefined> {
  const shards = treeWritten((out) => writeShards(out, mapOf(members)));
  const nodes = shards.flatMap((shard) => itemsOf(valuesOf(shard, ['nodes'])[0]));
  const shown = nodes.filter((node) => valuesOf(node, ['health'])[0] === health);
  return new Set(shown.map((node) => valuesOf(node, ['id'])[0]));
}

test('SLOTS changes partition by partition as a joiner becomes ready', (t) => {
  const members = new ToldMembership([FIRST, SECOND, THIRD]);
  const before = servers(members);
  members.join(FOURTH);
  t.deepEqual(
    servers(members).map((ids) => ids.toSorted()),
    before.map((ids) => ids.toSorted()),
    'one that holds nothing serves nothing',
  );
  const wanted = members.wanted(FOURTH.id);
  t.true(wanted.length > PARTITIONS / 2);
  const ready = new Set<Partition>();
  for (const partition of wanted) {
    ready.add(partition);
    members.tell(FOURTH.id, ready);
    for (const [at, ids] of servers(members).entries()) {
      t.is(ids.length, 3);
      t.is(ids.includes(FOURTH.id), ready.has(at as Partition));
    }
  }
  const masters = servers(members).filter(([master]) => master === FOURTH.id);
  t.is(masters.length, PARTITIONS / 4, 'in the end it is master of its share');
});

test('a joiner is loading in SHARDS until it holds all that it is to hold, and a master without slots in NODES', (t) => {
  const members = new ToldMembership([FIRST, SECOND, THIRD]);
  t.is(shownAs(members, 'loading').size, 0);
  members.join(FOURTH);
  t.deepEqual([...shownAs(members, 'loading')], [FOURTH.id]);
  t.is(shownAs(members, 'online').size, 3);
  t.regex(nodesText(mapOf(members)), /^\w{40} 10\.0\.0\.4:7004@17004 master - 0 0 0 connected$/m);
  members.tell(FOURTH.id, members.wanted(FOURTH.id));
  t.is(shownAs(members, 'loading').size, 0);
  t.is(shownAs(members, 'online').size, 4);
});

test('a node that leaves serves what it holds until others hold it, and nothing after', (t) => {
  const members = new ToldMembership([FIRST, SECOND, THIRD, FOURTH]);
  const before = servers(members);
  members.depart(FIRST.id);
  for (const [at, ids] of servers(members).entries()) {
    t.deepEqual(ids.toSorted(), before[at]?.toSorted(), 'whoever held it serves it still');
  }
  t.true(nodesText(mapOf(members)).includes(FIRST.id));
  for (const { id } of [SECOND, THIRD, FOURTH]) members.tell(id, ALL);
  t.false(servers(members).some((ids) => ids.includes(FIRST.id)));
  t.regex(nodesText(mapOf(members)), /^\w{40} 10\.0\.0\.1:7001@17001 myself,master - 0 0 0 connected$/m);
});

const somePartitions = fc.uniqueArray(
  fc.integer({ min: 0, max: PARTITIONS - 1 }).map((partition) => partition as Partition),
);

test('all slots have a server, whoever holds what', (t) => {
  const members = new ToldMembership([FIRST, SECOND, THIRD]);
  members.join(FOURTH);
  members.depart(SECOND.id);
  const ids: readonly NodeId[] = members.nodes().map(({ id }) => id);
  fc.assert(
    fc.property(fc.tuple(somePartitions, somePartitions, somePartitions, somePartitions), (held) => {
      for (const [at, partitions] of held.entries()) members.tell(ids[at] ?? FIRST.id, partitions);
      let next = 0;
      for (const range of treeWritten((out) => writeSlots(out, mapOf(members)))) {
        const [first, last, master] = itemsOf(range);
        t.is(numberIn(first), next);
        t.is(itemsOf(master).length, 4);
        next = numberIn(last) + 1;
      }
      t.is(next, SLOT_COUNT);
    }),
    { numRuns: 30 },
  );
});

test('a server answers by what its membership says at that moment', async (t) => {
  const members = new ToldMembership([FIRST, SECOND, THIRD, FOURTH]);
  const live = await LiveServer.start({ partitions: PARTITIONS }, members);
  t.teardown(() => live.stop());
  const client = await live.connect();
  const key = keyIn(members.wanted(FOURTH.id));
  t.false((await client.ask(`DYNAMO OWNERS ${key}`)).includes(bulk('receiver')));
  members.tell(FOURTH.id, []);
  t.true((await client.ask(`DYNAMO OWNERS ${key}`)).includes(bulk('receiver')));
  members.tell(FOURTH.id, members.wanted(FOURTH.id));
  t.false((await client.ask(`DYNAMO OWNERS ${key}`)).includes(bulk('receiver')));
  members.depart(THIRD.id);
  const [nodes] = valuesOf(treeOf(await client.ask('DYNAMO OWNERS k')), ['nodes']);
  const leaving = itemsOf(nodes).filter((node) => valuesOf(node, ['leaving'])[0] === ':1');
  t.deepEqual(
    leaving.map((node) => valuesOf(node, ['node'])[0]),
    [THIRD.id],
  );
});

/** A key in one of these partitions. */
function keyIn(partitions: readonly Partition[]): string {
  for (let k = 0; ; k++) {
    const key = `key:${k}`;
    if (partitions.includes(partitionOf(slotOf(Buffer.from(key)), PARTITIONS))) return key;
  }
}
