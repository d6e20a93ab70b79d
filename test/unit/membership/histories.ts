import * as fc from 'fast-check';
import { compareDots, type EventContent, type MembershipEvent, makeEvent } from '../../../cluster/membership/event.js';
import { foundingEvents } from '../../../cluster/membership/founding.js';
import { Knowledge } from '../../../cluster/membership/knowledge.js';
import type { Member } from '../../../cluster/membership/membership.js';
import { nodeIdOf } from '../../../cluster/membership/node-id.js';
import type { NodeId } from '../../../cluster/ring/ring.js';

export const PARTITIONS = 64;

export function memberAt(k: number, { zone = '', weight = 1 }: { zone?: string; weight?: number } = {}): Member {
  const host = `10.0.0.${k}`;
  return { id: nodeIdOf(host, 17_000), host, port: 7000, peerPort: 17_000, zone, weight };
}

export function idAt(k: number): NodeId {
  return memberAt(k).id;
}

/** Events of nodes 1 to `count`, said by node 1: the counter is the place in the list, from 1. */
export function eventsOf(contents: readonly EventContent[], life = 'aaaaaaaaaaaa'): MembershipEvent[] {
  return contents.map((content, at) => makeEvent({ counter: at + 1, life }, content.node, content));
}

/** Nodes 1 to `count` found the cluster. */
export function founded(count: number): MembershipEvent[] {
  return foundingEvents(Array.from({ length: count }, (_, k) => memberAt(k + 1)));
}

export const joins = (k: number): EventContent => ({ kind: 'join', node: idAt(k), member: memberAt(k) });
export const leaves = (k: number): EventContent => ({ kind: 'leave', node: idAt(k) });
export const forgets = (k: number): EventContent => ({ kind: 'forget', node: idAt(k) });
export const isGone = (k: number): EventContent => ({ kind: 'gone', node: idAt(k) });
export const replaces = (k: number, old: number): EventContent => ({
  kind: 'replace',
  node: idAt(k),
  member: memberAt(k),
  replaced: idAt(old),
});

const NODES = 9;
const node = fc.integer({ min: 1, max: NODES });
const shape = fc.record({ zone: fc.constantFrom('', 'east', 'west'), weight: fc.integer({ min: 1, max: 3 }) });

const content: fc.Arbitrary<EventContent> = fc.oneof(
  fc
    .tuple(fc.constantFrom('join' as const, 'update' as const), node, shape)
    .map(([kind, k, more]) => ({ kind, node: idAt(k), member: memberAt(k, more) })),
  fc.tuple(fc.constantFrom('leave' as const, 'forget' as const, 'gone' as const), node).map(([kind, k]) => ({
    kind,
    node: idAt(k),
  })),
  fc.tuple(node, node).map(([k, old]) => replaces(k, old)),
);

const LIVES = ['0123456789ab', 'cafecafecafe', 'ffffffffffff'];

/** Histories of a cluster that nodes 1 to 3 have founded: events with few different counters, each dot once. */
export const histories: fc.Arbitrary<MembershipEvent[]> = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom(...LIVES), content), {
    maxLength: 20,
    selector: ([counter, life]) => `${counter}.${life}`,
  })
  .map((parts) => [
    ...founded(3),
    ...parts.map(([counter, life, what]) => makeEvent({ counter, life }, what.node, what)),
  ]);

export function inOrder(events: readonly MembershipEvent[]): MembershipEvent[] {
  return [...events].sort((a, b) => compareDots(a.dot, b.dot));
}

/** All that two nodes must agree on. */
export function agreementOf(knowledge: Knowledge) {
  const { history } = knowledge;
  return {
    events: history.events.map(({ bytes }) => bytes.toString('hex')),
    digest: history.digest.toString('hex'),
    owners: knowledge.ring().owners,
    members: knowledge.members(),
    nodes: knowledge.nodes(),
  };
}

export function knowing(...lists: (readonly MembershipEvent[])[]): Knowledge {
  const knowledge = new Knowledge(PARTITIONS, []);
  for (const list of lists) knowledge.take(list);
  return knowledge;
}
