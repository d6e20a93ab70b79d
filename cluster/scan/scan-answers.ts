/** What this node's replica says of the next keys of partitions: to others, and to itself. */
import type { Keyspaces } from '../keyspaces/keyspaces.js';
import type { World } from '../ports/world.js';
import type { Replica } from '../replica/replica.js';
import type { AnswerQuery } from '../wire/queries.js';
import { isShown } from './is-shown.js';
import type { HashedKey, KeyWindow } from './key-window.js';
import { ANSWER_BYTES, ANSWER_WAIT_MS, STORE_READS_MAX } from './limits.js';
import { decodeScanQuestion, encodeScanAnswer, type ScanPage, type ScanQuestion, type ScanRow } from './page.js';
import type { ScanPlace } from './place.js';
import type { KeyWindows } from './windows.js';

/** What a row takes in an answer beside its key. */
const ROW_BYTES = 13;
const NOTHING = Buffer.alloc(0);

export class ScanAnswers {
  readonly #world: Pick<World, 'clock' | 'timers'>;
  readonly #replica: Replica;
  readonly #keyspaces: Keyspaces;
  readonly #partitionCount: number;
  readonly #windows: KeyWindows;

  constructor(
    world: Pick<World, 'clock' | 'timers'>,
    replica: Replica,
    keyspaces: Keyspaces,
    partitionCount: number,
    windows: KeyWindows,
  ) {
    this.#world = world;
    this.#replica = replica;
    this.#keyspaces = keyspaces;
    this.#partitionCount = partitionCount;
    this.#windows = windows;
  }

  /** Answers `QUERY_KIND.scan`. */
  readonly answer: AnswerQuery = (_from, body, answer) => {
    const question = decodeScanQuestion(body, this.#partitionCount);
    if (question === undefined) answer(NOTHING);
    else void this.pages(question).then((pages) => answer(encodeScanAnswer(pages)));
  };

  /** A page for each place; undefined where this node's copy can't be read, or may not be. Never rejects. */
  async pages({ db, rows, places }: ScanQuestion): Promise<(ScanPage | undefined)[]> {
    const pages: (ScanPage | undefined)[] = [];
    let deadline: Deadline | undefined;
    let bytesLeft = ANSWER_BYTES;
    for (const place of places) {
      if (!this.#replica.serves(place.partition)) {
        pages.push(undefined);
        continue;
      }
      let window: KeyWindow | 'late' | undefined = bytesLeft > 0 ? this.#windows.find(db, place) : 'late';
      if (window === undefined) {
        deadline ??= new Deadline(this.#world.timers);
        window = await Promise.race([this.#windows.make(db, place), deadline.passed]);
        // Whoever is to come again is not to come at once.
        if (window === 'late') await deadline.passed;
      }
      if (window === undefined || window === 'late') {
        pages.push(window && { rows: [], upTo: place.after });
        continue;
      }
      const next = window.next(place.after, rows);
      const page = await this.#page(db, place, next, next.length < rows ? window.upTo : (next.at(-1)?.hash ?? 0));
      for (const { key } of page?.rows ?? []) bytesLeft -= ROW_BYTES + key.length;
      pages.push(page);
    }
    deadline?.stop();
    return pages;
  }

  async #page(
    db: number,
    { partition }: ScanPlace,
    next: readonly HashedKey[],
    upTo: number,
  ): Promise<ScanPage | undefined> {
    const rows: ScanRow[] = [];
    for (let at = 0; at < next.length; at += STORE_READS_MAX) {
      const some = await this.#rowsOf(db, partition, next.slice(at, at + STORE_READS_MAX));
      if (some === undefined) return undefined;
      for (const row of some) if (row !== undefined) rows.push(row);
    }
    return { rows, upTo };
  }

  /** A row for each key of which something is held; undefined: the store could not be read. */
  #rowsOf(
    db: number,
    partition: ScanPlace['partition'],
    keys: readonly HashedKey[],
  ): Promise<(ScanRow | undefined)[] | undefined> {
    const nowMs = this.#world.clock.nowMs();
    return new Promise((resolve) => {
      const rows: (ScanRow | undefined)[] = [];
      let missing = keys.length;
      let hasFailed = false;
      for (const [index, { hash, key }] of keys.entries()) {
        this.#replica.glance(partition, db, key, {
          loaded: (failure, object) => {
            hasFailed ||= failure !== undefined;
            if (object !== undefined) rows[index] = { hash, key, isLive: isShown(this.#keyspaces, key, object, nowMs) };
            missing--;
            if (missing === 0) resolve(hasFailed ? undefined : rows);
          },
        });
      }
    });
  }
}

/** How long the windows of one question may take together. */
class Deadline {
  readonly passed: Promise<'late'>;
  #stop = (): void => undefined;

  constructor(timers: World['timers']) {
    this.passed = new Promise((resolve) => {
      const timer = timers.after(ANSWER_WAIT_MS, () => resolve('late'));
      this.#stop = () => timer.stop();
    });
  }

  stop(): void {
    this.#stop();
  }
}
