/**
 * The clients: lanes that each send one command after the other, through whichever node is connected, and write down what
 * became of it.
 *
 * | keys | written by | what for |
 * |---|---|---|
 * | `once:…` | one SET ever | no later write hides a loss |
 * | `set:…` | SETs of one lane, one after the other | the last value is known |
 * | `shared:…` | SETs and DELs of all lanes | concurrent writes |
 * | `cart:…` | SETs with context tokens of all lanes | siblings, merged by clients; items are added and taken out |
 * | `count:…` | INCRBYs of all lanes | what is added everywhere adds up |
 * | `churn:…` | SETs, DELs and SETs that expire, of one lane, one after the other, for some seconds | deletes that are forgotten while nodes are away |
 */
import type { Redis } from 'ioredis';
import type { Prng } from '../../test/simulation/prng.js';
import { pause } from '../processes/wait.js';
import { type Clients, readContextReply } from './clients.js';
import { type ErrorKind, errorKind, saysNothingWritten } from './errors.js';
import { idIn, itemsIn, type Ledger, valueFrom, type Write } from './ledger.js';

const SET_KEYS_A_LANE = 20;
const SHARED_KEYS = 60;
const CART_KEYS = 60;
const COUNT_KEYS = 12;
const AMOUNT_MAX = 9;
const CART_ITEMS_MAX = 16;
const CHURN_KEYS_A_LANE = 10;
/** After this long, lanes leave their churned keys as they are, but for reads, and take others: what comes back stays to be seen. */
const CHURN_MS = 8000;
const PADDING_MAX = 300;
const LONG_PADDING = 20_000;
const THINK_MS_MAX = 30;
const NOBODY_CONNECTED_MS = 50;
/** When the value of a fleeting write expires. */
export const FLEETING_MS = 300;

const STEPS = [
  ...(['once', 'set', 'shared', 'delete shared', 'cart', 'add', 'read'] as const),
  ...(['churn', 'delete churn', 'fleeting churn', 'read churn'] as const),
];
type Step = (typeof STEPS)[number];

/** What clients do, and how often: percentages. */
export type Mix = Readonly<Partial<Record<Step, number>>>;

/** Keys of every kind, new ones all the time. */
export const ALL_KEYS: Mix = { once: 25, set: 15, shared: 10, 'delete shared': 3, cart: 20, add: 12, read: 15 };
/** A small set of keys that are written, deleted and read all the time. */
export const FEW_KEYS: Mix = {
  ...{ churn: 30, 'delete churn': 25, 'fleeting churn': 5, 'read churn': 25 },
  ...{ shared: 4, 'delete shared': 3, add: 5, read: 3 },
};

/** What the clients have seen, for the report. */
export class Tally {
  ops = 0;
  acknowledged = 0;
  readonly errors = new Map<ErrorKind, number>();
  /** The first message of each kind of error that is not allowed. */
  readonly strange: string[] = [];
  /** The longest time until a reply that was no error, and when it was asked for. Both in ms; the latter since the start. */
  longestMs = 0;
  longestAtMs = 0;
  /** The same of requests to nodes that suffered nothing themselves meanwhile. */
  longestCalmMs = 0;
  longestCalmAtMs = 0;

  failed(message: string): void {
    const kind = errorKind(message);
    this.errors.set(kind, (this.errors.get(kind) ?? 0) + 1);
    if (kind.allowed === undefined && this.strange.length < 10) this.strange.push(message);
  }
}

export class Workload {
  readonly tally = new Tally();
  readonly ledger: Ledger;
  readonly #clients: Clients;
  readonly #nowMs: () => number;
  readonly #calmSinceMs: (port: number) => number;
  #isOver = false;
  #lanes: Promise<unknown> = Promise.resolve();
  #onceCount = 0;

  /** `nowMs`: time since the run began. `calmSinceMs`: since when a node suffers nothing; Infinity while it does. */
  constructor(ledger: Ledger, clients: Clients, nowMs: () => number, calmSinceMs: (port: number) => number) {
    this.ledger = ledger;
    this.#clients = clients;
    this.#nowMs = nowMs;
    this.#calmSinceMs = calmSinceMs;
  }

