/** Debian's `redis-server` as a process of its own: what our replies are compared with. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../../scripts/processes/ask.js';
import { freePorts } from '../../scripts/processes/ports.js';
import { waitUntil } from '../../scripts/processes/wait.js';

const READY_MS = 120_000;

export class RedisProcess {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Starts a server without persistence on a free port, with further options, and waits until it answers. */
  static async start(options: readonly string[] = []): Promise<RedisProcess> {
    const [port] = await freePorts(1);
    if (port === undefined) throw new Error('there is no free port');
    const folder = mkdtempSync(join(tmpdir(), 'cartwheel-redis-'));
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
    const child = spawn('redis-server', [...args, ...options], { stdio: 'ignore' });
    let end: string | undefined;
    child.on('error', (error) => {
      end = error.message;
    });
    child.on('exit', (code, signal) => {
      end = `it ended with ${signal ?? code}`;
    });
    const redis = new RedisProcess(port, child, folder);
    try {
      await waitUntil(
        'redis-server answers',
        READY_MS,
        async () => end !== undefined || (await ask(port, 'PING')) === 'PONG' || 'no PONG',
      );
      if (end !== undefined) throw new Error(`redis-server: ${end}`);
    } catch (error) {
      await redis.stop();
      throw error;
    }
    return redis;
  }

  /** Ends the process at once and removes its folder. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
