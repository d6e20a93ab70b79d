/**
 * What two nodes say to each other when they gossip (`QUERY_KIND.gossip`). Little-endian; each message begins with a format
 * (1) and a step.
 *
 * ```
 *   asker                                             answerer
 *     | -- DIGEST flags, founders, digests ------------> |
 *     | <------------------------------------- SAME ---- |   nothing to say: so it is nearly always
 *     | <-- LISTS flags, founders, dots, marks --------- |   or: this is what I know
 *     | -- GIVE flags, founders, parcel, wanted -------> |   what you lack, and what I lack
 *     | <----------------------------------- PARCEL ---- |
 *     | <----------------------------- REFUSED text ---- |   or, in place of any answer
 *
 *   flags     u8: 1, fresh: the sender stands alone and holds no key, so that it may take over the other's history
 *   founders  20 bytes: who founded the sender's cluster
 *   DIGEST    history 8 | events u32 | holdings 8
 *   LISTS     count u32, dots (14) | count u32, marks (node 20, version u64, folder 6)
 *   parcel    count u32, events (length u32, bytes) | count u32, holdings (length u32, bytes)
 *   GIVE      parcel | count u32, dots | count u32, node ids
 * ```
 */

import type { NodeId } from '../ring/ring.js';
import { FieldReader, FieldWriter, MalformedFields } from '../wire/byte-fields.js';
import { type Dot, ID_BYTES, LIFE_BYTES } from './event.js';
import { DIGEST_BYTES, FOUNDERS_ID_BYTES } from './history.js';
import { FOLDER_BYTES, type HoldingMark } from './holding.js';

/** What a node says of its cluster before anything is told. */
export interface Introduction {
  readonly isFresh: boolean;
  readonly founders: Buffer;
}

export interface Marked extends HoldingMark {
  readonly node: NodeId;
}

/** Events and holdings on their way, as bytes. */
export interface Parcel {
  readonly events: readonly Buffer[];
  readonly holdings: readonly Buffer[];
}

export type GossipMessage =
  | (Introduction & {
      readonly step: 'digest';
      readonly history: Buffer;
      readonly events: number;
      readonly holdings: Buffer;
    })
  | { readonly step: 'same' }
  | (Introduction & { readonly step: 'lists'; readonly dots: readonly Dot[]; readonly marks: readonly Marked[] })
  | (Introduction &
      Parcel & { readonly step: 'give'; readonly dots: readonly Dot[]; readonly nodes: readonly NodeId[] })
  | (Parcel & { readonly step: 'parcel' })
  | { readonly step: 'refused'; readonly text: string };

const FORMAT = 1;
/** Append-only: a number is never given another meaning. */
const STEP = { digest: 1, same: 2, lists: 3, give: 4, parcel: 5, refused: 6 } as const;
const FLAG_FRESH = 1;

export function encodeGossip(message: GossipMessage): Buffer {
  const fields = new FieldWriter().u8(FORMAT).u8(STEP[message.step]);
  switch (message.step) {
    case 'digest':
      introduce(fields, message).raw(message.history).u32(message.events).raw(message.holdings);
      break;
    case 'lists':
      writeDots(introduce(fields, message), message.dots).u32(message.marks.length);
      for (const { node, version, folder } of message.marks) {
        fields.hex(node, ID_BYTES).u64(version).hex(folder, FOLDER_BYTES);
      }
      break;
    case 'give':
      writeDots(writeParcel(introduce(fields, message), message), message.dots).u32(message.nodes.length);
      for (const node of message.nodes) fields.hex(node, ID_BYTES);
      break;
    case 'parcel':
      writeParcel(fields, message);
      break;
    case 'refused':
      fields.bytes(Buffer.from(message.text, 'utf8'));
      break;
    case 'same':
  }
  return fields.finish();
}

/** Reads a message; buffers in it are slices of `bytes`. Gives the reason where it is none. */
export function decodeGossip(bytes: Buffer): GossipMessage | string {
  try {
    const fields = new FieldReader(bytes);
    const format = fields.u8();
    if (format !== FORMAT) return `a gossip message has the format ${format}`;
    const message = readMessage(fields.u8(), fields);
    if (typeof message !== 'string') fields.end();
    return message;
  } catch (error) {
    if (error instanceof MalformedFields) return error.message;
    throw error;
  }
}

function readMessage(step: number, fields: FieldReader): GossipMessage | string {
  switch (step) {
    case STEP.digest: {
      const introduction = readIntroduction(fields);
      const history = fields.raw(DIGEST_BYTES);
      return { step: 'digest', ...introduction, history, events: fields.u32(), holdings: fields.raw(DIGEST_BYTES) };
    }
    case STEP.same:
      return { step: 'same' };
    case STEP.lists: {
      const introduction = readIntroduction(fields);
      const dots = readDots(fields);
      const marks = readMany(fields, () => ({
        node: readNode(fields),
        version: fields.u64(),
        folder: fields.hex(FOLDER_BYTES),
      }));
      return { step: 'lists', ...introduction, dots, marks };
    }
    case STEP.give: {
      const introduction = readIntroduction(fields);
      const parcel = readParcel(fields);
      const dots = readDots(fields);
      return { step: 'give', ...introduction, ...parcel, dots, nodes: readMany(fields, () => readNode(fields)) };
    }
    case STEP.parcel:
      return { step: 'parcel', ...readParcel(fields) };
    case STEP.refused:
      return { step: 'refused', text: fields.bytes().toString('utf8') };
    default:
      return `a gossip message has the step ${step}`;
  }
}

function introduce(fields: FieldWriter, { isFresh, founders }: Introduction): FieldWriter {
  return fields.u8(isFresh ? FLAG_FRESH : 0).raw(founders);
}

function readIntroduction(fields: FieldReader): Introduction {
  return { isFresh: (fields.u8() & FLAG_FRESH) !== 0, founders: fields.raw(FOUNDERS_ID_BYTES) };
}

function writeDots(fields: FieldWriter, dots: readonly Dot[]): FieldWriter {
  fields.u32(dots.length);
  for (const { life, counter } of dots) fields.hex(life, LIFE_BYTES).u64(counter);
  return fields;
}

function readDots(fields: FieldReader): Dot[] {
  return readMany(fields, () => ({ life: fields.hex(LIFE_BYTES), counter: fields.u64() }));
}

function writeParcel(fields: FieldWriter, { events, holdings }: Parcel): FieldWriter {
  for (const list of [events, holdings]) {
    fields.u32(list.length);
    for (const bytes of list) fields.bytes(bytes);
  }
  return fields;
}

function readParcel(fields: FieldReader): Parcel {
  return { events: readMany(fields, () => fields.bytes()), holdings: readMany(fields, () => fields.bytes()) };
}

function readNode(fields: FieldReader): NodeId {
  return fields.hex(ID_BYTES) as NodeId;
}

/** As many as the count says that comes first; a count that promises too much runs into the end. */
function readMany<T>(fields: FieldReader, read: () => T): T[] {
  const many: T[] = [];
  for (let left = fields.u32(); left > 0; left--) many.push(read());
  return many;
}
