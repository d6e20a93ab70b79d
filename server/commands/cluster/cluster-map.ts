/**
 * The cluster as Redis Cluster would describe it. Clients that know the slots then find the coordinators by themselves:
 * the node that coordinates a slot now is its master, the other nodes that hold its keys are the replicas, and those
 * that still receive them are replicas that are loading.
 */

import type { Placement } from '../../../cluster/coordinator/placement.js';
import type { KeyspaceRow } from '../../../cluster/keyspaces/keyspaces.js';
import type { ClientPorts } from '../../../cluster/membership/client-ports.js';
import type { Member } from '../../../cluster/membership/membership.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { type Partition, SLOT_COUNT, type Slot, slotsOf } from '../../../cluster/ring/slots.js';

/** What this node knows. */
interface ClusterView {
  readonly self: Member;
  /** Those that are leaving too. */
  readonly members: readonly Member[];
  readonly partitionCount: number;
  /** The default keyspace: its W is what a write needs. */
  readonly keyspace: Pick<KeyspaceRow, 'w' | 'sloppy'>;
  /** Who serves the keys of the default keyspace. */
  placement(partition: Partition): ShownPlacement;
  /** As this node sees it; true for itself. */
  isReachable(id: NodeId): boolean;
  /** When this node last heard from that one, ms since 1970; 0: never, or itself. */
  heardMs(id: NodeId): number;
  /** Where that node serves its clients; not given: on the port that the members know. */
  portsOf?(member: Member): ClientPorts;
}

/** What is shown of a placement. */
export interface ShownPlacement extends Pick<Placement, 'n' | 'receivers'> {
  readonly targets: readonly { readonly id: NodeId }[];
}

export interface ShownNode {
  readonly member: Member;
  readonly isReachable: boolean;
  readonly heardMs: number;
  readonly ports: ClientPorts;
}

/** A run of slots that the same nodes serve. */
interface SlotRange {
  readonly first: Slot;
  readonly last: Slot;
  /** The first reachable node of those that serve them. */
  readonly master: ShownNode;
  /** The other primaries, in the order in which they serve; the unreachable among them. */
  readonly replicas: readonly ShownNode[];
  /** Those that are to be primaries, and do not hold the keys yet. */
  readonly receivers: readonly ShownNode[];
}

/** Slots that the same nodes serve. */
interface Shard extends Pick<SlotRange, 'master' | 'replicas' | 'receivers'> {
  readonly ranges: readonly SlotRange[];
}

export interface ClusterMap {
  readonly self: Member;
  /** In the order of the membership. */
  readonly nodes: readonly ShownNode[];
  /** In order, without a gap: each slot has a master, whoever is lost. */
  readonly ranges: readonly SlotRange[];
  /** Slots for which this node can reach too few nodes to write in the default keyspace. */
  readonly slotsWithoutQuorum: number;
}

/** A snapshot: every answer about the cluster is made from one. */
export function clusterMap(view: ClusterView): ClusterMap {
  const shown = new Map<NodeId, ShownNode>();
  for (const member of view.members) {
    const { id } = member;
    const ports = view.portsOf?.(member) ?? { plain: member.port, tls: 0 };
    shown.set(id, { member, isReachable: view.isReachable(id), heardMs: view.heardMs(id), ports });
  }
  const { w, sloppy } = view.keyspace;
  const ranges: SlotRange[] = [];
  let slotsWithoutQuorum = 0;
  for (let partition = 0; partition < view.partitionCount; partition++) {
    const { targets, n, receivers: receiverCount } = view.placement(partition as Partition);
    const list = targets.flatMap(({ id }) => shown.get(id) ?? []);
    const master = list.find((node) => node.isReachable) ?? list[0];
    if (master === undefined) continue;
    const replicas = list.slice(0, n).filter((node) => node !== master);
    const receivers = list.slice(n, n + receiverCount).filter((node) => node !== master);
    const { first, last } = slotsOf(partition as Partition, view.partitionCount);
    const writers = (sloppy ? list : list.slice(0, n)).filter((node) => node.isReachable);
    if (writers.length < Math.min(w, n)) slotsWithoutQuorum += last - first + 1;
    ranges.push({ first, last, master, replicas, receivers });
  }
  const joined = joinRanges(ranges, (a, b) => haveSameServers(a, b) && haveSameOrder(a.receivers, b.receivers));
  return { self: view.self, nodes: [...shown.values()], ranges: joined, slotsWithoutQuorum };
}

function haveSameOrder(a: readonly ShownNode[], b: readonly ShownNode[]): boolean {
  return a.length === b.length && a.every((node, at) => node === b[at]);
}

