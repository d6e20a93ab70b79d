/**
 * Whose data folder it is. A node is known by its address: the folder of another one, or its own under a changed address,
 * would say that it holds what it has not, and leave the old node a member that never comes back.
 */
import type { NodeId } from '../ring/ring.js';
import { isAsFounded } from './founding.js';
import { foundersOf } from './history.js';
import type { StoredMembership } from './membership-rows.js';
import type { MembershipPlan } from './plan.js';

/** Why the folder is not one for this node; undefined: it is. */
export function folderNodeFault(stored: StoredMembership, plan: MembershipPlan): string | undefined {
  const { self } = plan;
  if (stored.node === undefined || stored.node === self.id || isMovedWhole(stored, stored.node, plan)) return undefined;
  return (
    `the data folder is that of the node ${stored.node}, and this one is ${self.id}, by its address ${self.host}:${self.peerPort}: ` +
    "start each node on its own folder, under the address that it had ('announce-host', 'peer-port'); one that is to have " +
    `another address is started on an empty folder with 'seeds' and 'replace ${stored.node}', once the old one is stopped`
  );
}

/** Nothing has happened yet, and the configuration names other founders in the place of those that the folder knows. */
function isMovedWhole(stored: StoredMembership, node: NodeId, { founders }: MembershipPlan): boolean {
  if (stored.isEntering || !isAsFounded(stored.events) || founders.some(({ id }) => id === node)) return false;
  return founders.length > 1 || (founders.length === 1 && foundersOf(stored.events).length <= 1);
}
