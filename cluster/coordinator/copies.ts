/** What each node holds of a key, one by one: for operators, who want to see where replicas differ. No repair comes of it. */
import { type CallFault, getFrom } from '../background/peer-calls.js';
import type { Replica } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import { type Partition, partitionOf, type Slot } from '../ring/slots.js';
import { decodeObject } from '../version/codec.js';
import { objectLength } from '../version/encoded.js';
import { join, type VersionedObject } from '../version/object.js';
import type { Coordination } from './coordination.js';
import { type Role, roleAt } from './placement.js';
import type { Target } from './routes.js';

/**
 * Why a node's copy is not known. `refused`: the node does not vouch for its copy yet, having been away for long; `failed`: the
 * own store could not read it.
 */
export type CopyFault = CallFault | 'failed';

/** What a node answered. */
export interface Copy {
  readonly id: NodeId;
  readonly role: Role;
  /** `undefined`: it holds nothing. */
  readonly held: VersionedObject | undefined | CopyFault;
}

/** Asks all nodes of the preference list, the primaries first. Never rejects. */
export function copiesOf(node: Coordination, db: number, slot: Slot, key: string): Promise<Copy[]> {
  const partition = partitionOf(slot, node.routes.partitionCount);
  const placement = node.routes.placement(partition, node.keyspaces.of(key).n);
  const asked = placement.targets.map(async (target, place): Promise<Copy> => {
    const held = await heldBy(target, node.replica, partition, db, key);
    return { id: target.id, role: roleAt(placement, place), held };
  });
  return Promise.all(asked);
}

/** All that the copies hold, merged: what they should agree on. `undefined`: none holds anything. */
export function unionOf(copies: readonly Copy[]): VersionedObject | undefined {
  return copies.reduce<VersionedObject | undefined>((union, { held }) => {
    if (held === undefined || typeof held === 'string') return union;
    return union === undefined ? held : join(union, held);
  }, undefined);
}

async function heldBy(
  { peer }: Target,
  replica: Replica,
  partition: Partition,
  db: number,
  key: string,
): Promise<Copy['held']> {
  if (peer === undefined && !replica.serves(partition)) return 'refused';
  if (peer === undefined) return ownCopy(replica, partition, db, key);
  const answer = await getFrom(peer, partition, db, key, 0);
  if (answer === 'nothing' || answer === 'same') return undefined;
  return typeof answer === 'string' ? answer : decodeObject(answer);
}

function ownCopy(replica: Replica, partition: Partition, db: number, key: string): Promise<Copy['held']> {
  return new Promise((resolve) => {
    // A copy: the record may change while the others are asked.
    const take = (object: Buffer | undefined) =>
      resolve(object === undefined ? undefined : decodeObject(Buffer.from(object.subarray(0, objectLength(object)))));
    const known = replica.peek(partition, db, key);
    if (known !== undefined) take(known ?? undefined);
    else {
      replica.load(partition, db, key, {
        loaded: (failure, object) => (failure === undefined ? take(object) : resolve('failed')),
      });
    }
  });
}
