/**
 * What happened to the members of a cluster, as bytes: the same in messages and on disk, and never changed again. Little-endian.
 *
 * ```
 *   0        1      2          8             16        36
 *   +--------+------+----------+-------------+---------+---------+----------------
 *   | format | kind | life (6) | counter u64 | by (20) | node 20 | by kind
 *   +--------+------+----------+-------------+---------+---------+----------------
 *     1               \_________ dot _______/   who       about
 *                                              says it    whom
 *
 *   found, join, update   56: port u16 | peer port u16 | weight u16 | host bytes u8 | host | zone bytes u8 | zone
 *   replace               the same, then the replaced node's id (20)
 *   leave, forget, gone   nothing
 * ```
 *
 * An event of a format or kind that this code does not know is kept and passed on as it is.
 */
import type { NodeId } from '../ring/ring.js';
import { readU64, writeU64 } from '../version/words.js';
import { TEXT_BYTES_MAX } from './limits.js';
import type { Member } from './membership.js';

/** Append-only: a number is never given another meaning. */
export const EVENT_KIND = { found: 1, join: 2, leave: 3, forget: 4, gone: 5, replace: 6, update: 7 } as const;

export type EventKind = keyof typeof EVENT_KIND;

/** The name of an event. Events are ordered by counter, then by life. */
export interface Dot {
  /** µs since 1970 by a hybrid clock; 0 for those who founded the cluster. */
  readonly counter: number;
  /** 12 hex digits: which process said it; of a founder the beginning of its id. */
  readonly life: string;
}

/** What an event says. */
export type EventContent =
  | { readonly kind: 'found' | 'join' | 'update'; readonly node: NodeId; readonly member: Member }
  | { readonly kind: 'replace'; readonly node: NodeId; readonly member: Member; readonly replaced: NodeId }
  | { readonly kind: 'leave' | 'forget' | 'gone'; readonly node: NodeId };

export interface MembershipEvent {
  readonly dot: Dot;
  /** The node that said it. */
  readonly by: NodeId;
  /** Undefined: this code does not know the kind. */
  readonly content: EventContent | undefined;
  readonly bytes: Buffer;
}

export const DOT_BYTES = 14;
export const ID_BYTES = 20;
const FORMAT = 1;
export const LIFE_BYTES = 6;
const DOT_AT = 2;
const BY_AT = DOT_AT + DOT_BYTES;
const NODE_AT = BY_AT + ID_BYTES;
const BODY_AT = NODE_AT + ID_BYTES;
const TEXTS_AT = 6;

const kindNames = new Map<number, EventKind>(
  Object.entries(EVENT_KIND).map(([name, number]) => [number, name as EventKind]),
);

export function compareDots(a: Dot, b: Dot): number {
  if (a.counter !== b.counter) return a.counter - b.counter;
  return a.life < b.life ? -1 : a.life > b.life ? 1 : 0;
}

/** A dot as a key of maps. */
export function dotText({ counter, life }: Dot): string {
  return `${counter}.${life}`;
}

export function writeDot(bytes: Buffer, at: number, { life, counter }: Dot): void {
  bytes.write(life, at, LIFE_BYTES, 'hex');
  writeU64(bytes, at + LIFE_BYTES, counter);
}

function readDot(bytes: Buffer, at: number): Dot {
  return { life: bytes.toString('hex', at, at + LIFE_BYTES), counter: readU64(bytes, at + LIFE_BYTES) };
}

/** Makes an event, its bytes included. */
export function makeEvent(dot: Dot, by: NodeId, content: EventContent): MembershipEvent {
  const head = Buffer.alloc(BODY_AT);
  head[0] = FORMAT;
  head[1] = EVENT_KIND[content.kind];
  writeDot(head, DOT_AT, dot);
  head.write(by, BY_AT, ID_BYTES, 'hex');
  head.write(content.node, NODE_AT, ID_BYTES, 'hex');
  const parts: Buffer[] = [head];
  if ('member' in content) parts.push(memberBytes(content.member));
  if ('replaced' in content) parts.push(Buffer.from(content.replaced, 'hex'));
  return { dot, by, content, bytes: Buffer.concat(parts) };
}

/** Reads an event (a copy), or gives the reason why it is none. */
export function readEvent(source: Buffer): MembershipEvent | string {
  if (source.length < BODY_AT) return 'an event is cut off';
  const bytes = Buffer.from(source);
  const dot = readDot(bytes, DOT_AT);
  if (!Number.isSafeInteger(dot.counter)) return 'the counter of an event is too high';
  const by = readId(bytes, BY_AT);
  const node = readId(bytes, NODE_AT);
  const kind = bytes[0] === FORMAT ? kindNames.get(bytes.readUInt8(1)) : undefined;
  if (kind === undefined) return { dot, by, content: undefined, bytes };
  const content = readContent(kind, node, bytes.subarray(BODY_AT));
  return typeof content === 'string' ? content : { dot, by, content, bytes };
}

export function readId(bytes: Buffer, at: number): NodeId {
  return bytes.toString('hex', at, at + ID_BYTES) as NodeId;
}

function readContent(kind: EventKind, node: NodeId, body: Buffer): EventContent | string {
  if (kind === 'leave' || kind === 'forget' || kind === 'gone') {
    return body.length === 0 ? { kind, node } : `a ${kind} is too long`;
  }
  const read = readMember(node, body);
  if (typeof read === 'string') return read;
  const { member, end } = read;
  if (kind !== 'replace') return body.length === end ? { kind, node, member } : `a ${kind} is too long`;
  if (body.length !== end + ID_BYTES) return 'a replace names no node';
  return { kind, node, member, replaced: readId(body, end) };
}

function memberBytes({ port, peerPort, weight, host, zone }: Member): Buffer {
  const numbers = Buffer.alloc(TEXTS_AT);
  numbers.writeUInt16LE(port, 0);
  numbers.writeUInt16LE(peerPort, 2);
  numbers.writeUInt16LE(weight, 4);
  return Buffer.concat([numbers, textBytes(host), textBytes(zone)]);
}

function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8').subarray(0, TEXT_BYTES_MAX);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function readMember(id: NodeId, body: Buffer): { member: Member; end: number } | string {
  const host = readText(body, TEXTS_AT);
  const zone = host && readText(body, host.end);
  if (host === undefined || zone === undefined) return 'the address of a node is cut off';
  const weight = body.readUInt16LE(4);
  if (weight === 0) return 'the weight of a node is 0';
  const member = {
    id,
    host: host.text,
    port: body.readUInt16LE(0),
    peerPort: body.readUInt16LE(2),
    zone: zone.text,
    weight,
  };
  return { member, end: zone.end };
}

function readText(bytes: Buffer, at: number): { text: string; end: number } | undefined {
  if (bytes.length <= at) return undefined;
  const end = at + 1 + bytes.readUInt8(at);
  return bytes.length < end ? undefined : { text: bytes.toString('utf8', at + 1, end), end };
}
