/** Moves partitions between nodes when the ring has changed (README.md). Puts the parts together. */
import type { GivenPage } from '../background/pull.js';
import type { BackgroundTask } from '../background/task.js';
import type { Hints } from '../handoff/hints.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import { Courses, type TransferProgress } from './progress.js';
import { Receiving } from './receiving.js';
import { Retiring } from './retiring.js';
import { rolesOf, sourcesOf } from './roles.js';
import { everyPlace, type TransferNode } from './transfer-node.js';
import { numberOf, TransferRows } from './transfer-rows.js';

export interface TransferOptions {
  /** For so long all that are to hold a partition must hold it before another node gives it up. */
  readonly retireAfterMs: number;
  /** How long tombstones are remembered. */
  readonly graceMs: number;
}

/** Partitions, each once for each N, that are under way. */
export interface TransferFigures {
  /** This node has yet to receive them. */
  readonly receiving: number;
  /** It may give them up, and waits until all have heard of it. */
  readonly retiring: number;
  /** It has given them up, and rows of them are left here. */
  readonly clearing: number;
}

export class Transfer implements BackgroundTask {
  readonly #node: TransferNode;
  readonly #rows: TransferRows;
  readonly #incoming = new Courses('incoming');
  readonly #outgoing = new Courses('outgoing');
  readonly #receiving: Receiving;
  readonly #retiring: Retiring;

  constructor(node: TransferNode, hints: Hints, { retireAfterMs, graceMs }: TransferOptions) {
    this.#node = node;
    this.#rows = new TransferRows(node.store);
    this.#receiving = new Receiving(node, this.#rows, this.#incoming, retireAfterMs);
    this.#retiring = new Retiring(node, this.#rows, hints, retireAfterMs, graceMs);
  }

  /** Finds out how far the transfers of earlier runs have come. To be awaited before `start`. Rejects with `StoreError`. */
  prepare(): Promise<void> {
    return this.#rows.load(this.#node.world.log);
  }

  start(): void {
    this.#receiving.start();
    this.#retiring.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#receiving.stop(), this.#retiring.stop()]);
  }

  /** A page of a partition was given to a peer. */
  readonly gave = (to: NodeId, { partition, n, rows, bytes, isLast }: GivenPage): void => {
    // Only who receives names an N.
    if (n === undefined) return;
    const { counters } = this.#node;
    counters.transfer_keys_sent += rows;
    counters.transfer_bytes_sent += bytes;
    this.#outgoing.moved(to, rows, bytes, this.#now());
    if (isLast) this.#outgoing.done(to, numberOf({ partition, n }), this.#now());
  };

  /** What is under way, one for each other node and direction. */
  transfers(): TransferProgress[] {
    const now = this.#now();
    const awaited = this.#retiring.awaited();
    const left = this.#leftByReceiver();
    for (const [id, { places }] of awaited) left.set(id, new Set([...(left.get(id) ?? []), ...places]));
    return [
      ...this.#incoming.report(this.#receiving.leftBySource(), now),
      ...this.#outgoing.report(left, now, awaited),
    ];
  }

  figures(): TransferFigures {
    const { left } = this.#receiving;
    return { receiving: left, retiring: this.#retiring.retiring, clearing: this.#retiring.departing };
  }

  /** Whether the rows of a place are on their way out of this node as a whole: nobody else need hand them over one by one. */
  readonly clears = (partition: Partition, n: number): boolean =>
    this.#rows.of({ partition, n })?.state === 'departing';

  /** `callback` runs once, when this node has left and nothing of it is needed any more. */
  onGone(callback: () => void): void {
    this.#retiring.onGone(callback);
  }

  /** What others are to take from this node first of all, and have not declared yet. */
  #leftByReceiver(): Map<NodeId, Set<number>> {
    const { membership } = this.#node;
    const { id } = membership.self;
    const left = new Map<NodeId, Set<number>>();
    for (const place of everyPlace(this.#node)) {
      if (!membership.holds(id, place.partition, place.n)) continue;
      const roles = rolesOf(membership, place);
      for (const receiver of roles.receivers) {
        if (sourcesOf(roles, receiver)[0] !== id) continue;
        left.set(receiver, (left.get(receiver) ?? new Set()).add(numberOf(place)));
      }
    }
    return left;
  }

  #now(): { nowMs: number; nowUs: number } {
    const { clock } = this.#node.world;
    return { nowMs: clock.nowMs(), nowUs: clock.monotonicUs() };
  }
}
