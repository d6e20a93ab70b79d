/** Clients that work while the members of a cluster change. */
import type { ExecutionContext } from 'ava';
import type { Cluster } from 'ioredis';
import { Redis } from 'ioredis';
import { untilHealed } from '../../scripts/chaos/healing.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import type { TestCluster } from './processes.js';

const KEYS_A_LANE = 200;
/**
 * So that the clients leave the machine to what they wait for. Twelve lanes still write and read four hundred times a second: each
 * partition that moves, of 256, meets some of that while it does.
 */
const THINK_MS = 25;
const KEYS_A_READ = 200;
const WORKED_MS = 180_000;
const HEALED_MS = 240_000;

type Client = Redis | Cluster;

/**
 * Lanes that set keys of their own through one client and read them back through another, one command after the other. All
 * nodes are up: so each read has to show what was acknowledged before.
 */
export class ElasticLoad {
  /** Every error that a command ended with. */
  readonly errors: string[] = [];
  /** Every read that did not show the last write. */
  readonly wrong: string[] = [];
  readonly #clients: Client[];
  readonly #values = new Map<string, string>();
  readonly #lanes: Promise<void>[];
  #rounds = 0;
  #isOver = false;

  /** `clients`: are closed at the end. */
  constructor(clients: readonly Client[], laneCount: number) {
    this.#clients = [...clients];
    for (const client of clients) client.on('error', (error: Error) => this.errors.push(error.message));
    this.#lanes = Array.from({ length: laneCount }, (_, lane) => this.#work(lane));
  }

  /** Waits until so many more keys were set and read back. */
  moreRounds(count: number): Promise<void> {
    const enough = this.#rounds + count;
    return waitUntil(
      'the clients go on',
      WORKED_MS,
      () => this.#rounds >= enough || `${this.#rounds} of ${enough} rounds`,
    );
  }

  keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** From now on clients use this one too. */
  add(client: Client): void {
    client.on('error', (error: Error) => this.errors.push(error.message));
    this.#clients.push(client);
  }

  /** From now on nobody uses this client. */
  async remove(client: Client): Promise<void> {
    this.#clients.splice(this.#clients.indexOf(client), 1);
    await client.quit();
  }

  /** Ends when all that is under way is answered. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
    for (const client of this.#clients) client.disconnect();
  }

  /** The keys of which the node at `port` shows something else than the last write. */
  async wrongThrough(port: number): Promise<string[]> {
    const client = new Redis(port, '127.0.0.1');
    try {
      const wrong: string[] = [];
      const keys = this.keys();
      for (let at = 0; at < keys.length; at += KEYS_A_READ) {
        const some = keys.slice(at, at + KEYS_A_READ);
        const values = await client.mget(some);
        wrong.push(...some.filter((key, index) => values[index] !== this.#values.get(key)));
      }
      return wrong;
    } finally {
      client.disconnect();
    }
  }

  #client(turn: number): Client {
    const client = this.#clients[turn % this.#clients.length];
    if (client === undefined) throw new Error('no client is left');
    return client;
  }

  async #work(lane: number): Promise<void> {
    for (let round = 0; !this.#isOver; round++) {
      const key = `load:${lane}:${round % KEYS_A_LANE}`;
      const value = `${lane}.${round}`;
      try {
        await this.#client(lane + round).set(key, value);
        this.#values.set(key, value);
        // Chosen now: a client may be gone since the key was set.
        const read = await this.#client(lane + round + 1).get(key);
        if (read !== value) this.wrong.push(`${key} is ${read} after ${value} was set, in round ${round}`);
      } catch (error) {
        this.errors.push(error instanceof Error ? error.message : String(error));
      }
      this.#rounds++;
      await new Promise((resolve) => setTimeout(resolve, THINK_MS));
    }
  }
}

/** Waits until all nodes agree, every partition is where it belongs, and the replicas of every key are equal. */
export function healed(t: ExecutionContext, cluster: TestCluster, load: ElasticLoad): Promise<void> {
  return untilHealed(
    () => cluster.nodes,
    load.keys(),
    HEALED_MS,
    (line) => t.log(line),
  );
}
