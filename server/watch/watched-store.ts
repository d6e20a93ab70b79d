import type { Clock } from '../../cluster/ports/clock.js';
import type { Store, StoreError, StoreScan, StoreWrite } from '../../cluster/ports/store.js';
import type { LatencySpikes } from './latency-spikes.js';

const WRITE = 'store-write';
const SYNCED_WRITE = 'store-fsync';

/** The store behind it, whose writes are timed while latencies are watched. */
export class WatchedStore implements Store {
  constructor(
    private readonly inner: Store,
    private readonly spikes: LatencySpikes,
    private readonly clock: Clock,
  ) {}

  get(key: Buffer, done: (error: StoreError | undefined, value: Buffer | undefined) => void): void {
    this.inner.get(key, done);
  }

  write(writes: readonly StoreWrite[], sync: boolean, done: (error: StoreError | undefined) => void): void {
    if (!this.spikes.isWatching) {
      this.inner.write(writes, sync, done);
      return;
    }
    const startedUs = this.clock.monotonicUs();
    this.inner.write(writes, sync, (error) => {
      this.spikes.note(sync ? SYNCED_WRITE : WRITE, this.clock.monotonicUs() - startedUs);
      done(error);
    });
  }

  scan(from: Buffer, to: Buffer): StoreScan {
    return this.inner.scan(from, to);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
