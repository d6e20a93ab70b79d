import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { SteadyClient, type SteadyFigures } from './steady-client.js';

/**
 * Steady clients in a thread of their own. The attackers make requests of a million words, and while they do their thread stands
 * still: a client beside them would see that, and take it for the nodes'.
 */
export class SteadyThread {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** One client for each port; resolves when all are connected. */
  static async open(ports: readonly number[]): Promise<SteadyThread> {
    const worker = new Worker(new URL(import.meta.url), { workerData: ports });
    await once(worker, 'message');
    return new SteadyThread(worker);
  }

  /** What each client has seen since the last call, in the order of the ports. */
  async take(): Promise<readonly SteadyFigures[]> {
    const answer = once(this.#worker, 'message');
    this.#worker.postMessage('take');
    const [figures] = (await answer) as [SteadyFigures[]];
    return figures;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

if (!isMainThread && parentPort !== null) {
  const main = parentPort;
  const clients = await Promise.all((workerData as number[]).map((port) => SteadyClient.open(port)));
  main.on('message', () => main.postMessage(clients.map((client) => client.take())));
  main.postMessage('connected');
}
