import type { Failure } from '../failure.js';
import { type Partition, partitionOf } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import type { Coordination } from './coordination.js';
import type { ForwardedReply, ForwardedRequest } from './forwarded.js';
import { GetOperation } from './get.js';
import { ModifyOperation } from './modify.js';
import { PutOperation } from './put.js';
import type { Target } from './routes.js';

/**
 * Runs an operation here that could have run, or was to run, elsewhere. This node must be a primary of the key, or in a
 * sloppy keyspace one of its fallbacks. After `notAfterUs` (monotonic) nothing is written
 * that has not been by then.
 */
export function coordinate(
  node: Coordination,
  request: ForwardedRequest,
  answer: (reply: ForwardedReply) => void,
  notAfterUs = Number.POSITIVE_INFINITY,
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
      new PutOperation(node, partition, db, key, request.context, [request.written], undefined, done)
        .notAfter(notAfterUs)
        .start();
      break;
    case 'modify':
      new ModifyOperation(
        node,
        partition,
        db,
        key,
        request.change,
        request.again,
        undefined,
        (_s, failure, applied, previous, object) => answer({ failure, applied, previous, object }),
      )
        .notAfter(notAfterUs)
        .start();
  }
}

/** Whether this node is one of the first N of the key's preference list. */
export function isPrimary(node: Coordination, partition: Partition, key: string): boolean {
  const place = node.routes.ownPlace(partition);
  return place >= 0 && place < node.keyspaces.of(key).n;
}

/**
 * Whether this node runs an operation that another has forwarded: as a primary, or as a fallback that can reach no primary
 * itself.
 */
export function acceptsForwarded(node: Coordination, partition: Partition, key: string): boolean {
  if (isPrimary(node, partition, key)) return true;
  const { n, sloppy } = node.keyspaces.of(key);
  const { routes } = node;
  return sloppy && routes.ownPlace(partition) >= n && routes.firstReachable(partition, n) === undefined;
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
  return node.routes.firstReachable(partition, sloppy ? Number.POSITIVE_INFINITY : n, tried);
}
