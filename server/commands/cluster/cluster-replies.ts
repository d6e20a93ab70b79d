/** `CLUSTER SLOTS` and `CLUSTER SHARDS` as Redis 7.0 shapes them. */
import type { ReplyBuffer } from '../../resp/reply-buffer.js';
import { type ClusterMap, portFor, type ShownNode, servedRanges, shardsOf } from './cluster-map.js';

/** `[first, last, master, replica…]` for each range; as in Redis, without replicas that can't be reached or still receive. `isSecure`: the client came over TLS. */
export function writeSlots(out: ReplyBuffer, map: ClusterMap, isSecure = false): void {
  const ranges = servedRanges(map);
  out.array(ranges.length);
  for (const { first, last, master, replicas } of ranges) {
    const shown = [master, ...replicas.filter((replica) => replica.isReachable)];
    out.array(2 + shown.length);
    out.integer(first);
    out.integer(last);
    for (const node of shown) writeSlotsNode(out, node, isSecure);
  }
}

/** `[host, port, id, further names]`; there is only one name for a node. */
function writeSlotsNode(out: ReplyBuffer, node: ShownNode, isSecure: boolean): void {
  const { member } = node;
  out.array(4);
  out.bulkText(member.host);
  out.integer(portFor(node, isSecure));
  out.bulkText(member.id);
  out.map(0);
}

/** `{slots: [first, last, …], nodes: [{…}, …]}` for each shard: the master first, those that still receive last. */
export function writeShards(out: ReplyBuffer, map: ClusterMap): void {
  const shards = shardsOf(map);
  out.array(shards.length);
  for (const { ranges, master, replicas, receivers } of shards) {
    out.map(2);
    out.bulkText('slots');
    out.array(ranges.length * 2);
    for (const { first, last } of ranges) {
      out.integer(first);
      out.integer(last);
    }
    out.bulkText('nodes');
    out.array(1 + replicas.length + receivers.length);
    writeShardsNode(out, master, 'master', healthOf(master, 'online'));
    for (const replica of replicas) writeShardsNode(out, replica, 'replica', healthOf(replica, 'online'));
    for (const receiver of receivers) writeShardsNode(out, receiver, 'replica', healthOf(receiver, 'loading'));
  }
}

function healthOf({ isReachable }: ShownNode, health: 'online' | 'loading'): string {
  return isReachable ? health : 'fail';
}

function writeShardsNode(
  out: ReplyBuffer,
  { member, ports }: ShownNode,
  role: 'master' | 'replica',
  health: string,
): void {
  const named = [['port', ports.plain] as const, ['tls-port', ports.tls] as const].filter(([, port]) => port !== 0);
  out.map(6 + named.length);
  out.bulkText('id');
  out.bulkText(member.id);
  for (const [name, port] of named) {
    out.bulkText(name);
    out.integer(port);
  }
  out.bulkText('ip');
  out.bulkText(member.host);
  out.bulkText('endpoint');
  out.bulkText(member.host);
  out.bulkText('role');
  out.bulkText(role);
  out.bulkText('replication-offset');
  out.integer(0);
  out.bulkText('health');
  out.bulkText(health);
}
