/**
 * Flushes of the database that clients use, and swaps, as something that happens in a run. What must hold of them:
 *
 * - whoever could be reached all along has been told by the time of the OK;
 * - what such a node acknowledged before the flush began is gone, and comes into no answer of a node that was told;
 * - what it mints after the OK is above the watermark, and so is not excused when it gets lost;
 * - in the end all nodes know the same.
 *
 * What nodes that could not be reached have taken is before or after by their own clocks: the watermark decides, and the checks of
 * a run excuse what is up to it.
 */
import type { ClusterNode } from '../../cluster/node.js';
import { decodeObject } from '../../cluster/version/codec.js';
import type { Cluster } from './cluster.js';
import { DB } from './disk-view.js';
import type { History, Request } from './history.js';
import { type DotName, dotName, type Ledger } from './ledger.js';
import type { Life, Machine } from './machine.js';
import type { Prng } from './prng.js';
import type { Trace } from './trace.js';

const SWAP_CHANCE = 0.2;
const DATABASES = 16;

export interface FlushSurroundings {
  readonly cluster: Cluster;
  readonly trace: Trace;
  readonly history: History;
  readonly ledger: Ledger;
  readonly violation: (text: string) => void;
}

/** A flush that was answered with OK. */
interface Flush {
  readonly upTo: number;
  readonly host: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Those that could be reached all along, and the one that ran it. */
  readonly toldHosts: ReadonlySet<string>;
}

/** Of which flush a process was told, and from which place in the order of calls and answers on it must know. */
interface Told {
  readonly upTo: number;
  readonly at: number;
}

export class Flushes {
  readonly #random: Prng;
  readonly #around: FlushSurroundings;
  readonly #acknowledged: Flush[] = [];
  /** By process: of which flushes it was told, in that order. */
  readonly #toldOf = new Map<Life, Told[]>();
  #begun = 0;

  constructor(random: Prng, around: FlushSurroundings) {
    this.#random = random;
    this.#around = around;
  }

  /** Whether any flush was asked for: it may have happened, whatever came of it. */
  get anyBegun(): boolean {
    return this.#begun > 0;
  }

  /** Looks at what the node mints from now on. */
  watch({ host, life }: Machine, { replica }: ClusterNode): void {
    if (life === undefined) return;
    const store = replica.store.bind(replica);
    replica.store = (partition, db, key, record, durability, waiter) => {
      const upTo = this.#toldBy(life, Number.POSITIVE_INFINITY);
      const [newest] = decodeObject(record).siblings;
      if (newest !== undefined && newest.dot.counter <= upTo) {
        this.#around.violation(`flushed before it was written: ${dotName(newest.dot)} of ${key} at ${host}`);
      }
      return store(partition, db, key, record, durability, waiter);
    };
  }

  /** Has the node of the machine flush, or now and then swap two databases. */
  strike(machine: Machine): void {
    const { life, node } = machine;
    if (life === undefined || node === undefined) return;
    if (this.#random.chance(SWAP_CHANCE)) {
      const [a, b] = [this.#random.below(DATABASES), this.#random.below(DATABASES)];
      this.#around.trace.line(machine.host, `swaps the databases ${a} and ${b}`);
      void node.databases.swap(a, b);
      return;
    }
    const { cluster, history, trace } = this.#around;
    trace.line(machine.host, 'flushes');
    this.#begun++;
    const startedAt = history.mark();
    const reachable = new Map<Machine, number>();
    for (const each of cluster.machines) {
      const view = node.peers.get(each.id)?.view();
      if (view?.reachable === true) reachable.set(each, view.changes);
    }
    void node.databases.flush([DB]).then((upTo) => {
      if (!life.alive || typeof upTo !== 'number') return;
      const reached = cluster.machines.filter((each) => {
        if (each === machine) return true;
        const changes = reachable.get(each);
        return each.node !== undefined && changes !== undefined && changes === node.peers.get(each.id)?.view().changes;
      });
      trace.line(machine.host, `has flushed up to ${upTo}, with ${reached.map(({ host }) => host).join(',')}`);
      for (const each of reached) this.#wasTold(each, upTo);
      this.#acknowledged.push({
        upTo,
        host: machine.host,
        startedAt,
        endedAt: history.mark(),
        toldHosts: new Set(reached.map(({ host }) => host)),
      });
    });
  }

  /** What of a key no one need find: it is up to the watermark that all nodes know in the end. */
  excusedOf(key: string): ReadonlySet<DotName> {
    const upTo = this.#finalWatermark();
    const names = new Set<DotName>();
    for (const { name, sibling } of this.#around.ledger.mintedOf(key)) if (sibling.dot.counter <= upTo) names.add(name);
    return names;
  }

  /** At the end, when all has settled. */
  check(keys: readonly string[], shown: (key: string) => readonly DotName[]): void {
    const { cluster, history, violation } = this.#around;
    const known = new Set(cluster.machines.map(({ node }) => JSON.stringify(knownTo(node))));
    if (known.size > 1) violation(`no agreement about databases: ${[...known].join(' or ')}`);
    for (const key of keys) {
      const excused = this.excusedOf(key);
      for (const name of shown(key)) if (excused.has(name)) violation(`outlived a flush: ${key} holds ${name}`);
    }
    for (const flush of this.#acknowledged) for (const request of history.requests) this.#checkRequest(flush, request);
  }

  #checkRequest({ upTo, host, startedAt, endedAt, toldHosts }: Flush, request: Request): void {
    const { ledger, violation } = this.#around;
    const { id, key, kind, outcome } = request;
    if (kind === 'get' && request.startedAt > endedAt && request.life !== undefined) {
      if (this.#toldBy(request.life, request.startedAt) < upTo) return;
      for (const { dot } of request.object?.siblings ?? []) {
        if (dot.counter <= upTo) violation(`outlived a flush: get ${id} of ${key} was shown ${dotName(dot)}`);
      }
      return;
    }
    if (kind === 'get' || outcome !== 'acknowledged' || (request.endedAt ?? startedAt) >= startedAt) return;
    for (const name of request.dot === undefined ? ledger.dotsOf(id) : [request.dot]) {
      const minted = ledger.mintedOf(key).find((each) => each.name === name);
      if (minted !== undefined && minted.sibling.dot.counter > upTo && toldHosts.has(minted.host)) {
        violation(`outlived a flush: ${kind} ${id} of ${key} at ${minted.host} was before that at ${host}`);
      }
    }
  }

  #wasTold({ host, life, node }: Machine, upTo: number): void {
    if (life === undefined) return;
    if (node !== undefined && node.databases.flushedUpTo(DB) < upTo) {
      this.#around.violation(`not told of a flush: ${host}`);
      return;
    }
    const told = this.#toldOf.get(life) ?? [];
    told.push({ upTo, at: this.#around.history.mark() });
    this.#toldOf.set(life, told);
  }

  /** The highest watermark of which the process had been told by then. */
  #toldBy(life: Life, at: number): number {
    const told = this.#toldOf.get(life) ?? [];
    return told.reduce((highest, each) => (each.at < at ? Math.max(highest, each.upTo) : highest), 0);
  }

  #finalWatermark(): number {
    return Math.max(0, ...this.#around.cluster.machines.map(({ node }) => node?.databases.flushedUpTo(DB) ?? 0));
  }
}

function knownTo(node: ClusterNode | undefined): unknown {
  if (node === undefined) return undefined;
  const dbs = Array.from({ length: DATABASES }, (_, db) => db);
  return dbs.map((db) => [node.databases.stored(db), node.databases.flushedUpTo(db)]);
}
