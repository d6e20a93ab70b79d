import test from 'ava';
import * as fc from 'fast-check';
import { type ListedNode, StaticMembership } from '../../../../cluster/membership/static-membership.js';
import { SLOT_COUNT } from '../../../../cluster/ring/slots.js';
import {
  type ClusterMap,
  clusterMap,
  infoText,
  nodesText,
  shardsOf,
} from '../../../../server/commands/cluster/cluster-map.js';
import { writeShards, writeSlots } from '../../../../server/commands/cluster/cluster-replies.js';
import { BufferPool } from '../../../../server/resp/buffer-pool.js';
import { ReplyBuffer, type RespVersion } from '../../../../server/resp/reply-buffer.js';

function listed(count: number): ListedNode[] {
  return Array.from({ length: count }, (_, k) => ({ host: `10.0.0.${k}`, port: 7000 + k, peerPort: 17000 + k }));
}

/** The map that the first of `count` nodes has while it can't reach those on the ports `lost`. */
function mapOf(
  count: number,
  lost: readonly number[] = [],
  primaryCount = Math.min(3, count),
  sloppy = true,
): ClusterMap {
  const nodes = listed(count);
  const [self] = nodes;
  if (self === undefined) throw new Error('a cluster has a node');
  const membership = new StaticMembership(self, nodes, 256);
  const lostIds = new Set(membership.members().flatMap((member) => (lost.includes(member.port) ? [member.id] : [])));
  return clusterMap({
    self: membership.self,
    members: membership.members(),
    partitionCount: 256,
    placement: (partition) => ({
      targets: membership
        .ring()
        .preferenceList(partition)
        .map((id) => ({ id })),
      n: primaryCount,
      receivers: 0,
    }),
    keyspace: { w: Math.min(2, primaryCount), sloppy },
    isReachable: (id) => !lostIds.has(id),
    heardMs: (id) => (id === membership.self.id ? 0 : 1_700_000_000_000),
  });
}

function written(resp: RespVersion, write: (out: ReplyBuffer) => void): string {
  const out = new ReplyBuffer(new BufferPool());
  out.resp = resp;
  write(out);
  return out.first().toString();
}

/** Clusters of 1 to 12 nodes where any but the first may be lost. */
const maps = fc
  .integer({ min: 1, max: 12 })
  .chain((count) =>
    fc.tuple(fc.constant(count), fc.subarray(Array.from({ length: count - 1 }, (_, k) => 7001 + k)), fc.nat(3)),
  )
  .map(([count, lost, more]) => mapOf(count, lost, Math.min(1 + more, count)));

test('all slots are covered, in order and once, by masters that can be reached', (t) => {
  fc.assert(
    fc.property(maps, (map) => {
      let next = 0;
      for (const { first, last, master } of map.ranges) {
        t.is(first, next as typeof first);
        t.true(last >= first && master.isReachable);
        next = last + 1;
      }
      t.is(next, SLOT_COUNT);
    }),
    { numRuns: 50 },
  );
});

test('no range could be one with the next', (t) => {
  fc.assert(
    fc.property(maps, (map) => {
      const owners = map.ranges.map(({ master, replicas }) =>
        [master, ...replicas].map((node) => node.member.id).join(),
      );
      for (const [at, owner] of owners.entries()) t.not(owner, owners[at + 1]);
    }),
    { numRuns: 50 },
  );
});

test('while all are up the replicas are the other primaries, and each node is master of its share', (t) => {
  const map = mapOf(5);
  for (const { master, replicas } of map.ranges) {
    t.is(replicas.length, 2);
    t.is(new Set([master, ...replicas]).size, 3);
  }
  t.is(new Set(map.ranges.map((range) => range.master)).size, 5);
});

test('while the first node of a list is lost the second is master and the lost one a replica', (t) => {
  const [before, after] = [mapOf(3), mapOf(3, [7001])];
  t.true(after.ranges.every((range) => range.master.member.port !== 7001));
  t.true(after.ranges.every((range) => range.replicas.some(({ member }) => member.port === 7001)));
  t.is(before.ranges.filter((range) => range.master.member.port === 7001).length, 85);
});

test('a fallback is master where no primary can be reached', (t) => {
  const map = mapOf(5, [7001, 7002, 7003, 7004]);
  t.true(map.ranges.every((range) => range.master.member.port === 7000));
  t.true(map.ranges.some((range) => range.replicas.length === 3));
});

test('shards have each range once, and no two are of the same nodes', (t) => {
  fc.assert(
    fc.property(maps, (map) => {
      const shards = shardsOf(map);
      const ranges = shards.flatMap((shard) => shard.ranges).toSorted((a, b) => a.first - b.first);
      t.deepEqual(ranges, [...map.ranges]);
      const names = shards.map((shard) =>
        [shard.master, ...shard.replicas.toSorted(byPort)].map((n) => n.member.port).join(),
      );
      t.is(new Set(names).size, names.length);
    }),
    { numRuns: 50 },
  );
});

test('three nodes are three shards', (t) => {
  t.is(shardsOf(mapOf(3)).length, 3);
});

function byPort(a: { member: { port: number } }, b: { member: { port: number } }): number {
  return a.member.port - b.member.port;
}

