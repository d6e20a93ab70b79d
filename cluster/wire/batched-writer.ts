/**
 * HOT PATH. Gathers the frames of a turn and gives them to a link in one write. Where a turn brings a few frames, the next
 * turns are likely to bring more: they leave together, which saves both ends a system call and a turn. One frame alone,
 * many frames and long ones leave with their turn.
 */
import type { Timers } from '../ports/timers.js';
import type { Link } from '../ports/transport.js';
import { HELD_BYTES_MAX, HELD_FRAMES_MAX, HELD_TURNS_MAX, OUT_BYTES_FLUSH } from './limits.js';
import { OutBuffer } from './out-buffer.js';

export class BatchedWriter {
  readonly out = new OutBuffer();
  private scheduled = false;
  private open = true;
  /** Frames that were appended since the last write, how many of them in this turn, and the turns that they have waited. */
  private frames = 0;
  private framesOfTurn = 0;
  private heldTurns = 0;
  private readonly atEndOfTurn = (): void => {
    if (this.isWorthHolding()) {
      this.heldTurns++;
      this.framesOfTurn = 0;
      this.timers.endOfTurn(this.atEndOfTurn);
      return;
    }
    this.scheduled = false;
    this.flush();
  };

  /** `queued` hears how many bytes wait in the link when it could not send all at once. */
  constructor(
    private readonly timers: Timers,
    private readonly link: Link,
    private readonly queued: (bytes: number) => void,
  ) {}

  /** Whether something waits to be written. */
  get pending(): boolean {
    return this.scheduled;
  }

  /** Must be called after each frame that was appended to `out`. */
  appended(): void {
    this.frames++;
    this.framesOfTurn++;
    if (!this.scheduled) {
      this.scheduled = true;
      this.timers.endOfTurn(this.atEndOfTurn);
    }
    if (this.out.length >= OUT_BYTES_FLUSH) this.flush();
  }

  /** Writes what was appended now. */
  flush(): void {
    const { out } = this;
    this.frames = 0;
    this.framesOfTurn = 0;
    this.heldTurns = 0;
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

  private isWorthHolding(): boolean {
    const { frames, framesOfTurn, heldTurns, out } = this;
    return framesOfTurn > 1 && frames < HELD_FRAMES_MAX && heldTurns < HELD_TURNS_MAX && out.length < HELD_BYTES_MAX;
  }
}
