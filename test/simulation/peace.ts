/** What follows when the faults of a run have ended: all must come right by itself, within a bound of simulated time. */
import { slotOf } from '../../cluster/ring/slots.js';
import { decodeObject } from '../../cluster/version/codec.js';
import { objectLength } from '../../cluster/version/encoded.js';
import type { Changes } from './changes.js';
import type { Cluster } from './cluster.js';
import { DB } from './disk-view.js';
import type { History } from './history.js';
import type { Machine } from './machine.js';
import type { Scheduler } from './scheduler.js';
import type { Settlement } from './settle.js';

const SETTLE_MS_MIN = 15_000;
/**
 * The bound within which all must be well: a node that could not be brought its hints is left alone for up to a minute, and
 * each node exchanges with one other, drawn at random, every two seconds at least.
 */
const SETTLE_MS_MAX = 120_000;
/** Changes come to rest one after the other: a node goes once all that take its place hold what it held. */
const CHANGES_MS_MAX = 180_000;
const LOOK_MS = 500;
/** With more machines looks are rarer: each compares all that they hold. */
const MACHINES_USUAL = 20;
const SHORT_LOOK_MS = 20;

export interface PeaceSurroundings {
  readonly scheduler: Scheduler;
  readonly cluster: Cluster;
  readonly history: History;
  readonly keys: readonly string[];
  readonly settlement: Settlement;
  readonly changes: Changes;
  readonly nextId: () => number;
  readonly violation: (text: string) => void;
}

export class Peace {
  readonly #around: PeaceSurroundings;
  #sweptKeys = 0;

  constructor(around: PeaceSurroundings) {
    this.#around = around;
  }

  /** Waits until all nodes reach each other and nobody joins or leaves any more. Answers whether that came true. */
  async comes(): Promise<boolean> {
    const { changes, cluster } = this.#around;
    // Links that a stall has killed are noticed some seconds later.
    await this.#pause(SETTLE_MS_MIN);
    if (changes.begun > 0) {
      await this.#until(() => changes.left().length === 0, CHANGES_MS_MAX, LOOK_MS);
      for (const text of changes.left()) this.#around.violation(text);
    }
    return this.#waitFor(() => cluster.isWhole(), 'all nodes to reach each other');
  }

  /** Waits until the cluster has put all right by itself. */
  async settle(): Promise<void> {
    const { cluster, settlement, violation } = this.#around;
    const lookMs = LOOK_MS * Math.max(1, Math.floor(cluster.machines.length / MACHINES_USUAL));
    await this.#until(() => settlement.left().length === 0, SETTLE_MS_MAX, lookMs);
    for (const text of settlement.left()) violation(text);
  }

  /** Reads every key through every node, which repairs. */
  async sweep(): Promise<void> {
    for (const machine of this.#around.cluster.machines) {
      for (const key of this.#around.keys) this.#readThrough(machine, key);
      await this.#waitFor(() => this.#sweptKeys === 0, 'the reads of a sweep');
      await this.#pause(300);
    }
  }

  async flush(): Promise<void> {
    let left = 0;
    for (const { node } of this.#around.cluster.machines) {
      left++;
      node?.replica.flush().then(
        () => left--,
        (error: unknown) => this.#around.violation(`no flush in peace: ${String(error)}`),
      );
    }
    await this.#waitFor(() => left === 0, 'the flushes');
  }

  #readThrough({ host, life, node }: Machine, key: string): void {
    const { history, nextId, violation } = this.#around;
    const id = nextId();
    const request = history.begin({ id, client: -1, session: id, host, life, key, kind: 'get' });
    this.#sweptKeys++;
    node?.openSession().get(DB, slotOf(Buffer.from(key)), key, undefined, (_state, failure, bytes) => {
      this.#sweptKeys--;
      history.end(request, failure === undefined ? 'acknowledged' : 'refused');
      if (failure !== undefined) violation(`no answer in peace: ${key} at ${host}: ${failure.code}`);
      if (bytes !== undefined) request.object = decodeObject(Buffer.from(bytes.subarray(0, objectLength(bytes))));
    });
  }

  async #waitFor(isDone: () => boolean, what: string): Promise<boolean> {
    await this.#until(isDone, SETTLE_MS_MAX, SHORT_LOOK_MS);
    const done = isDone();
    if (!done) this.#around.violation(`waited in vain for ${what}`);
    return done;
  }

  async #until(isDone: () => boolean, withinMs: number, lookMs: number): Promise<void> {
    const untilUs = this.#around.scheduler.nowUs + withinMs * 1000;
    while (!isDone() && this.#around.scheduler.nowUs < untilUs) await this.#pause(lookMs);
  }

  async #pause(ms: number): Promise<void> {
    await this.#around.scheduler.run(this.#around.scheduler.nowUs + ms * 1000);
  }
}
