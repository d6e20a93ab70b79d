import { type ChildProcess, spawn } from 'node:child_process';
import { ask } from './ask.js';
import { waitUntil } from './wait.js';

/** A redis-server on 127.0.0.1 that stores nothing: what clusters are measured against. */
export class RedisServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  /** Starts it, with `folder` as its own and further options; it isn't ready yet. */
  static launch(port: number, folder: string, options: readonly string[] = []): RedisServer {
    const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
    return new RedisServer(port, spawn('redis-server', [...args.map(String), ...options], { stdio: 'ignore' }));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Waits until it answers. Rejects where there is no such program. */
  async ready(deadlineMs: number): Promise<void> {
    const failed = new Promise<never>((_, reject) => this.#child.once('error', reject));
    const answers = waitUntil(
      'redis-server is ready',
      deadlineMs,
      async () => (await ask(this.port, 'PING')) === 'PONG' || 'no PONG',
    );
    await Promise.race([answers, failed]);
  }

  kill(): void {
    this.#child.kill();
  }
}