  start(laneCount: number, mix: Mix, prng: Prng): void {
    const lanes = Array.from({ length: laneCount }, (_, index) => this.#lane(index, mix, prng.fork()));
    this.#lanes = Promise.all(lanes);
  }

  /** Sends no more commands, and waits for those under way. Rejects when a lane has broken down. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#lanes;
  }

  async #lane(index: number, mix: Mix, prng: Prng): Promise<void> {
    while (!this.#isOver) {
      const clients = this.#clients.connected();
      if (clients.length === 0) {
        await pause(NOBODY_CONNECTED_MS);
        continue;
      }
      await this.#step(drawStep(mix, prng), index, prng.pick(clients), prng);
      await pause(prng.below(THINK_MS_MAX));
    }
  }

  #step(step: Step, lane: number, client: Redis, prng: Prng): Promise<unknown> {
    switch (step) {
      case 'once':
        return this.#set(client, `once:${this.#onceCount++}`, prng);
      case 'set':
        return this.#set(client, `set:${lane}:${prng.below(SET_KEYS_A_LANE)}`, prng);
      case 'shared':
        return this.#set(client, sharedKey(prng), prng);
      case 'delete shared':
        return this.#delete(client, sharedKey(prng));
      case 'cart':
        return this.#shop(client, `cart:${prng.below(CART_KEYS)}`, prng);
      case 'add':
        return this.#add(client, `count:${prng.below(COUNT_KEYS)}`, prng.between(1, AMOUNT_MAX));
      case 'read':
        return this.#read(client, this.#onceCount > 0 && prng.chance(0.5) ? this.#onceKey(prng) : sharedKey(prng));
      case 'churn':
        return this.#set(client, this.#churnKey(lane, prng), prng);
      case 'delete churn':
        return this.#delete(client, this.#churnKey(lane, prng));
      case 'fleeting churn':
        return this.#setFleeting(client, this.#churnKey(lane, prng));
      case 'read churn':
        return this.#read(client, this.#oldChurnKey(lane, prng));
    }
  }

  async #set(client: Redis, key: string, prng: Prng): Promise<void> {
    const write = this.ledger.begin(key, 'set', portOf(client), this.#nowMs());
    const padding = prng.chance(0.01) ? LONG_PADDING : prng.below(PADDING_MAX);
    await this.#write(write, () => client.set(key, valueFrom(write.id, 'x'.repeat(padding))));
  }

  async #setFleeting(client: Redis, key: string): Promise<void> {
    const write = this.ledger.begin(key, 'fleeting', portOf(client), this.#nowMs());
    await this.#write(write, () => client.set(key, valueFrom(write.id, ''), 'PX', FLEETING_MS));
  }

  async #add(client: Redis, key: string, amount: number): Promise<void> {
    const addition = this.ledger.beginAddition(key, amount, portOf(client), this.#nowMs());
    await this.#write(addition, () => client.incrby(key, amount));
  }

  async #delete(client: Redis, key: string): Promise<void> {
    const write = this.ledger.begin(key, 'delete', portOf(client), this.#nowMs());
    const deleted = await this.#write(write, () => client.del(key));
    if (deleted === 0) write.outcome = 'without effect';
  }

  /** Reads a cart and writes it back changed, once or twice: the second time with the token of the first reply. */
  async #shop(client: Redis, key: string, prng: Prng): Promise<void> {
    const read = await this.#measured(portOf(client), () => client.call('GET', key, 'CONTEXT'));
    if (read === undefined) return;
    let { token, siblings } = readContextReply(read.reply);
    for (let left = prng.between(1, 2); left > 0; left--) {
      const items = [...new Set(siblings.flatMap(itemsIn))].sort();
      const isFull = items.length >= CART_ITEMS_MAX;
      const removed = isFull || (items.length > 0 && prng.chance(0.2)) ? [prng.pick(items)] : [];
      const write = this.ledger.beginCart(key, items, removed, portOf(client), this.#nowMs());
      const value = valueFrom(write.id, write.items.join(','));
      const written = await this.#write(write, () => client.call('SET', key, value, 'CONTEXT', token));
      if (typeof written !== 'string') return;
      token = written;
      siblings = [value];
    }
  }

  /** A plain read of a key that was written: the value must be one that was written to it. */
  async #read(client: Redis, key: string): Promise<void> {
    const read = await this.#measured(portOf(client), () => client.get(key));
    const value = read?.reply;
    if (typeof value !== 'string') return;
    if (!this.ledger.writesOf(key).some(({ id }) => id === idIn(value))) {
      this.tally.failed(`a value from nowhere was read: ${key} is ${value.slice(0, 60)}`);
    }
  }

  #onceKey(prng: Prng): string {
    return `once:${prng.below(this.#onceCount)}`;
  }

  #churnKey(lane: number, prng: Prng): string {
    return churnKey(lane, Math.floor(this.#nowMs() / CHURN_MS), prng);
  }

  /** One that is churned now, or that was. */
  #oldChurnKey(lane: number, prng: Prng): string {
    return churnKey(lane, prng.below(Math.floor(this.#nowMs() / CHURN_MS) + 1), prng);
  }

  /** Runs a write and writes down how it ended; gives the reply where it was acknowledged. */
  async #write(write: Write, run: () => Promise<unknown>): Promise<unknown> {
    const done = await this.#measured(write.port, run, (message) => {
      write.outcome = saysNothingWritten(message) ? 'refused' : 'unknown';
    });
    if (done === undefined) return undefined;
    write.outcome = 'acknowledged';
    write.endMs = this.#nowMs();
    this.tally.acknowledged++;
    return done.reply;
  }

  async #measured(
    port: number,
    run: () => Promise<unknown>,
    onError?: (message: string) => void,
  ): Promise<{ reply: unknown } | undefined> {
    const startMs = this.#nowMs();
    this.tally.ops++;
    try {
      const reply = await run();
      const tookMs = this.#nowMs() - startMs;
      if (tookMs > this.tally.longestMs) {
        this.tally.longestMs = tookMs;
        this.tally.longestAtMs = startMs;
      }
      if (tookMs > this.tally.longestCalmMs && this.#calmSinceMs(port) <= startMs) {
        this.tally.longestCalmMs = tookMs;
        this.tally.longestCalmAtMs = startMs;
      }
      return { reply };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      onError?.(message);
      this.tally.failed(message);
      return undefined;
    }
  }
}

function drawStep(mix: Mix, prng: Prng): Step {
  let draw = prng.below(100);
  for (const step of STEPS) {
    draw -= mix[step] ?? 0;
    if (draw < 0) return step;
  }
  throw new Error('the percentages of a mix add up to 100');
}

function sharedKey(prng: Prng): string {
  return `shared:${prng.below(SHARED_KEYS)}`;
}

function churnKey(lane: number, generation: number, prng: Prng): string {
  return `churn:${generation}:${lane}:${prng.below(CHURN_KEYS_A_LANE)}`;
}

function portOf(client: Redis): number {
  return client.options.port ?? 0;
}
