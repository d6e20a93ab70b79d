import * as fc from 'fast-check';
import { claim } from '../../../cluster/ring/claim.js';
import type { NodeId, RingNode } from '../../../cluster/ring/ring.js';
import { takeOver } from '../../../cluster/ring/take-over.js';
import { type NodeShape, nodeNamed } from './claims.js';

/** What happens to a cluster. `which` names a node: the one with this number, modulo how many there are. */
export type Change =
  | { readonly kind: 'join'; readonly shape: NodeShape }
  | { readonly kind: 'leave'; readonly which: number }
  | { readonly kind: 'replace'; readonly which: number; readonly shape: NodeShape };

/** How the machines stand: each host in one zone, or a single machine that plays several zones. */
const shapes: fc.Arbitrary<NodeShape> = fc
  .record({
    zone: fc.integer({ min: 0, max: 3 }),
    host: fc.integer({ min: 0, max: 9 }),
    weight: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ zone, host, weight }) => ({ zone: `zone ${zone}`, host: `host ${zone}.${host}`, weight }));
const oneMachine: fc.Arbitrary<NodeShape> = fc.integer({ min: 0, max: 3 }).map((zone) => ({ zone: `zone ${zone}` }));
const alike: fc.Arbitrary<NodeShape> = fc.constant({});

const which = fc.nat(1_000);
const kindsOfCluster = fc.constantFrom(shapes, oneMachine, alike);
const sizes = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 190 }));

/** Founders, and what happens afterwards: never more than 200 nodes, nor none. */
export const sequences = fc.tuple(kindsOfCluster, sizes).chain(([shape, size]) =>
  fc.record({
    founders: fc
      .array(shape, { minLength: size, maxLength: size })
      .map((founders) => founders.map((one, k) => nodeNamed(`founder ${k}`, one))),
    changes: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('join' as const), shape }),
        fc.record({ kind: fc.constant('leave' as const), which }),
        fc.record({ kind: fc.constant('replace' as const), which, shape }),
      ),
      { maxLength: 10 },
    ),
  }),
);

/** A cluster after one more change. */
export interface Step {
  readonly nodes: readonly RingNode[];
  readonly owners: readonly NodeId[];
  /** Undefined: the cluster was founded. */
  readonly before: readonly NodeId[] | undefined;
  /** Who left for a replacement, and who came for it. */
  readonly old?: RingNode;
  readonly heir?: RingNode;
}

/**
 * Each state of the cluster, the founding first.
 *
 * @param inOrder the order in which the nodes are told to the claim
 */
export function* play(
  partitionCount: number,
  founders: readonly RingNode[],
  changes: readonly Change[],
  inOrder: (nodes: readonly RingNode[]) => readonly RingNode[] = (nodes) => nodes,
): Generator<Step> {
  let nodes = founders;
  let owners = claim(partitionCount, inOrder(nodes));
  yield { nodes, owners, before: undefined };
  for (const [at, change] of changes.entries()) {
    const before = owners;
    if (change.kind === 'join') {
      nodes = [...nodes, nodeNamed(`joiner ${at}`, change.shape)];
      owners = claim(partitionCount, inOrder(nodes), before);
      yield { nodes, owners, before };
      continue;
    }
    const old = nodes[change.which % nodes.length];
    if (old === undefined || (change.kind === 'leave' && nodes.length === 1)) continue;
    const others = nodes.filter((node) => node !== old);
    if (change.kind === 'leave') {
      nodes = others;
      owners = claim(partitionCount, inOrder(nodes), before);
      yield { nodes, owners, before };
      continue;
    }
    const heir = nodeNamed(`heir ${at}`, change.shape);
    nodes = [...others, heir];
    owners = takeOver(partitionCount, inOrder(nodes), before, old, heir);
    yield { nodes, owners, before, old, heir };
  }
}
