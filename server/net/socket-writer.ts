/** HOT PATH. */
import type { Socket } from 'node:net';
import type { Clock } from '../../cluster/ports/clock.js';

/** Hands bytes to a socket, one lot at a time: a socket tells of a write only when all of it is gone. */
export class SocketWriter {
  /** When the kernel last took bytes, on the monotonic clock; counts only while there are unsent ones. */
  private progressUs = 0;
  private unsent = 0;
  private writesPending = 0;
  private readonly written = (error?: Error | null): void => this.writeDone(error);

  /** @param onSent the kernel has taken all of a lot that `write` could not send at once. */
  constructor(
    private readonly socket: Socket,
    private readonly clock: Clock,
    private readonly onSent: () => void,
  ) {}

  /** Bytes of the current lot that the kernel has not taken. Only without any may another be written. */
  get unsentBytes(): number {
    return this.unsent;
  }

  /** For how long the kernel has taken nothing of what there is, in µs. */
  stalledUs(nowUs: number): number {
    return this.unsent === 0 ? 0 : nowUs - this.progressUs;
  }

  /** Sends `bytes`. True: the kernel has taken all, the memory may be used again. False: it is the writer's until `onSent`. */
  write(bytes: Buffer): boolean {
    // A socket that has failed takes everything and keeps nothing: what is left stays unsent, so that no more is made.
    if (!this.socket.destroyed) {
      this.writesPending++;
      this.socket.write(bytes, this.written);
      if (this.socket.writableLength === 0) return true;
    }
    this.unsent = bytes.length;
    this.progressUs = this.clock.monotonicUs();
    return false;
  }

  private writeDone(error?: Error | null): void {
    this.writesPending--;
    if (error) return;
    // The callbacks of writes that were taken at once come late, and tell nothing new.
    if (this.writesPending > 0 || this.unsent === 0) return;
    this.unsent = 0;
    this.onSent();
  }
}
