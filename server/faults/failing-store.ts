import { type Store, StoreError, type StoreScan, type StoreWrite } from '../../cluster/ports/store.js';
import type { Timers } from '../../cluster/ports/timers.js';
import type { Outage } from './outage.js';

/** The reason that a failure by order gives. */
const BY_ORDER = 'IO error: failing by DEBUG STORE-FAIL';

/** A store that fails while one of its outages is on, and otherwise is the one behind it. */
export class FailingStore implements Store {
  readonly #inner: Store;
  readonly #timers: Pick<Timers, 'endOfTurn'>;
  readonly #reads: Outage;
  readonly #writes: Outage;

  constructor(inner: Store, timers: Pick<Timers, 'endOfTurn'>, reads: Outage, writes: Outage) {
    this.#inner = inner;
    this.#timers = timers;
    this.#reads = reads;
    this.#writes = writes;
  }

  get(key: Buffer, done: (error: StoreError | undefined, value: Buffer | undefined) => void): void {
    if (this.#reads.isOn) this.#timers.endOfTurn(() => done(new StoreError(BY_ORDER), undefined));
    else this.#inner.get(key, done);
  }

  write(writes: readonly StoreWrite[], sync: boolean, done: (error: StoreError | undefined) => void): void {
    if (this.#writes.isOn) this.#timers.endOfTurn(() => done(new StoreError(BY_ORDER)));
    else this.#inner.write(writes, sync, done);
  }

  scan(from: Buffer, to: Buffer): StoreScan {
    const scan = this.#inner.scan(from, to);
    return {
      next: (count) => (this.#reads.isOn ? Promise.reject(new StoreError(BY_ORDER)) : scan.next(count)),
      close: () => scan.close(),
    };
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
