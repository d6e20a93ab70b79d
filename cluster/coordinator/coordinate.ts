import type { Failure } from '../failure.js';
import { type Partition, partitionOf } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import { COUNTERS_PER_MS } from '../version/hybrid-clock.js';
import { ModifyOperation } from './changes/modify.js';
import type { Coordination } from './coordination.js';
import { NEVER_US } from './forwarding/forward-stamp.js';
import type { ForwardedReply, ForwardedRequest } from './forwarding/forwarded.js';
import { GetOperation } from './get.js';
import { RUNS_MAX } from './limits.js';
import { roleAt } from './placement.js';
import { PutOperation } from './put.js';
import { firstReachable, type Target } from './routes.js';

/**
 * Runs an operation here that could have run, or was to run, elsewhere. This node must be a primary of the key, or in a
 * sloppy keyspace one of its fallbacks. After `notAfterUs` (monotonic) nothing is written
 * that has not been by then.
 */
export function coordinate(
  node: Coordination,
  request: ForwardedRequest,
  answer: (reply: ForwardedReply) => void,
  notAfterUs = NEVER_US,
): void {
  const { db, slot, key } = request;
  const partition = partitionOf(slot, node.routes.partitionCount);
  const done = (_state: undefined, failure: Failure | undefined, object: ObjectBytes | undefined): void => {
    answer({ failure, applied: failure === undefined, previous: undefined, object });
  };
  switch (request.kind) {
    case 'get':
      new GetOperation(node, partition, db, key, undefined, done).start();
      break;
    case 'put':
      // What this node mints for it is above that, and so it is for a change.
      node.hybridClock.heed(request.asked);
      new PutOperation(node, partition, db, key, request.context, [request.written], undefined, done)
        .notAfter(notAfterUs)
        .start();
      break;
    case 'modify':
      node.hybridClock.heed(request.asked);
      new ModifyOperation(
        node,
        partition,
        db,
        key,
        request.change,
        request.again ? firstRunSince(node, request.asked) : undefined,
        undefined,
        (_s, failure, applied, previous, object) => answer({ failure, applied, previous, object }),
      )
        .notAfter(notAfterUs)
        .start();
  }
}

/** No earlier run of a change that was asked for at `asked` has minted a counter up to the one that this gives. */
function firstRunSince({ forwarding, hybridClock, world }: Coordination, asked: number): number {
  if (asked > 0) return asked;
  // Nobody had asked for it by then, whatever the clocks.
  return (world.clock.nowMs() - RUNS_MAX * forwarding.runMaxMs) * COUNTERS_PER_MS - hybridClock.driftMax;
}

/** Whether this node is one of the key's primaries. */
export function isPrimary(node: Coordination, partition: Partition, key: string): boolean {
  return node.routes.placement(partition, node.keyspaces.of(key).n).isPrimary;
}

/**
 * Whether this node runs an operation that another has forwarded: as a primary, as a holder that retires, which the other may
 * take for a primary still (or already), or as a fallback that can reach no primary itself.
 */
export function acceptsForwarded(node: Coordination, partition: Partition, key: string): boolean {
  const keyspace = node.keyspaces.of(key);
  const placement = node.routes.placement(partition, keyspace.n);
  const { targets, n, ownPlace } = placement;
  const role = ownPlace < 0 ? undefined : roleAt(placement, ownPlace);
  return (
    role === 'primary' ||
    role === 'retiring' ||
    (keyspace.sloppy && ownPlace >= n && firstReachable(targets, n) === undefined)
  );
}

/**
 * Who is to coordinate an operation on the key: the first reachable primary; where there is none, in a sloppy keyspace, the
 * first reachable fallback. Those in `tried` are passed over.
 */
export function coordinatorOf(
  node: Coordination,
  partition: Partition,
  key: string,
  tried: readonly Target[],
): Target | undefined {
  const { n, sloppy } = node.keyspaces.of(key);
  const placement = node.routes.placement(partition, n);
  return firstReachable(placement.targets, sloppy ? placement.targets.length : placement.n, tried);
}
