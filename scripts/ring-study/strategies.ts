/**
 * How evenly the load falls on nodes with each of the paper's three strategies. Load is the share of the key space that a
 * node is one of the N primaries of: what it serves of very many requests for keys that are spread evenly.
 */
import assert from 'node:assert';
import { createHash } from 'node:crypto';
import { claim } from '../../cluster/ring/claim.js';
import { type NodeId, Ring, type RingNode } from '../../cluster/ring/ring.js';
import type { Partition } from '../../cluster/ring/slots.js';
import type { Prng } from '../../test/simulation/prng.js';

export interface Token {
  /** Where it lies on the ring: from 0 to 1, without 1. */
  readonly position: number;
  /** The number of its node, from 0. */
  readonly node: number;
}

/** The paper's load balancing efficiency: requests that a node serves on average / those of the hottest node. From 0 to 1. */
export function efficiencyOf(loads: readonly number[]): number {
  const total = loads.reduce((sum, load) => sum + load, 0);
  return total / loads.length / Math.max(...loads);
}

/** So many tokens for each node at random places, sorted by position. */
export function randomTokens(nodeCount: number, tokensEach: number, prng: Prng): Token[] {
  const tokens = Array.from({ length: nodeCount * tokensEach }, (_, k) => ({
    position: prng.next() / 2 ** 32,
    node: k % nodeCount,
  }));
  return tokens.sort((a, b) => a.position - b.position || a.node - b.node);
}

/**
 * Strategy 1: the ranges between neighbouring tokens are the partitions. The primaries of a range are the first `n` nodes
 * that a clockwise walk from its upper end meets.
 *
 * @param tokens sorted by position
 * @returns the load of each node
 */
export function loadsByTokenRanges(tokens: readonly Token[], nodeCount: number, n: number): number[] {
  const loads = new Array<number>(nodeCount).fill(0);
  let from = (tokens.at(-1)?.position ?? 0) - 1;
  for (const [at, { position }] of tokens.entries()) {
    addTo(loads, nodesFrom(tokens, at, Math.min(n, nodeCount)), position - from);
    from = position;
  }
  return loads;
}

/**
 * Strategy 2: the partitions are equal; the primaries of one are the first `n` nodes that a clockwise walk from its upper
 * end meets.
 *
 * @param tokens sorted by position
 */
export function loadsByEqualPartitions(
  tokens: readonly Token[],
  nodeCount: number,
  n: number,
  partitionCount: number,
): number[] {
  const loads = new Array<number>(nodeCount).fill(0);
  let at = 0;
  for (let partition = 1; partition <= partitionCount; partition++) {
    while (at < tokens.length && (tokens[at]?.position ?? 0) < partition / partitionCount) at++;
    addTo(loads, nodesFrom(tokens, at, Math.min(n, nodeCount)), 1 / partitionCount);
  }
  return loads;
}

/**
 * Strategy 3, as this project has it: Q/S tokens a node by the claim, the primaries by the preference lists. The nodes
 * have joined one after another, as in a cluster that grew.
 */
export function loadsByClaim(nodeCount: number, n: number, partitionCount: number): number[] {
  const nodes = Array.from({ length: nodeCount }, (_, k) => nodeOf(k));
  let owners: NodeId[] | undefined;
  for (const count of nodes.keys()) owners = claim(partitionCount, nodes.slice(0, count + 1), owners);
  assert(owners !== undefined, 'a ring needs a node');
  const ring = new Ring(owners, nodes);
  const numbers = new Map(nodes.map((node, k) => [node.id, k]));
  const loads = new Array<number>(nodeCount).fill(0);
  for (let partition = 0; partition < partitionCount; partition++) {
    const primaries = ring.preferenceList(partition as Partition).slice(0, n);
    addTo(
      loads,
      primaries.map((id) => numbers.get(id) ?? 0),
      1 / partitionCount,
    );
  }
  return loads;
}

/** A node on a host of its own; its id depends on the number only. */
function nodeOf(number: number): RingNode {
  const id = createHash('sha1').update(`node ${number}`).digest('hex') as NodeId;
  return { id, host: `host ${number}`, zone: '', weight: 1 };
}

function addTo(loads: number[], nodes: Iterable<number>, load: number): void {
  for (const node of nodes) loads[node] = (loads[node] ?? 0) + load;
}

/** The first `n` nodes on a walk that starts with the token at `from`; there must be so many. */
function nodesFrom(tokens: readonly Token[], from: number, n: number): Set<number> {
  const met = new Set<number>();
  for (let step = 0; step < tokens.length && met.size < n; step++) {
    const token = tokens[(from + step) % tokens.length];
    if (token !== undefined) met.add(token.node);
  }
  assert(met.size === n, 'fewer nodes with tokens than primaries');
  return met;
}
