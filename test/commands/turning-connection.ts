import { type Answer, type Asked, RawConnection } from './raw-connection.js';

/** Input that begins with a command which changes what its connection is: who, in which database, in which protocol. */
const ABOUT_CONNECTION = /^\*\d+\r\n\$\d+\r\n(?:select|hello|reset|auth|client)\r\n/i;

/** Connections to several nodes as if they were one: each input goes to the next node, what changes a connection to all. */
export class TurningConnection implements Asked {
  #turn = 0;

  private constructor(private readonly connections: readonly RawConnection[]) {}

  static async open(ports: readonly number[]): Promise<TurningConnection> {
    return new TurningConnection(await Promise.all(ports.map((port) => RawConnection.open(port))));
  }

  async exchange(input: Buffer): Promise<Answer> {
    const own = this.#next();
    const answer = await own.exchange(input);
    if (ABOUT_CONNECTION.test(input.toString('latin1'))) {
      for (const other of this.connections) if (other !== own) await other.exchange(input);
    }
    return answer;
  }

  exchangeLast(input: Buffer, deadlineMs?: number): Promise<Answer> {
    return this.#next().exchangeLast(input, deadlineMs);
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }

  #next(): RawConnection {
    const connection = this.connections[this.#turn++ % this.connections.length];
    if (connection === undefined) throw new Error('there is nobody to ask');
    return connection;
  }
}
