import type { Failure } from '../failure.js';
import { type Partition, partitionOf } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import type { Coordination } from './coordination.js';
import type { ForwardedReply, ForwardedRequest } from './forwarded.js';
import { GetOperation } from './get.js';
import { ModifyOperation } from './modify.js';
import { PutOperation } from './put.js';

/** Runs an operation here that could have run, or was to run, elsewhere. This node must be a primary of the key. */
export function coordinate(
  node: Coordination,
  request: ForwardedRequest,
  answer: (reply: ForwardedReply) => void,
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
      new PutOperation(node, partition, db, key, request.context, [request.written], undefined, done).start();
      break;
    case 'modify':
      new ModifyOperation(
        node,
        partition,
        db,
        key,
        request.change,
        undefined,
        (_s, failure, applied, previous, object) => answer({ failure, applied, previous, object }),
      ).start();
  }
}

/** Whether this node is one of the first N of the key's preference list. */
export function isPrimary(node: Coordination, partition: Partition, key: string): boolean {
  const place = node.routes.ownPlace(partition);
  return place >= 0 && place < node.keyspaces.of(key).n;
}
