import { connect, type Socket } from 'node:net';
import { requestOf } from './request.js';

/** Against what hangs, no limit on speed. */
const DEADLINE_MS = 120_000;

/** All that a server answered to a piece of input, one char a byte, and what became of the connection. */
export interface Answer {
  readonly bytes: string;
  /** `late`: the answer had not ended when the deadline was over. */
  readonly end: 'open' | 'closed' | 'late';
}

/** Who can be asked. */
export interface Asked {
  exchange(input: Buffer): Promise<Answer>;
  exchangeLast(input: Buffer, deadlineMs?: number): Promise<Answer>;
  close(): void;
}

/**
 * Sends bytes and gives what comes back. An unknown command behind the input marks the end, so that no reply is interpreted:
 * it gets the same answer whoever asks and whatever they may do.
 */
export class RawConnection implements Asked {
  #received = '';
  #closed = false;
  #marks = 0;
  #wake: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.#closed = true;
        this.#wake();
      });
    }
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host);
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawConnection(socket)));
    });
  }

  /** The answer to input after which the connection is meant to go on. */
  async exchange(input: Buffer): Promise<Answer> {
    const mark = `<mark ${this.#marks++}>`;
    const markReply = `-ERR unknown command '${mark}', with args beginning with: \r\n`;
    this.socket.write(Buffer.concat([input, requestOf([Buffer.from(mark)])]));
    const isMarked = (): boolean => this.#received.endsWith(markReply);
    await this.#until(() => this.#closed || isMarked());
    const bytes = this.#received;
    this.#received = '';
    if (bytes.endsWith(markReply)) return { bytes: bytes.slice(0, -markReply.length), end: 'open' };
    return { bytes, end: this.#closed ? 'closed' : 'late' };
  }

  /** The answer to input after which the server is meant to close the connection. */
  async exchangeLast(input: Buffer, deadlineMs = DEADLINE_MS): Promise<Answer> {
    this.socket.write(input);
    await this.#until(() => this.#closed, deadlineMs);
    return { bytes: this.#received, end: this.#closed ? 'closed' : 'late' };
  }

  close(): void {
    this.socket.destroy();
  }

  async #until(isSo: () => boolean, deadlineMs = DEADLINE_MS): Promise<void> {
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, deadlineMs);
    while (!isSo() && !isLate) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(deadline);
  }
}
