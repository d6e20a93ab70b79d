/** HOT PATH. Gathers the frames of a turn and gives them to a link in one write; those that may wait, of several turns. */
import type { Timer, Timers } from '../ports/timers.js';
import type { Link } from '../ports/transport.js';
import { HOLD_BACK_MS, OUT_BYTES_FLUSH } from './limits.js';
import { OutBuffer } from './out-buffer.js';

export class BatchedWriter {
  readonly out = new OutBuffer();
  private scheduled = false;
  private open = true;
  private heldBack: Timer | undefined;
  private readonly atEndOfHold = (): void => {
    this.heldBack = undefined;
    this.flush();
  };
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

  /** Whether what was appended leaves at the end of this turn. */
  get pending(): boolean {
    return this.scheduled;
  }

  /** Whether something waits for what leaves next. */
  get holdsBack(): boolean {
    return this.out.length > 0 && !this.scheduled;
  }

  /** Must be called after each frame that was appended to `out`, or `appendedToWait`. */
  appended(): void {
    if (!this.scheduled) {
      this.scheduled = true;
      this.timers.endOfTurn(this.atEndOfTurn);
    }
    if (this.out.length >= OUT_BYTES_FLUSH) this.flush();
  }

  /** The frame that was appended leaves with the next one that may not wait, or a little later. */
  appendedToWait(): void {
    this.heldBack ??= this.timers.after(HOLD_BACK_MS, this.atEndOfHold);
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
    this.heldBack?.stop();
    this.out.clear(true);
  }
}
