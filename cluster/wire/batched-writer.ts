/** HOT PATH. Gathers the frames of a turn and gives them to a link in one write. */
import type { Timers } from '../ports/timers.js';
import type { Link } from '../ports/transport.js';
import { OUT_BYTES_FLUSH } from './limits.js';
import { OutBuffer } from './out-buffer.js';

export class BatchedWriter {
  readonly out = new OutBuffer();
  private scheduled = false;
  private open = true;
  private readonly atEndOfTurn = (): void => {
    this.scheduled = false;
    this.flush();
  };

  /** `queued` hears how many bytes wait in the link when it could not send all at once. */
  constructor(
    private readonly timers: Timers,
    private readonly link: Link,
    private readonly queued: (bytes: number) => void,
  ) {}

  /** Whether something was appended in this turn. */
  get pending(): boolean {
    return this.scheduled;
  }

  /** Must be called after each frame that was appended to `out`. */
  appended(): void {
    if (!this.scheduled) {
      this.scheduled = true;
      this.timers.endOfTurn(this.atEndOfTurn);
    }
    if (this.out.length >= OUT_BYTES_FLUSH) this.flush();
  }

  /** Writes what was appended now. */
  flush(): void {
    const { out } = this;
    if (out.length === 0 || !this.open) return;
    const taken = this.link.write(out.bytes.subarray(0, out.length));
    out.clear(taken);
    if (!taken) this.queued(this.link.queuedBytes());
  }

  /** Forgets what was appended and writes nothing any more. */
  stop(): void {
    this.open = false;
    this.out.clear(true);
  }
}