/** Reads as redis-benchmark and ioredis do: blanks between fields, slots from the ninth. */
function parseNodes(text: string) {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [id = '', address = '', flags = '', master = '', , , , link = '', ...slots] = line.split(' ');
      return { id, address, flags: flags.split(','), master, link, slots };
    });
}

test('CLUSTER NODES has a line for each node, all masters, with every slot once', (t) => {
  fc.assert(
    fc.property(maps, (map) => {
      const lines = parseNodes(nodesText(map));
      t.is(lines.length, map.nodes.length);
      t.is(lines.filter((line) => line.flags[0] === 'myself').length, 1);
      const slots = new Set<number>();
      for (const line of lines) {
        t.true(line.flags.includes('master') && line.master === '-');
        t.is(line.flags.includes('fail?'), line.link === 'disconnected');
        t.true(line.link === 'connected' || line.slots.length === 0);
        for (const range of line.slots) {
          const [first = Number.NaN, last = first] = range.split('-').map(Number);
          for (let slot = first; slot <= last; slot++) {
            t.false(slots.has(slot));
            slots.add(slot);
          }
        }
      }
      t.is(slots.size, SLOT_COUNT);
    }),
    { numRuns: 10 },
  );
});

// What a redis-server 7.0.15 with all slots answers, with the host, port and id of the node here in it.
test('one node alone answers with the bytes of a redis-server that has all slots', (t) => {
  const map = mapOf(1);
  const { id } = map.self;
  const entry = `$8\r\n10.0.0.0\r\n:7000\r\n$40\r\n${id}\r\n`;
  t.is(
    written(2, (out) => writeSlots(out, map)),
    `*1\r\n*3\r\n:0\r\n:16383\r\n*4\r\n${entry}*0\r\n`,
  );
  t.is(
    written(3, (out) => writeSlots(out, map)),
    `*1\r\n*3\r\n:0\r\n:16383\r\n*4\r\n${entry}%0\r\n`,
  );
  const shardStart = '$5\r\nslots\r\n*2\r\n:0\r\n:16383\r\n$5\r\nnodes\r\n*1\r\n';
  const shardNode =
    `$2\r\nid\r\n$40\r\n${id}\r\n$4\r\nport\r\n:7000\r\n$2\r\nip\r\n$8\r\n10.0.0.0\r\n$8\r\nendpoint\r\n$8\r\n10.0.0.0\r\n` +
    '$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n';
  t.is(
    written(2, (out) => writeShards(out, map)),
    `*1\r\n*4\r\n${shardStart}*14\r\n${shardNode}`,
  );
  t.is(
    written(3, (out) => writeShards(out, map)),
    `*1\r\n%2\r\n${shardStart}%7\r\n${shardNode}`,
  );
  t.is(nodesText(map), `${id} 10.0.0.0:7000@17000 myself,master - 0 0 0 connected 0-16383\n`);
  t.is(
    infoText(map),
    'cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\ncluster_slots_pfail:0\r\n' +
      'cluster_slots_fail:0\r\ncluster_known_nodes:1\r\ncluster_size:1\r\ncluster_current_epoch:0\r\n' +
      'cluster_my_epoch:0\r\ncluster_stats_messages_sent:0\r\ncluster_stats_messages_received:0\r\n' +
      'total_cluster_links_buffer_limit_exceeded:0\r\n',
  );
});

test('lost replicas are left out of SLOTS and shown as failed in SHARDS', (t) => {
  const map = mapOf(3, [7002]);
  const lost = map.nodes.find((node) => !node.isReachable)?.member.id ?? '';
  t.is(lost.length, 40);
  t.false(written(2, (out) => writeSlots(out, map)).includes(lost));
  t.true(written(2, (out) => writeShards(out, map)).includes(lost));
  t.true(written(2, (out) => writeShards(out, map)).includes('fail\r\n'));
});

test('NODES tells when each node was heard last, where Redis tells of its pongs', (t) => {
  const [own = '', other = ''] = nodesText(mapOf(2))
    .split('\n')
    .sort((a) => (a.includes('myself') ? -1 : 1));
  t.is(own.split(' ')[5], '0');
  t.is(other.split(' ')[5], '1700000000000');
});

test('INFO says fail while too few nodes can be reached to write', (t) => {
  const state = (map: ClusterMap) => infoText(map).split('\r\n').slice(0, 4).join(' ');
  const ok = 'cluster_state:ok cluster_slots_assigned:16384 cluster_slots_ok:16384 cluster_slots_pfail:0';
  t.is(state(mapOf(3, [7002])), ok);
  t.is(
    state(mapOf(3, [7001, 7002])),
    'cluster_state:fail cluster_slots_assigned:16384 cluster_slots_ok:0 cluster_slots_pfail:16384',
  );
  // Two of five are left: where others may stand in for the primaries that is enough for every slot.
  t.is(state(mapOf(5, [7001, 7002, 7003])), ok);
  t.regex(state(mapOf(5, [7001, 7002, 7003], 3, false)), /^cluster_state:fail .* cluster_slots_pfail:[1-9]/);
});

test('INFO counts the nodes, and as the size those that are masters now', (t) => {
  t.regex(infoText(mapOf(3, [7002])), /cluster_known_nodes:3\r\ncluster_size:2\r\n/);
});
