/**
 * Gives back the space of what was flushed: walks, behind the clients, through all partitions of the databases that were, and lets
 * go of what nobody is shown any more. What a node had not swept when it stopped it sweeps after its next start.
 */
import type { Governor } from '../background/governor.js';
import { Pause } from '../background/pause.js';
import type { BackgroundTask } from '../background/task.js';
import type { Counters } from '../coordinator/counters.js';
import { StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import type { FlushedKey, FlushedRows } from '../replica/flushed-rows.js';
import type { Replica } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import type { Databases, Unswept } from './databases.js';
import { SWEEP_AGAIN_MS, SWEEP_KEYS } from './limits.js';

export interface SweepParts {
  readonly world: Pick<World, 'timers' | 'log'>;
  readonly replica: Replica;
  readonly governor: Governor;
  readonly counters: Counters;
  readonly partitionCount: number;
}

export class FlushSweep implements BackgroundTask {
  readonly #parts: SweepParts;
  readonly #databases: Databases;
  readonly #pause: Pause;
  #running: Promise<void> = Promise.resolve();
  #partitionsLeft = 0;
  #wake: (() => void) | undefined;
  #stopped = false;

  constructor(parts: SweepParts, databases: Databases) {
    this.#parts = parts;
    this.#databases = databases;
    this.#pause = new Pause(parts.world.timers);
    databases.onFlushed(() => this.#wakeUp());
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause.stop();
    this.#wakeUp();
    await this.#running;
    await this.#databases.stop();
  }

  /** Partitions that are yet to be gone through; 0: nothing of what was flushed is left here. */
  get partitionsLeft(): number {
    return this.#databases.unswept().length === 0 ? 0 : this.#partitionsLeft || this.#parts.partitionCount;
  }

  async #run(): Promise<void> {
    const { replica } = this.#parts;
    await replica.whenWarm();
    while (!this.#stopped) {
      const unswept = this.#databases.unswept();
      if (unswept.length === 0)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      else if (await this.#sweepAll(unswept)) await this.#databases.sweptAll(unswept);
    }
  }

  /** Answers whether nothing is left. */
  async #sweepAll(unswept: readonly Unswept[]): Promise<boolean> {
    const { partitionCount } = this.#parts;
    const dbs = unswept.map(({ db }) => db);
    for (this.#partitionsLeft = partitionCount; this.#partitionsLeft > 0; this.#partitionsLeft--) {
      const partition = (partitionCount - this.#partitionsLeft) as Partition;
      while (!(await this.#sweepOne(partition, dbs))) {
        if (this.#stopped || !(await this.#pause.sleep(SWEEP_AGAIN_MS))) return false;
      }
    }
    return true;
  }

  /** Answers whether nothing is left of these databases in the partition. */
  async #sweepOne(partition: Partition, dbs: readonly number[]): Promise<boolean> {
    const { governor, replica, world } = this.#parts;
    const rows = replica.flushedRows();
    let isClean = true;
    const takeKeys = async (keys: readonly FlushedKey[], looked: number): Promise<boolean> => {
      if (!(await governor.admit('flushing', looked))) this.#stopped = true;
      for (let at = 0; at < keys.length && !this.#stopped; at += SWEEP_KEYS) {
        const slice = keys.slice(at, at + SWEEP_KEYS);
        const gone = await Promise.all(slice.map((each) => this.#letGo(rows, partition, each)));
        isClean &&= gone.every(Boolean);
      }
      return !this.#stopped;
    };
    try {
      await rows.scan(partition, dbs, takeKeys);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      world.log.error({ reason: error.message }, 'what was flushed could not be swept');
      return false;
    }
    return isClean && !this.#stopped;
  }

  /** Resolves when the store has let go of what was flushed of the key; false: not now. */
  #letGo(rows: FlushedRows, partition: Partition, { db, key }: FlushedKey): Promise<boolean> {
    const { counters, replica } = this.#parts;
    return new Promise((resolve) => {
      const stored = (failure: unknown): void => {
        if (failure === undefined) counters.flushed_keys++;
        resolve(failure === undefined);
      };
      const sweep = (): boolean => {
        const sweeping = rows.sweep(db, key, { stored });
        if (sweeping === 'clean' || sweeping === 'busy') resolve(sweeping === 'clean');
        return sweeping !== 'not in memory';
      };
      if (sweep()) return;
      replica.load(partition, db, key, {
        loaded: (failure) => {
          if (failure !== undefined || !sweep()) resolve(false);
        },
      });
    });
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