function haveSameServers(a: SlotRange, b: SlotRange): boolean {
  return a.master === b.master && haveSameOrder(a.replicas, b.replicas);
}

/** Neighbours of which `areOne` says so as one range. */
function joinRanges(ranges: readonly SlotRange[], areOne: (a: SlotRange, b: SlotRange) => boolean): SlotRange[] {
  const joined: SlotRange[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    if (before !== undefined && areOne(before, range)) joined[joined.length - 1] = { ...before, last: range.last };
    else joined.push(range);
  }
  return joined;
}

/** The ranges where it makes no difference who still receives. */
export function servedRanges(map: ClusterMap): SlotRange[] {
  return joinRanges(map.ranges, haveSameServers);
}

/** The ranges by who serves them; the order of the replicas makes no difference. */
export function shardsOf(map: ClusterMap): Shard[] {
  const shards = new Map<string, Shard & { ranges: SlotRange[] }>();
  for (const range of map.ranges) {
    const { master, replicas, receivers } = range;
    const name = [[master], replicas.toSorted(byId), receivers.toSorted(byId)].map(idsOf).join(' loading ');
    const shard = shards.get(name);
    if (shard === undefined) shards.set(name, { ranges: [range], master, replicas, receivers });
    else shard.ranges.push(range);
  }
  return [...shards.values()];
}

function idsOf(nodes: readonly ShownNode[]): string {
  return nodes.map((node) => node.member.id).join(' ');
}

function byId(a: ShownNode, b: ShownNode): number {
  return a.member.id < b.member.id ? -1 : 1;
}

/**
 * `CLUSTER NODES`, a line for each node:
 *
 *   id host:port@peerport flags master ping-sent pong-received epoch link-state slots…
 *
 * A line can't say that a node is master of some slots and replica of others, so that all are masters: one that still
 * receives, or has handed everything over, is a master without slots. Anything that a node sends counts as a pong; pings
 * are not shown and there are no epochs: zeros.
 */
export function nodesText(map: ClusterMap, isSecure = false): string {
  const rangesOf = new Map<ShownNode, string[]>(map.nodes.map((node) => [node, []]));
  for (const { first, last, master } of joinRanges(map.ranges, haveOneMaster)) {
    rangesOf.get(master)?.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return map.nodes.map((node) => `${nodeLine(node, map.self, isSecure, rangesOf.get(node) ?? [])}\n`).join('');
}

/** The port for a client that came over TLS, or without; as in Redis the other one where there is none. */
export function portFor({ ports }: ShownNode, isSecure: boolean): number {
  const [wanted, other] = isSecure ? [ports.tls, ports.plain] : [ports.plain, ports.tls];
  return wanted === 0 ? other : wanted;
}

/** Who the replicas are is not shown. */
function haveOneMaster(a: SlotRange, b: SlotRange): boolean {
  return a.master === b.master;
}

function nodeLine(node: ShownNode, self: Member, isSecure: boolean, ranges: readonly string[]): string {
  const { member, isReachable, heardMs } = node;
  const flags = [member.id === self.id ? ['myself'] : [], 'master', isReachable ? [] : ['fail?']].flat();
  const address = `${member.host}:${portFor(node, isSecure)}@${member.peerPort}`;
  const link = isReachable ? 'connected' : 'disconnected';
  return [member.id, address, flags.join(','), '-', 0, heardMs, 0, link, ...ranges].join(' ');
}

/**
 * `CLUSTER INFO`. The state is `fail` while this node can't write to some slot, in the default keyspace: then clients had
 * better ask another node. Whether a slot can be served is what this node sees, so that its failures are all possible ones.
 */
export function infoText(map: ClusterMap): string {
  const { slotsWithoutQuorum } = map;
  const masters = new Set(map.ranges.map((range) => range.master));
  const fields: readonly (readonly [string, string | number])[] = [
    ['cluster_state', slotsWithoutQuorum === 0 ? 'ok' : 'fail'],
    ['cluster_slots_assigned', SLOT_COUNT],
    ['cluster_slots_ok', SLOT_COUNT - slotsWithoutQuorum],
    ['cluster_slots_pfail', slotsWithoutQuorum],
    ['cluster_slots_fail', 0],
    ['cluster_known_nodes', map.nodes.length],
    ['cluster_size', masters.size],
    ['cluster_current_epoch', 0],
    ['cluster_my_epoch', 0],
    ['cluster_stats_messages_sent', 0],
    ['cluster_stats_messages_received', 0],
    ['total_cluster_links_buffer_limit_exceeded', 0],
  ];
  return fields.map(([name, value]) => `${name}:${value}\r\n`).join('');
}
