/**
 * Keeps the replicas of a partition equal, whatever was missed and for whatever reason (Dynamo §4.7): every
 * `periodMs` this node exchanges with one other at random. One exchange runs at a time.
 */
import { Pause } from '../background/pause.js';
import type { BackgroundTask } from '../background/task.js';
import type { Timer } from '../ports/timers.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { Peer } from '../wire/peer.js';
import { QUERY_KIND, type Queries } from '../wire/queries.js';
import { Exchange, type ExchangeReport, nodesSharingTrees, sharedTrees } from './exchange.js';
import type { ExchangeNode } from './exchange-node.js';
import { LeafKeyAnswers } from './leaf-keys.js';
import { HASH_BYTES } from './merkle-tree.js';
import { answerTreeNodes } from './tree-nodes.js';

/** The last exchange of a partition that this node began. */
export interface LastExchange {
  readonly peer: NodeId;
  readonly atMs: number;
  /** Keys that it repaired, here or there, and that it could not repair. */
  readonly pushed: number;
  readonly pulled: number;
  readonly failed: number;
}

export interface PartitionSync {
  readonly partition: Partition;
  /** Whether its trees can be used. */
  readonly built: boolean;
  /** Keys that are in them, tombstones too. */
  readonly keys: number;
  /** All that the replica holds of the partition, in 16 hex digits: replicas of the same keys have the same. */
  readonly root: string;
  readonly last: LastExchange | undefined;
}

export class AntiEntropy implements BackgroundTask {
  readonly #node: ExchangeNode;
  readonly #periodMs: number;
  readonly #pause: Pause;
  readonly #last = new Map<Partition, LastExchange>();
  #timer: Timer | undefined;
  /** Ends when the exchanges that were begun so far have. */
  #running: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #stopped = false;

  /** `periodMs` 0: only `exchangeNow` exchanges. */
  constructor(node: ExchangeNode, periodMs: number) {
    this.#node = node;
    this.#periodMs = periodMs;
    this.#pause = new Pause(node.world.timers);
  }

  /** Lets this node answer its peers. */
  answerOn(queries: Queries): void {
    const { world, replica, forest, governor } = this.#node;
    queries.on(QUERY_KIND.treeNodes, answerTreeNodes(forest));
    queries.on(QUERY_KIND.leafKeys, new LeafKeyAnswers(world, replica, forest, governor).answer);
  }

  start(): void {
    if (this.#periodMs === 0) return;
    const { timers, random } = this.#node.world;
    // Not all nodes of a cluster that was started at once at the same moment.
    this.#timer = timers.after(1 + random.below(this.#periodMs), () => {
      this.#tick();
      this.#timer = timers.every(this.#periodMs, () => this.#tick());
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.stop();
    this.#pause.stop();
    await this.#running;
  }

  /** Of each partition, or of this one. */
  status(only?: Partition): PartitionSync[] {
    const { forest } = this.#node;
    const partitions = Array.from({ length: forest.partitionCount }, (_, i) => i as Partition);
    return partitions
      .filter((partition) => only === undefined || partition === only)
      .map((partition) => ({
        partition,
        built: forest.isBuilt(partition),
        keys: forest.keys(partition),
        root: this.#root(partition),
        last: this.#last.get(partition),
      }));
  }

  /** Exchanges with every reachable node in turn all partitions that are shared with it, or only this one. Never rejects. */
  async exchangeNow(only?: Partition): Promise<ExchangeReport[]> {
    const reports = this.#partners(only).map((peer) => this.#enqueue(peer, only));
    return Promise.all(reports);
  }

  #tick(): void {
    if (this.#waiting > 0) return;
    const partners = this.#partners();
    const peer = partners[partners.length < 2 ? 0 : this.#node.world.random.below(partners.length)];
    if (peer !== undefined) void this.#enqueue(peer);
  }

  #partners(only?: Partition): Peer[] {
    if (this.#stopped) return [];
    const sharing = nodesSharingTrees(this.#node, only);
    return [...this.#node.peers.values()].filter((peer) => peer.reachable() && sharing.has(peer.id));
  }

  #enqueue(peer: Peer, only?: Partition): Promise<ExchangeReport> {
    this.#waiting++;
    const exchanged = this.#running.then(() => this.#exchange(peer, only));
    this.#running = exchanged;
    return exchanged;
  }

  async #exchange(peer: Peer, only?: Partition): Promise<ExchangeReport> {
    const shared = sharedTrees(this.#node, peer.id, only);
    const report = await new Exchange(this.#node, peer, this.#pause).run(shared);
    this.#waiting--;
    this.#note(report);
    return report;
  }

  #note({ peer, atMs, partitions, fault }: ExchangeReport): void {
    const { counters, world } = this.#node;
    let repaired = 0;
    for (const [partition, totals] of partitions) {
      this.#last.set(partition, { peer, atMs, ...totals });
      repaired += totals.pushed + totals.pulled;
    }
    if (fault === undefined) counters.exchanges++;
    else counters.exchanges_broken_off++;
    const level = repaired > 0 ? 'info' : 'debug';
    world.log[level]({ node: peer, repaired, ...(fault !== undefined && { fault }) }, 'exchanged with a node');
  }

  #root(partition: Partition): string {
    const { forest } = this.#node;
    const sum = Buffer.alloc(HASH_BYTES);
    const root = Buffer.alloc(HASH_BYTES);
    for (const n of forest.ns) {
      forest.tree(n, partition).writeRoot(root, 0);
      for (let i = 0; i < HASH_BYTES; i++) sum[i] ^= root[i];
    }
    return sum.toString('hex');
  }
}
