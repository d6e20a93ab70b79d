/** The history that a node begins with where the configuration says who founds the cluster. */
import type { NodeId } from '../ring/ring.js';
import { type MembershipEvent, makeEvent } from './event.js';
import { foundingDot } from './history.js';
import type { Member } from './membership.js';

/** One event for each: the same on every node. */
export function foundingEvents(founders: readonly Member[]): MembershipEvent[] {
  return founders.map((member) =>
    makeEvent(foundingDot(member.id), member.id, { kind: 'found', node: member.id, member }),
  );
}

/** Whether nothing has happened yet but that the cluster was founded. */
export function isAsFounded(events: readonly MembershipEvent[]): boolean {
  return events.every(({ dot }) => dot.counter === 0);
}

/** Whether no other node was ever part of this history. */
export function isAlone(events: readonly MembershipEvent[], self: NodeId): boolean {
  return events.every(({ content }) => content?.node === self);
}
