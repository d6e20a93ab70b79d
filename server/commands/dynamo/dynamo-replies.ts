/** What `DYNAMO` answers: maps in RESP3, names and values in turn in RESP2. */
import { createHash } from 'node:crypto';
import { type Copy, unionOf } from '../../../cluster/coordinator/copies.js';
import type { Role } from '../../../cluster/coordinator/placement.js';
import type { KeyspaceRow } from '../../../cluster/keyspaces/keyspaces.js';
import type { Member } from '../../../cluster/membership/membership.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Partition, Slot } from '../../../cluster/ring/slots.js';
import { type Dot, hasSeen, type Sibling, type VersionedObject } from '../../../cluster/version/object.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';

/** As many hex digits of the SHA-256 of a value as tell values apart at a glance. */
const HASH_DIGITS = 16;
const US_PER_MS = 1000;

/** Where a key belongs. */
export interface KeyPlace {
  readonly slot: Slot;
  readonly partition: Partition;
  readonly keyspace: KeyspaceRow;
  /** How many nodes serve it as primaries now. */
  readonly primaries: number;
}

export interface Owner {
  readonly member: Member;
  readonly role: Role;
  readonly isReachable: boolean;
  /** It is off the ring, and hands over what it holds. */
  readonly isLeaving: boolean;
}

/** `owners` are all nodes in the order in which they serve the partition. N, R and W are those of the present. */
export function writeOwners(out: ReplyBuffer, place: KeyPlace, owners: readonly Owner[]): void {
  const { n, r, w, sloppy } = place.keyspace;
  out.map(7);
  writePlace(out, place);
  for (const [name, value] of Object.entries({ n, r, w })) {
    out.bulkText(name);
    out.integer(Math.min(value, place.primaries));
  }
  out.bulkText('sloppy');
  out.boolean(sloppy);
  out.bulkText('nodes');
  out.array(owners.length);
  for (const { member, role, isReachable, isLeaving } of owners) {
    out.map(5);
    writeNode(out, member.id, member, role);
    out.bulkText('reachable');
    out.boolean(isReachable);
    out.bulkText('leaving');
    out.boolean(isLeaving);
  }
}

/**
 * The copies of all primaries, and of those others that hold one or could not say. `equal`: all that answered and should
 * hold the key hold the same; `unreachable` names who could not be asked.
 */
export function writeVersions(
  out: ReplyBuffer,
  place: KeyPlace,
  copies: readonly Copy[],
  memberOf: (id: NodeId) => Member | undefined,
): void {
  const union = unionOf(copies);
  const shown = copies.filter((copy) => copy.role === 'primary' || copy.held !== undefined);
  const silent = shown.filter(({ held }) => typeof held === 'string');
  out.map(5);
  writePlace(out, place);
  out.bulkText('equal');
  out.boolean(shown.every(({ held }) => typeof held === 'string' || isSame(held, union)));
  out.bulkText('unreachable');
  out.array(silent.length);
  for (const { id } of silent) out.bulkText(id);
  out.bulkText('replicas');
  out.array(shown.length);
  for (const { id, role, held } of shown) {
    const object = typeof held === 'string' ? undefined : held;
    out.map(typeof held === 'string' ? 4 : 8);
    writeNode(out, id, memberOf(id), role);
    out.bulkText('state');
    out.bulkText(typeof held === 'string' ? held : held === undefined ? 'nothing' : 'holds');
    if (typeof held === 'string') continue;
    out.bulkText('clock');
    writeClock(out, object);
    out.bulkText('siblings');
    out.array(object?.siblings.length ?? 0);
    for (const sibling of object?.siblings ?? []) writeSibling(out, sibling);
    out.bulkText('missing');
    writeDots(out, notSeen(union, object));
    out.bulkText('superseded');
    writeDots(out, notHeld(object, union));
  }
}

function writePlace(out: ReplyBuffer, { slot, partition }: KeyPlace): void {
  out.bulkText('slot');
  out.integer(slot);
  out.bulkText('partition');
  out.integer(partition);
}

/** Three pairs. */
function writeNode(out: ReplyBuffer, id: NodeId, member: Member | undefined, role: Role): void {
  out.bulkText('node');
  out.bulkText(id);
  out.bulkText('address');
  out.bulkText(member === undefined ? '' : `${member.host}:${member.port}`);
  out.bulkText('role');
  out.bulkText(role);
}

function writeClock(out: ReplyBuffer, object: VersionedObject | undefined): void {
  const entries = [...(object?.clock ?? [])];
  out.map(entries.length);
  for (const [actor, counter] of entries) {
    out.bulkText(actor);
    out.integer(counter);
  }
}

function writeSibling(out: ReplyBuffer, { dot, tombstone, expiryMs, value }: Sibling): void {
  out.map(6);
  out.bulkText('dot');
  out.bulkText(dotText(dot));
  out.bulkText('written');
  out.bulkText(timeText(Math.trunc(dot.counter / US_PER_MS)));
  out.bulkText('tombstone');
  out.boolean(tombstone);
  out.bulkText('expires');
  if (expiryMs === 0) out.nullBulk();
  else out.bulkText(timeText(expiryMs));
  out.bulkText('bytes');
  out.integer(value.length);
  out.bulkText('sha256');
  out.bulkText(createHash('sha256').update(value).digest('hex').slice(0, HASH_DIGITS));
}

function writeDots(out: ReplyBuffer, dots: readonly Dot[]): void {
  out.array(dots.length);
  for (const dot of dots) out.bulkText(dotText(dot));
}

/** `actor:counter`. */
function dotText({ actor, counter }: Dot): string {
  return `${actor}:${counter}`;
}

/** A counter or an expiry may lie beyond what a Date can show. */
function timeText(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? String(ms) : time.toISOString();
}

/** Dots of siblings that `object` has not even seen. */
function notSeen(union: VersionedObject | undefined, object: VersionedObject | undefined): Dot[] {
  return (union?.siblings ?? [])
    .map(({ dot }) => dot)
    .filter((dot) => object === undefined || !hasSeen(object.clock, dot));
}

/** Dots of siblings of `object` that others know to be superseded. */
function notHeld(object: VersionedObject | undefined, union: VersionedObject | undefined): Dot[] {
  const held = new Set((union?.siblings ?? []).map(({ dot }) => dotText(dot)));
  return (object?.siblings ?? []).map(({ dot }) => dot).filter((dot) => !held.has(dotText(dot)));
}

/** Clocks and siblings both: two copies with the same siblings may have seen different histories. */
function isSame(a: VersionedObject | undefined, b: VersionedObject | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.clock.size !== b.clock.size || a.siblings.length !== b.siblings.length) return false;
  for (const [actor, counter] of a.clock) if (b.clock.get(actor) !== counter) return false;
  return notHeld(a, b).length === 0;
}
