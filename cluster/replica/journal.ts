/**
 * HOT PATH. Writes reach the store as *journal rows*: one for a batch, so that a batch costs the store one row and not one
 * for each key. A key's own row in the store is written later, when the journal is *settled*, and once for
 * however many times the key was written meanwhile. Until then the record stays in memory, and the journal holds it for the
 * case of a crash (`journal-recovery.ts`).
 *
 * The journal is cut into generations:
 *
 * ```
 *   open       takes the rows of new batches                     full or old --> resting
 *   resting    its keys may still be written again               the next is full or old --> settling
 *   settling   keys that were not journaled again get their own rows, then its journal rows are deleted, oldest first
 * ```
 *
 * An entry's `generation` is the one that holds its latest journaled record; 0: no journal row of it is left anywhere. Only
 * then may its record go out of memory, and only then may its own row be written past the journal: a row of the journal that
 * is older than the key's own row would undo it at a recovery.
 */
import type { StoreWrite } from '../ports/store.js';
import type { Partition } from '../ring/slots.js';
import { STORAGE_KIND, storageKey } from '../storage/layout.js';
import { BUFFER, type Entry, NOT_FLYING, SETTLED } from './entry.js';
import { JournalRowWriter, journalRowKey } from './journal-row.js';
import { GENERATION_AGE_US, GENERATION_BYTES, GENERATIONS_MAX, JOURNALED_RECORD_MAX, TRIM_ROWS } from './limits.js';
import type { RecoveredRows } from './recovered-rows.js';

const FIRST_GENERATION = 1;

class Generation {
  readonly number: number;
  /** When it took its first row; before that, when it was opened. */
  openedUs: number;
  /** Entries whose latest record was journaled here, by partition; those that were journaled again later are still in it. */
  readonly entries: Entry[][];
  /** The numbers of its rows, rising. */
  readonly rows: number[];
  bytes: number;

  constructor(number: number, openedUs: number, partitionCount: number, rows: readonly number[] = [], bytes = 0) {
    this.number = number;
    this.openedUs = openedUs;
    this.rows = [...rows];
    this.bytes = bytes;
    this.entries = Array.from({ length: partitionCount }, () => []);
  }

  isEmpty(): boolean {
    return this.rows.length === 0;
  }
}

/** What the journal asks of the replica. */
export interface JournalOwner {
  /** Hears of each entry that the journal has no more rows about. */
  settled(entry: Entry): void;
  /** Makes the entries of a partition, each of which the journal adopts, that are nothing but recovered rows so far. */
  bringIn(partition: Partition): void;
}

/** One step of settling: rows for the store, and what follows once it has them. */
export interface SettleStep {
  readonly rows: number;
  readonly done: (failed: boolean) => void;
}

export class Journal {
  /** What the entries with records in the journal take of memory. */
  memoryBytes = 0;

  readonly #partitionCount: number;
  readonly #memoryBytesMax: number;
  readonly #owner: JournalOwner;
  readonly #writer = new JournalRowWriter();
  /** Oldest first; the last is open. */
  readonly #generations: Generation[];
  #nextRow = 1;
  /** Generations up to this number are settled without a rest. */
  #urgentTo = 0;
  // Of the oldest generation, while it settles: since when, the partition that is next, what of the one before is left, what
  // has to be looked at again, how many of its journal rows are deleted.
  #settlingSinceUs: number | undefined;
  #partition = 0;
  #left: Entry[] = [];
  #again: Entry[] = [];
  #trimmed = 0;
  #stepping = false;

  /**
   * The store has no journal rows but those `recovered`: they are the first generation. `memoryBytesMax` is for what the entries in
   * it take.
   */
  constructor(
    partitionCount: number,
    memoryBytesMax: number,
    nowUs: number,
    owner: JournalOwner,
    recovered: RecoveredRows,
  ) {
    this.#owner = owner;
    this.#memoryBytesMax = memoryBytesMax;
    this.#partitionCount = partitionCount;
    this.#generations = [new Generation(FIRST_GENERATION, nowUs, partitionCount, recovered.numbers, recovered.bytes)];
    this.#nextRow = (recovered.numbers.at(-1) ?? 0) + 1;
    if (!recovered.isEmpty) this.#begin(nowUs);
  }

