/** HOT PATH: one passes for every command. */
import type { Command } from '../commands/command-table.js';
import { ReplyBuffer, type RespVersion } from '../resp/reply-buffer.js';
import type { ClientConnection } from './connection.js';

const NOTHING: readonly Buffer[] = [];

/**
 * The place of one reply among those of its connection. Replies leave in the order in which their slots were opened,
 * whenever they are completed. Slots are used again: whoever has completed one may not touch it any more.
 */
export class ReplySlot {
  /** When the request arrived, on the monotonic clock. */
  startedUs = 0;
  /** What is answered; set by whoever looks the command up. */
  command: Command | undefined = undefined;
  /** What is answered; kept until then, for who asks what took so long. */
  args: readonly Buffer[] = NOTHING;
  /** Bytes that the answer is made from, where they may be many more than it has. */
  readBytes = 0;

  /** The slot behind this one. For the connection only, as all that follows. */
  next: ReplySlot | undefined = undefined;
  isComplete = false;
  isMuted = false;
  resp: RespVersion = 2;
  /** Bytes that the connection had received when the slot was opened. */
  bytesInBefore = 0;
  private own: ReplyBuffer | undefined = undefined;
  private usesOwn = false;

  constructor(readonly connection: ClientConnection) {}

  /**
   * The writer for this reply, the same one until `complete`: the connection's own where all earlier commands have
   * answered, else a buffer that is added to it later. `HELLO` sets its `resp`, beside the connection's.
   */
  get out(): ReplyBuffer {
    if (!this.usesOwn) {
      if (this.connection.isNext(this)) return this.connection.out;
      this.usesOwn = true;
      this.own ??= new ReplyBuffer(this.connection.context.pool, this.connection.context.limits);
      this.own.resp = this.resp;
    }
    return this.own ?? this.connection.out;
  }

  /** Ends the reply: exactly once, at once or later, also when the connection is gone. */
  complete(): void {
    if (this.isComplete) throw new Error(`a reply to ${this.command?.fullName ?? 'a request'} was completed twice`);
    this.isComplete = true;
    this.connection.slotCompleted(this);
    this.args = NOTHING;
  }

  /** Bytes in the slot's own buffer, that is: not yet in the connection's. */
  get ownLength(): number {
    return this.usesOwn && this.own !== undefined ? this.own.length : 0;
  }

  /** Whether its own buffer holds more than the client may have waiting. */
  get isOverfull(): boolean {
    return this.usesOwn && this.own?.isOverfull === true;
  }

  open(startedUs: number, resp: RespVersion, isMuted: boolean, bytesInBefore: number): void {
    this.startedUs = startedUs;
    this.command = undefined;
    this.next = undefined;
    this.isComplete = false;
    this.isMuted = isMuted;
    this.resp = resp;
    this.bytesInBefore = bytesInBefore;
    this.readBytes = 0;
  }

  /** Moves what the slot's own buffer holds behind what `out` holds. */
  drainInto(out: ReplyBuffer): void {
    if (!this.usesOwn || this.own === undefined) return;
    if (!this.isMuted) out.append(this.own);
    this.own.clear();
    this.usesOwn = false;
  }

  discard(): void {
    this.own?.clear();
    this.usesOwn = false;
  }
}
