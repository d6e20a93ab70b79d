import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { type NodeId, Ring, type RingNode } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';

export interface NodeShape {
  readonly host?: string;
  readonly zone?: string;
  readonly weight?: number;
}

/** A node whose id depends on `name` only. */
export function nodeNamed(name: string, { host = '127.0.0.1', zone = '', weight = 1 }: NodeShape = {}): RingNode {
  return { id: createHash('sha1').update(name).digest('hex') as NodeId, host, zone, weight };
}

export function nodesOnOneHost(count: number): RingNode[] {
  return Array.from({ length: count }, (_, k) => nodeNamed(`node ${k}`));
}

/** 1 to 200 nodes, mostly few. */
export const nodeCounts = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 200 }));

export function tokensOf(owners: readonly NodeId[], nodes: readonly RingNode[]): number[] {
  const counts = new Map<NodeId, number>();
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return nodes.map((node) => counts.get(node.id) ?? 0);
}

/** The first `n` of each partition's preference list, as nodes. */
export function primariesOf(owners: readonly NodeId[], nodes: readonly RingNode[], n: number): RingNode[][] {
  const ring = new Ring(owners, nodes);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return owners.map((_, partition) =>
    ring
      .preferenceList(partition as Partition)
      .slice(0, n)
      .flatMap((id) => byId.get(id) ?? []),
  );
}

/** In how many partitions' first `n` each node is. */
export function membershipsOf(owners: readonly NodeId[], nodes: readonly RingNode[], n: number): number[] {
  return tokensOf(
    primariesOf(owners, nodes, n).flatMap((primaries) => primaries.map((node) => node.id)),
    nodes,
  );
}

export function movesBetween(before: readonly NodeId[], after: readonly NodeId[]): number {
  return after.filter((owner, partition) => owner !== before[partition]).length;
}

/** The fewest tokens that must move until nodes of equal weight hold `before.length / nodes.length`, rounded either way. */
export function leastMoves(before: readonly NodeId[], nodes: readonly RingNode[]): number {
  const share = Math.floor(before.length / nodes.length);
  const held = tokensOf(before, nodes);
  const kept = held.reduce((sum, tokens) => sum + Math.min(tokens, share), 0);
  const oneMore = held.filter((tokens) => tokens > share).length;
  return before.length - kept - Math.min(oneMore, before.length % nodes.length);
}

/**
 * The fewest tokens that must move until the tokens are divided as Webster's method divides them: one after another to the
 * node with the least (tokens + ½) / weight. Where several nodes are equal for the last ones, those that hold more keep
 * them.
 */
export function leastMovesByWeight(before: readonly NodeId[], nodes: readonly RingNode[]): number {
  const quotients = nodes.flatMap((node, k) =>
    Array.from({ length: before.length }, (_, tokens) => ({ k, quotient: (tokens + 0.5) / node.weight })),
  );
  quotients.sort((a, b) => a.quotient - b.quotient);
  const last = quotients[before.length - 1]?.quotient ?? 0;
  const sure = nodes.map(() => 0);
  let open = before.length;
  for (const { k, quotient } of quotients) {
    if (quotient >= last) break;
    sure[k] = (sure[k] ?? 0) + 1;
    open--;
  }
  const held = tokensOf(before, nodes);
  const equal = nodes.filter(
    (node, k) => ((sure[k] ?? 0) + 0.5) / node.weight === last && (held[k] ?? 0) > (sure[k] ?? 0),
  );
  const kept = held.reduce((sum, tokens, k) => sum + Math.min(tokens, sure[k] ?? 0), 0);
  return before.length - kept - Math.min(open, equal.length);
}