  /** An entry, new, whose latest record is in a recovered row. */
  adopt(entry: Entry): void {
    const [recovered] = this.#generations;
    if (recovered?.number !== FIRST_GENERATION) throw new Error('the recovered rows are settled');
    entry.generation = FIRST_GENERATION;
    this.memoryBytes += entry.bytes;
    recovered.entries[entry.partition]?.push(entry);
  }

  /** Whether the entries in it take all the memory that they may: others go to their own rows at once. */
  isFull(): boolean {
    return this.memoryBytes >= this.#memoryBytesMax;
  }

  /** Bytes of journal rows in the store. */
  get rowBytes(): number {
    let bytes = 0;
    for (const generation of this.#generations) bytes += generation.bytes;
    return bytes;
  }

  /** Adds what stores the present records of `entries` to `writes`: their rows, or one journal row for all that are short. */
  addWrites(entries: readonly Entry[], writes: StoreWrite[], nowUs: number): void {
    this.#turnOver(nowUs);
    const generation = this.#open();
    this.#writer.begin();
    const longest = this.isFull() ? -1 : JOURNALED_RECORD_MAX;
    for (const entry of entries) {
      const { record } = entry;
      if (entry.generation === SETTLED && (record === undefined || record.length > longest)) {
        writes.push(ownRow(entry));
        continue;
      }
      this.#writer.append(entry);
      if (entry.generation === generation.number) continue;
      if (entry.generation === SETTLED) this.memoryBytes += entry.bytes;
      entry.generation = generation.number;
      generation.entries[entry.partition]?.push(entry);
    }
    if (this.#writer.length === 0) return;
    const value = this.#writer.bytes();
    if (generation.isEmpty()) generation.openedUs = nowUs;
    generation.rows.push(this.#nextRow);
    writes.push({ key: journalRowKey(this.#nextRow++), value });
    generation.bytes += value.length;
  }

  /** Takes note that the memory of an entry changed from `bytesBefore`. */
  resized(entry: Entry, bytesBefore: number): void {
    if (entry.generation !== SETTLED) this.memoryBytes += entry.bytes - bytesBefore;
  }

  /** Lets all that is journaled so far settle without a rest. Answers whether there is any. */
  hurry(nowUs: number): boolean {
    if (!this.#open().isEmpty()) this.#begin(nowUs);
    this.#urgentTo = this.#open().number - 1;
    return this.isSettling();
  }

  /** Whether a step is due, or will be once the writes under way have ended. */
  isSettling(): boolean {
    const [oldest] = this.#generations;
    return oldest !== undefined && (this.#generations.length > 2 || oldest.number <= this.#urgentTo);
  }

  /**
   * Whether the oldest generation, which settles, is further than it has to be: it has as long as the open one takes to be full, or
   * the age of a generation. Settled at once, it would take the clients' time in one burst.
   */
  isAhead(nowUs: number): boolean {
    this.#settlingSinceUs ??= nowUs;
    const open = this.#open();
    if (this.#generations.length > GENERATIONS_MAX || this.#partition === this.#partitionCount) return false;
    const due = Math.max(open.bytes / GENERATION_BYTES, (nowUs - this.#settlingSinceUs) / GENERATION_AGE_US);
    return this.#partition / this.#partitionCount > due;
  }

  /** Closes the open generation if it is old: with nothing new to write it would stay for ever. */
  turnOver(nowUs: number): void {
    this.#turnOver(nowUs);
  }

  /** Adds the next step of settling, up to `rowsMax` rows, to `writes`. Undefined: nothing can be done now. */
  addSettleStep(writes: StoreWrite[], rowsMax: number): SettleStep | undefined {
    const [oldest] = this.#generations;
    if (oldest === undefined || this.#stepping || !this.isSettling()) return undefined;
    const taken = this.#take(oldest, rowsMax);
    if (taken.length > 0) {
      for (const entry of taken) writes.push(ownRow(entry));
      return this.#step(taken.length, (failed) => {
        if (failed) this.#again.push(...taken);
      });
    }
    // What is dirty has to be journaled again first: then it belongs to a later generation.
    if (this.#partition < this.#partitionCount || this.#again.length > 0) return undefined;
    return this.#trim(oldest, writes);
  }

  /** Calls `visit` with each entry of the partition whose own row in the store may be behind, but for the dirty ones. */
  forEachUnsettled(partition: Partition, visit: (entry: Entry) => void): void {
    this.#owner.bringIn(partition);
    for (const { entries, number } of this.#generations) {
      for (const entry of entries[partition] ?? []) {
        if (entry.generation === number && entry.durable !== BUFFER) visit(entry);
      }
    }
  }

  #open(): Generation {
    const open = this.#generations.at(-1);
    if (open === undefined) throw new Error('no generation is open');
    return open;
  }

  #turnOver(nowUs: number): void {
    const open = this.#open();
    if (open.isEmpty()) {
      // An empty one begins with its first row.
      if (this.#generations.length > 1 && nowUs - open.openedUs >= GENERATION_AGE_US) this.#urgentTo = open.number - 1;
      return;
    }
    if (open.bytes >= GENERATION_BYTES || nowUs - open.openedUs >= GENERATION_AGE_US) this.#begin(nowUs);
  }

  #begin(nowUs: number): void {
    this.#generations.push(new Generation(this.#open().number + 1, nowUs, this.#partitionCount));
  }

  /** Entries of the oldest generation that need their own row, in the order of storage keys. */
  #take(oldest: Generation, rowsMax: number): Entry[] {
    const taken: Entry[] = [];
    while (taken.length < rowsMax) {
      const entry = this.#left.pop();
      if (entry === undefined) {
        if (!this.#nextPartition(oldest)) break;
      } else if (entry.generation === oldest.number) {
        if (entry.durable === BUFFER || entry.flyingVersion !== NOT_FLYING) this.#again.push(entry);
        else taken.push(entry);
      }
    }
    if (taken.length === 0 && this.#partition >= this.#partitionCount && this.#again.length > 0) {
      this.#left = this.#again.filter((entry) => entry.generation === oldest.number);
      this.#again = [];
      const ready = this.#left.filter((entry) => entry.durable !== BUFFER && entry.flyingVersion === NOT_FLYING);
      if (ready.length === 0) [this.#again, this.#left] = [this.#left, []];
      else return this.#take(oldest, rowsMax);
    }
    return taken;
  }

  #nextPartition(oldest: Generation): boolean {
    const entries = oldest.entries[this.#partition];
    if (entries === undefined) return false;
    this.#owner.bringIn(this.#partition as Partition);
    this.#partition++;
    // The last comes first: `#take` pops.
    this.#left = entries.filter((entry) => entry.generation === oldest.number).sort(byKeyDescending);
    return true;
  }

  /** All of the generation has its own rows: its journal rows go, the oldest first, as each may be a later one's past. */
  #trim(oldest: Generation, writes: StoreWrite[]): SettleStep {
    const rows = oldest.rows.slice(this.#trimmed, this.#trimmed + TRIM_ROWS);
    for (const row of rows) writes.push({ key: journalRowKey(row), value: undefined });
    return this.#step(rows.length, (failed) => {
      if (failed) return;
      this.#trimmed += rows.length;
      if (this.#trimmed === oldest.rows.length) this.#end(oldest);
    });
  }

  #end(oldest: Generation): void {
    this.#generations.shift();
    this.#partition = 0;
    this.#trimmed = 0;
    this.#settlingSinceUs = undefined;
    for (const entries of oldest.entries) {
      for (const entry of entries) {
        if (entry.generation !== oldest.number) continue;
        entry.generation = SETTLED;
        this.memoryBytes -= entry.bytes;
        this.#owner.settled(entry);
      }
    }
  }

  #step(rows: number, done: (failed: boolean) => void): SettleStep {
    this.#stepping = true;
    return {
      rows,
      done: (failed) => {
        this.#stepping = false;
        done(failed);
      },
    };
  }
}

function ownRow({ partition, db, key, record }: Entry): StoreWrite {
  return { key: storageKey(STORAGE_KIND.data, partition, db, key), value: record };
}

function byKeyDescending(a: Entry, b: Entry): number {
  return b.db - a.db || (a.key < b.key ? 1 : -1);
}
