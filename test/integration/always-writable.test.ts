import test from 'ava';
import { Redis } from 'ioredis';
import { waitUntil } from '../../scripts/processes/wait.js';
import { READY_MS, TestCluster } from './processes.js';

const SEEN_MS = 180_000;
const CLIENTS_A_NODE = 8;
/** Rounds of a client after the node was lost: the first are under way while it is still believed to be up. */
const ROUNDS_AFTER = 100;

for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
  test.serial(`clients of the other nodes see no error while one of three gets ${signal}`, async (t) => {
    const cluster = await TestCluster.start();
    t.teardown(() => cluster.close());
    const load = new Load([cluster.node(1).port, cluster.node(2).port]);
    t.teardown(() => load.close());
    await waitUntil('all clients work', READY_MS, () => load.roundsLeast >= 10 || `${load.roundsLeast} rounds`);
    cluster.node(0).signal(signal);
    const enough = load.roundsMost + ROUNDS_AFTER;
    await waitUntil('the clients go on', SEEN_MS, () => load.roundsLeast >= enough || `${load.roundsLeast} rounds`);
    await load.end();
    t.log(`the longest of ${load.requests} requests took ${Math.round(load.longestMs)} ms`);
    t.deepEqual(load.errors, []);
    t.deepEqual(load.wrong, []);
  });
}

test.serial('with W = 2 a SET is taken while any two of five nodes are up, with one it is refused', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 5 });
  t.teardown(() => cluster.close());
  const client = new Redis(cluster.node(4).port);
  t.teardown(() => client.disconnect());
  for (const index of [0, 1, 2]) await cluster.node(index).kill();
  for (let i = 0; i < 100; i++) t.is(await client.set(`k${i}`, 'v'), 'OK');
  await cluster.node(3).kill();
  await waitUntil('the loss is noticed', SEEN_MS, async () => {
    const info = await client.info('dynamo');
    return info.includes('nodes_reachable:1\r\n') || 'not yet';
  });
  await t.throwsAsync(client.set('k', 'v'), { message: /^NOREPLICAS 1 of 2 .* nothing was written/ });
  await t.throwsAsync(client.get('k'), { message: /^CLUSTERDOWN 1 of 2/ });
});

test.serial('with W = 1 a SET is taken by whichever node is left', async (t) => {
  const cluster = await TestCluster.start({ args: ['--w', '1', '--r', '1'] });
  t.teardown(() => cluster.close());
  for (const index of [0, 1]) await cluster.node(index).kill();
  const client = new Redis(cluster.node(2).port);
  t.teardown(() => client.disconnect());
  for (let i = 0; i < 100; i++) t.is(await client.set(`k${i}`, 'v', 'NX'), 'OK');
  t.is(await client.get('k7'), 'v');
});

/** Clients that write, read, set once and delete keys of their own, one after the other, until they are told to end. */
class Load {
  readonly errors: string[] = [];
  readonly wrong: string[] = [];
  requests = 0;
  longestMs = 0;
  readonly #rounds: number[] = [];
  readonly #clients: Redis[];
  readonly #work: Promise<void>[];
  #ending = false;

  constructor(ports: readonly number[]) {
    this.#clients = ports.flatMap((port) => Array.from({ length: CLIENTS_A_NODE }, () => new Redis(port)));
    this.#work = this.#clients.map((client, index) => this.#run(client, index));
  }

  get roundsLeast(): number {
    return Math.min(...this.#rounds);
  }

  get roundsMost(): number {
    return Math.max(...this.#rounds);
  }

  async end(): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#work);
  }

  close(): void {
    this.#ending = true;
    for (const client of this.#clients) client.disconnect();
  }

  async #run(client: Redis, index: number): Promise<void> {
    this.#rounds[index] = 0;
    for (let round = 0; !this.#ending; round++) {
      const key = `client${index}:${round}`;
      await this.#expect(`SET ${key}`, 'OK', () => client.set(key, round));
      await this.#expect(`GET ${key}`, String(round), () => client.get(key));
      await this.#expect(`SET ${key} NX`, null, () => client.set(key, 'second', 'NX'));
      await this.#expect(`DEL ${key}`, 1, () => client.del(key));
      await this.#expect(`SET ${key} NX`, 'OK', () => client.set(key, 'again', 'NX'));
      this.#rounds[index] = round + 1;
    }
  }

  async #expect(what: string, expected: unknown, ask: () => Promise<unknown>): Promise<void> {
    const startedMs = performance.now();
    try {
      const reply = await ask();
      if (reply !== expected) this.wrong.push(`${what}: ${String(reply)}`);
    } catch (error) {
      this.errors.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.requests++;
    this.longestMs = Math.max(this.longestMs, performance.now() - startedMs);
  }
}
