/**
 * What a node knows of its cluster, on its disk: rows of kind membership.
 *
 * | key              | value | |
 * |---|---|---|
 * | format           | u16 | layout of these rows |
 * | folder           | 6 bytes | drawn when the folder was made: the node's disk was lost where others have heard of another one |
 * | node             | 20 bytes | id of the node that the folder is of |
 * | entering         | u8 1 | there from when the history was taken over until this node's own `join` is in it |
 * | e, dot (14)      | the event, see `event.ts` | |
 * | h, node id (20)  | the holding, see `holding.ts` | |
 */
import type { Log } from '../ports/log.js';
import { type Store, StoreError, type StoreWrite } from '../ports/store.js';
import type { NodeId } from '../ring/ring.js';
import { kindRange, STORAGE_KIND, storageKey, storedKey } from '../storage/layout.js';
import { writeRows } from '../storage/store-calls.js';
import { DOT_BYTES, ID_BYTES, type MembershipEvent, readEvent, writeDot } from './event.js';
import { encodeHolding, FOLDER_BYTES, type Holding, readHolding } from './holding.js';

const FORMAT = 1;
const SCAN_ROWS = 1_000;
const EVENT_PREFIX = 'e';
const HOLDING_PREFIX = 'h';
const KEY = {
  format: rowKey('format'),
  folder: rowKey('folder'),
  node: rowKey('node'),
  entering: rowKey('entering'),
} as const;

/** What was found on the disk. */
export interface StoredMembership {
  readonly folder: string | undefined;
  /** The node that has written it; undefined: a version did that did not say so. */
  readonly node: NodeId | undefined;
  readonly isEntering: boolean;
  readonly events: readonly MembershipEvent[];
  readonly holdings: readonly Holding[];
}

/** What is to be written, all of it or nothing. */
export interface MembershipWrite {
  readonly folder?: string;
  readonly node?: NodeId;
  readonly isEntering?: boolean;
  readonly events?: readonly MembershipEvent[];
  readonly holdings?: readonly Holding[];
  readonly removed?: readonly MembershipEvent[];
}

export class MembershipRows {
  readonly #store: Store;
  readonly #partitionCount: number;

  constructor(store: Store, partitionCount: number) {
    this.#store = store;
    this.#partitionCount = partitionCount;
  }

  /** Reads all; a damaged row is as one that is not there. Rejects with `StoreError`, also where a later version wrote. */
  async load(log: Log): Promise<StoredMembership> {
    const events: MembershipEvent[] = [];
    const holdings: Holding[] = [];
    let folder: string | undefined;
    let node: NodeId | undefined;
    let isEntering = false;
    const { from, to } = kindRange(STORAGE_KIND.membership);
    for await (const row of rowsOf(this.#store, from, to)) {
      const name = storedKey(row.key);
      if (row.value.length === 0) log.warn({ row: printable(name) }, 'a row of the membership is damaged');
      else if (name === 'format') checkFormat(row.value);
      else if (name === 'folder') folder = row.value.toString('hex');
      else if (name === 'node' && row.value.length === ID_BYTES) node = row.value.toString('hex') as NodeId;
      else if (name === 'entering') isEntering = true;
      else {
        const fault = name.startsWith(EVENT_PREFIX)
          ? keep(events, readEvent(row.value))
          : keep(holdings, readHolding(row.value, this.#partitionCount));
        if (fault !== undefined)
          log.warn({ row: printable(name), reason: fault }, 'a row of the membership is damaged');
      }
    }
    return { folder: folder?.length === 2 * FOLDER_BYTES ? folder : undefined, node, isEntering, events, holdings };
  }

  /** `sync`: they survive the loss of power. Rejects with `StoreError`. */
  write({ folder, node, isEntering, events, holdings, removed }: MembershipWrite, sync: boolean): Promise<void> {
    const writes: StoreWrite[] = [];
    if (folder !== undefined) {
      writes.push({ key: KEY.format, value: Buffer.of(FORMAT, 0) });
      writes.push({ key: KEY.folder, value: Buffer.from(folder, 'hex') });
    }
    if (node !== undefined) writes.push({ key: KEY.node, value: Buffer.from(node, 'hex') });
    if (isEntering !== undefined) writes.push({ key: KEY.entering, value: isEntering ? Buffer.of(1) : undefined });
    for (const event of removed ?? []) writes.push({ key: eventKey(event), value: undefined });
    for (const event of events ?? []) writes.push({ key: eventKey(event), value: event.bytes });
    for (const holding of holdings ?? []) {
      writes.push({ key: holdingKey(holding), value: encodeHolding(holding, this.#partitionCount) });
    }
    return writeRows(this.#store, writes, sync);
  }

  /** Whether the store holds a key of a client, or the trace of one. Rejects with `StoreError`. */
  async holdsKeys(): Promise<boolean> {
    for (const kind of [STORAGE_KIND.data, STORAGE_KIND.journal, STORAGE_KIND.hint, STORAGE_KIND.aside]) {
      const { from, to } = kindRange(kind);
      for await (const _row of rowsOf(this.#store, from, to)) return true;
    }
    return false;
  }
}

async function* rowsOf(store: Store, from: Buffer, to: Buffer): AsyncGenerator<{ key: Buffer; value: Buffer }> {
  const scan = store.scan(from, to);
  try {
    for (;;) {
      const rows = await scan.next(SCAN_ROWS);
      yield* rows;
      if (rows.length < SCAN_ROWS) return;
    }
  } finally {
    await scan.close();
  }
}

function checkFormat(value: Buffer): void {
  const format = value.readUInt16LE(0);
  if (format > FORMAT) {
    throw new StoreError(
      `the membership in the data folder has format ${format}; this version reads up to ${FORMAT}: start the newer one`,
    );
  }
}

/** Keeps what was read; the reason where it could not be. */
function keep<T extends object>(list: T[], read: T | string): string | undefined {
  if (typeof read === 'string') return read;
  list.push(read);
  return undefined;
}

function eventKey({ dot }: MembershipEvent): Buffer {
  const bytes = Buffer.alloc(DOT_BYTES);
  writeDot(bytes, 0, dot);
  return rowKey(EVENT_PREFIX + bytes.toString('latin1'));
}

function holdingKey({ node }: Holding): Buffer {
  return rowKey(HOLDING_PREFIX + Buffer.from(node, 'hex').toString('latin1'));
}

function rowKey(name: string): Buffer {
  return storageKey(STORAGE_KIND.membership, 0, 0, name);
}

function printable(name: string): string {
  return Buffer.from(name, 'latin1').toString('hex');
}
