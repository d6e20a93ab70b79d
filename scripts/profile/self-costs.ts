/** What each function costs by itself, from the recordings of V8's profilers. */
import { type CallFrame, centreOf, OTHER } from './cost-centres.js';

/** What a function, called from a cost centre, costs by itself: µs or bytes. */
export interface SelfCost {
  readonly frame: CallFrame;
  readonly centre: string;
  readonly self: number;
}

/** A `.cpuprofile`: a call tree, and in which of its nodes each sample was taken. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  /** Ids of nodes. */
  readonly samples: readonly number[];
  /** µs since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** A node of a `.heapprofile`: what was allocated by the function itself, in bytes. */
export interface AllocationNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly AllocationNode[];
}

/** µs of each node of the call tree that has any; the sum is the time recorded. */
export function cpuCosts({ nodes, samples, timeDeltas }: CpuProfile): SelfCost[] {
  const selfUs = new Map<number, number>();
  for (const [index, id] of samples.entries()) {
    // A sample stands for the time until the next one; clocks of several cores may disagree by a little.
    const us = Math.max(0, timeDeltas[index + 1] ?? 0);
    selfUs.set(id, (selfUs.get(id) ?? 0) + us);
  }
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const costs: SelfCost[] = [];
  const walk = (id: number, caller: string): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const centre = centreOf(node.callFrame, caller);
    const self = selfUs.get(id) ?? 0;
    if (self > 0) costs.push({ frame: node.callFrame, centre, self });
    for (const child of node.children ?? []) walk(child, centre);
  };
  const root = nodes[0];
  if (root !== undefined) walk(root.id, OTHER);
  return costs;
}

/** Bytes of each node of the call tree that has any; the sum is what was allocated, by the samples. */
export function allocationCosts(head: AllocationNode): SelfCost[] {
  const costs: SelfCost[] = [];
  const walk = (node: AllocationNode, caller: string): void => {
    const centre = centreOf(node.callFrame, caller);
    if (node.selfSize > 0) costs.push({ frame: node.callFrame, centre, self: node.selfSize });
    for (const child of node.children) walk(child, centre);
  };
  walk(head, OTHER);
  return costs;
}

/** The sums by whatever `keyOf` tells apart. */
export function sumBy(costs: readonly SelfCost[], keyOf: (cost: SelfCost) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const cost of costs) sums.set(keyOf(cost), (sums.get(keyOf(cost)) ?? 0) + cost.self);
  return sums;
}
