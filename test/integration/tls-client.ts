/** One connection over TLS as a test sees it: what becomes of its handshake and of a PING. */
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { within } from '../../scripts/processes/wait.js';

const DEADLINE_MS = 60_000;
const HOST = '127.0.0.1';

export class TlsClient {
  readonly #socket: TLSSocket;
  #received = '';
  #wake: () => void = () => undefined;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('error', () => this.#wake());
    socket.on('close', () => this.#wake());
  }

  /** Connects. Rejects where the handshake fails. */
  static open(port: number, options: ConnectionOptions): Promise<TlsClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: HOST, port, ...options }, () => {
        socket.setTimeout(0);
        resolve(new TlsClient(socket));
      });
      socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error(`no handshake within ${DEADLINE_MS} ms`)));
      socket.once('error', reject);
    });
  }

  /** Sends PING; gives the reply, or 'closed'. With TLSv1.3 a client hears only then that it was refused. */
  async ping(): Promise<string> {
    this.#received = '';
    const ended = new Promise<string>((resolve) => {
      this.#wake = () => {
        if (this.#received.endsWith('\r\n')) resolve(this.#received.trim());
        else if (this.#socket.destroyed) resolve('closed');
      };
    });
    this.#socket.write('PING\r\n');
    this.#wake();
    const reply = await within(ended, DEADLINE_MS);
    if (reply === undefined) throw new Error('PING has no answer');
    return reply;
  }

  /** Sends a command to which there is no answer. */
  send(command: string): void {
    this.#socket.write(`${command}\r\n`);
  }

  /** SHA-256 of the certificate that the node has shown. */
  get fingerprint(): string {
    return this.#socket.getPeerCertificate().fingerprint256;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** What a client comes to: the reply to its PING, 'closed', or the code of the error that ended its handshake. */
export async function outcome(port: number, options: ConnectionOptions): Promise<string> {
  try {
    const client = await TlsClient.open(port, options);
    const reply = await client.ping();
    client.close();
    return reply;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
