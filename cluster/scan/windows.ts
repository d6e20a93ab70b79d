/** The windows of a node: made when they are asked for, one at a time, and kept for a while. */
import type { Log } from '../ports/log.js';
import { StoreError } from '../ports/store.js';
import type { Timer } from '../ports/timers.js';
import type { World } from '../ports/world.js';
import type { Replica } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { type KeyWindow, WindowBuilder } from './key-window.js';
import {
  WINDOW_BYTES_MAX,
  WINDOW_IDLE_US,
  WINDOW_KEY_OVERHEAD_BYTES,
  WINDOW_KEYS_MAX,
  WINDOW_OVERHEAD_BYTES,
  WINDOW_SWEEP_MS,
  WINDOWS_BYTES_MAX,
  WINDOWS_SHARE_KEPT,
  WINDOWS_WAITING_MAX,
} from './limits.js';
import type { HashOf, ScanPlace } from './place.js';

interface Kept {
  readonly drawer: number;
  readonly window: KeyWindow;
  usedUs: number;
}

/** The windows of one database of a partition, and the ones that are being made, which must hear of new keys too. */
interface Drawer {
  readonly kept: Kept[];
  readonly making: WindowBuilder[];
}

export class KeyWindows {
  readonly #clock: World['clock'];
  readonly #timers: World['timers'];
  readonly #log: Log;
  readonly #replica: Replica;
  readonly #hashOf: HashOf;
  readonly #drawers = new Map<number, Drawer>();
  /** By their text; the store is read for one of them at a time. */
  readonly #wanted = new Map<string, Promise<KeyWindow | undefined>>();
  #last: Promise<unknown> = Promise.resolve();
  /** At least what the windows that are kept took when they were made. */
  #bytes = 0;
  #sweep: Timer | undefined;
  #stopped = false;

  constructor(world: Pick<World, 'clock' | 'timers' | 'log'>, replica: Replica, hashOf: HashOf) {
    this.#clock = world.clock;
    this.#timers = world.timers;
    this.#log = world.log;
    this.#replica = replica;
    this.#hashOf = hashOf;
    replica.onKeyCame((partition, db, key) => this.#came(partition, db, key));
  }

  /** The window that reaches the place, if it is there. */
  find(db: number, { partition, after }: ScanPlace): KeyWindow | undefined {
    const kept = this.#drawers.get(drawerOf(partition, db))?.kept.find(({ window }) => window.reaches(after));
    if (kept === undefined) return undefined;
    kept.usedUs = this.#clock.monotonicUs();
    return kept.window;
  }

  /** Resolves to it once it is there; undefined: the store could not be read, as the log says; 'late': not now. Never rejects. */
  make(db: number, place: ScanPlace): Promise<KeyWindow | 'late' | undefined> {
    const name = `${db} ${place.partition} ${place.after}`;
    const wanted = this.#wanted.get(name);
    if (wanted !== undefined) return wanted;
    if (this.#stopped || this.#wanted.size >= WINDOWS_WAITING_MAX) return Promise.resolve('late');
    const made = this.#last.then(() => this.find(db, place) ?? this.#make(db, place));
    this.#last = made;
    this.#wanted.set(name, made);
    return made.finally(() => this.#wanted.delete(name));
  }

  /** Forgets all windows, and makes no more. */
  stop(): void {
    this.#stopped = true;
    this.#sweep?.stop();
    this.#drawers.clear();
  }

  async #make(db: number, { partition, after }: ScanPlace): Promise<KeyWindow | undefined> {
    if (this.#stopped) return undefined;
    const builder = new WindowBuilder(after, WINDOW_KEYS_MAX, WINDOW_BYTES_MAX);
    const number = drawerOf(partition, db);
    const drawer = this.#drawer(number);
    drawer.making.push(builder);
    try {
      await this.#replica.scans.scanDatabase(partition, db, (rows) => {
        for (const { key } of rows) builder.add(this.#hashOf(key), key);
        return !this.#stopped;
      });
      if (this.#stopped) return undefined;
      const window = builder.finish();
      this.#keep(drawer, number, window);
      return window;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#log.error({ partition, reason: error.message }, 'the keys of a partition could not be read');
      return undefined;
    } finally {
      drawer.making.splice(drawer.making.indexOf(builder), 1);
      this.#tidy(number);
    }
  }

  /** HOT PATH where windows are kept, and next to nothing where there are none. */
  #came(partition: Partition, db: number, key: string): void {
    if (this.#drawers.size === 0) return;
    const drawer = this.#drawers.get(drawerOf(partition, db));
    if (drawer === undefined) return;
    const hash = this.#hashOf(key);
    for (const builder of drawer.making) builder.add(hash, key);
    for (const { window } of drawer.kept) window.add(hash, key);
    const grown = drawer.kept.find(
      ({ window }) => window.size > 2 * WINDOW_KEYS_MAX || window.bytes > 2 * WINDOW_BYTES_MAX,
    );
    if (grown !== undefined) this.#drop(grown);
  }

  #keep(drawer: Drawer, number: number, window: KeyWindow): void {
    drawer.kept.push({ drawer: number, window, usedUs: this.#clock.monotonicUs() });
    this.#bytes += memoryOf(window);
    if (this.#bytes > WINDOWS_BYTES_MAX) this.#shrink();
    this.#sweep ??= this.#timers.after(WINDOW_SWEEP_MS, () => this.#sweepIdle());
  }

  #shrink(): void {
    const newestFirst = this.#all().sort((a, b) => b.usedUs - a.usedUs);
    let bytes = 0;
    for (const kept of newestFirst) {
      const more = memoryOf(kept.window);
      if (bytes + more > WINDOWS_BYTES_MAX * WINDOWS_SHARE_KEPT) this.#drop(kept);
      else bytes += more;
    }
    this.#bytes = bytes;
  }

  #sweepIdle(): void {
    const idleSinceUs = this.#clock.monotonicUs() - WINDOW_IDLE_US;
    for (const kept of this.#all()) if (kept.usedUs < idleSinceUs) this.#drop(kept);
    const all = this.#all();
    this.#bytes = all.reduce((bytes, { window }) => bytes + memoryOf(window), 0);
    this.#sweep = all.length === 0 ? undefined : this.#timers.after(WINDOW_SWEEP_MS, () => this.#sweepIdle());
  }

  #all(): Kept[] {
    return [...this.#drawers.values()].flatMap(({ kept }) => kept);
  }

  #drop(kept: Kept): void {
    const drawer = this.#drawer(kept.drawer);
    drawer.kept.splice(drawer.kept.indexOf(kept), 1);
    this.#tidy(kept.drawer);
  }

  #drawer(number: number): Drawer {
    const known = this.#drawers.get(number);
    if (known !== undefined) return known;
    const drawer = { kept: [], making: [] };
    this.#drawers.set(number, drawer);
    return drawer;
  }

  #tidy(number: number): void {
    const drawer = this.#drawers.get(number);
    if (drawer !== undefined && drawer.kept.length === 0 && drawer.making.length === 0) this.#drawers.delete(number);
  }
}

function memoryOf(window: KeyWindow): number {
  return WINDOW_OVERHEAD_BYTES + window.bytes + window.size * WINDOW_KEY_OVERHEAD_BYTES;
}

function drawerOf(partition: Partition, db: number): number {
  return partition * DB_COUNT + db;
}
