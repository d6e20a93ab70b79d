import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { Entry } from './entry.js';
import {
  ENTRIES_MAX,
  ENTRY_OVERHEAD_BYTES,
  EVICTION_BYTES_A_STEP,
  EVICTION_STEPS_MAX,
  WARM_SHARE_MAX,
} from './limits.js';
import { DEAD, standingOf } from './record.js';
import { RecordMemory } from './record-memory.js';

/**
 * HOT PATH. The records in memory, bounded in bytes. Evicts by the CLOCK rule: the hand goes round the entries; one that
 * was looked up since it last came by gets a second chance. Only entries that the store holds too are evicted.
 *
 * A partition is *complete* when all that the store holds of it is here: a missing key is then known to be absent.
 */
export class ObjectCache {
  readonly bytesMax: number;
  /** Where records come from. */
  readonly memory = new RecordMemory();
  bytes = 0;
  entries = 0;
  evictions = 0;

  readonly #maps: Map<string, Entry>[] = Array.from({ length: DB_COUNT }, () => new Map());
  readonly #complete: Uint8Array;
  /** 1: nothing of the partition has been dropped since `beginFill`. */
  readonly #unbroken: Uint8Array;
  /** The entry found last: an operation looks its key up again and again. */
  #last: Entry | undefined;
  #handDb = 0;
  #hand: Iterator<Entry>;

  constructor(partitionCount: number, bytesMax: number) {
    this.bytesMax = bytesMax;
    this.#complete = new Uint8Array(partitionCount);
    this.#unbroken = new Uint8Array(partitionCount);
    this.#hand = this.#map(0).values();
  }

  find(db: number, key: string): Entry | undefined {
    const last = this.#last;
    if (last !== undefined && last.key === key && last.db === db) return last;
    const entry = this.#map(db).get(key);
    if (entry !== undefined) this.#last = entry;
    return entry;
  }

  /** A new entry without a record; the key must not have one. */
  add(partition: Partition, db: number, key: string): Entry {
    const entry = new Entry(partition, db, key);
    this.#map(db).set(key, entry);
    this.entries++;
    this.#resize(entry, undefined);
    return entry;
  }

  setRecord(entry: Entry, record: Buffer): void {
    entry.replaceRecord(record);
    entry.standing = standingOf(record);
    this.#resize(entry, record);
  }

  /** The key is absent from here on; the entry stays until the store knows. */
  clearRecord(entry: Entry): void {
    entry.replaceRecord(undefined);
    entry.standing = DEAD;
    this.#resize(entry, undefined);
  }

  /** Drops an entry of a key that is absent in the store too: its partition stays complete. */
  forget(entry: Entry): void {
    const complete = this.#complete[entry.partition] ?? 0;
    this.remove(entry);
    this.#complete[entry.partition] = complete;
  }

  /** Drops an entry, and with it the knowledge that its partition is complete. */
  remove(entry: Entry): void {
    this.#map(entry.db).delete(entry.key);
    if (this.#last === entry) this.#last = undefined;
    this.entries--;
    this.bytes -= entry.bytes;
    this.#complete[entry.partition] = 0;
    this.#unbroken[entry.partition] = 0;
  }

  isComplete(partition: Partition): boolean {
    return this.#complete[partition] === 1;
  }

  /** From here on `isUnbroken` tells whether anything of the partition was dropped. */
  beginFill(partition: Partition): void {
    this.#unbroken[partition] = 1;
  }

  isUnbroken(partition: Partition): boolean {
    return this.#unbroken[partition] === 1;
  }

  /** All rows that a scan since `beginFill` saw are here. The partition is complete if nothing was dropped meanwhile. */
  endFill(partition: Partition): void {
    this.#complete[partition] = this.#unbroken[partition] ?? 0;
  }

  hasRoomToWarm(): boolean {
    return this.bytes < this.bytesMax * WARM_SHARE_MAX && this.entries < ENTRIES_MAX;
  }

  /** All that is in memory of a database; entries may come and go meanwhile. */
  entriesOf(db: number): Iterable<Entry> {
    return this.#map(db).values();
  }

  #map(db: number): Map<string, Entry> {
    const map = this.#maps[db];
    if (map === undefined) throw new RangeError(`no database ${db}`);
    return map;
  }

  #resize(entry: Entry, record: Buffer | undefined): void {
    const bytes = ENTRY_OVERHEAD_BYTES + entry.key.length + (record === undefined ? 0 : record.length);
    const grown = bytes - entry.bytes;
    entry.bytes = bytes;
    this.bytes += grown;
    if (grown > 0 && (this.bytes > this.bytesMax || this.entries > ENTRIES_MAX)) this.#evict(entry, grown);
  }

  /** A bounded look for entries to drop; the next insertion goes on where this one ended. */
  #evict(keep: Entry, grownBytes: number): void {
    let steps = EVICTION_STEPS_MAX + Math.ceil(grownBytes / EVICTION_BYTES_A_STEP);
    while (steps-- > 0 && (this.bytes > this.bytesMax || this.entries > ENTRIES_MAX)) {
      const { value: entry, done } = this.#hand.next();
      if (done === true) {
        this.#handDb = (this.#handDb + 1) % DB_COUNT;
        this.#hand = this.#map(this.#handDb).values();
      } else if (entry.referenced) {
        entry.referenced = false;
      } else if (entry !== keep && entry.isEvictable()) {
        this.remove(entry);
        this.evictions++;
      }
    }
  }
}
