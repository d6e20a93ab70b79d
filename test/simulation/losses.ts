/**
 * What a fault may take from a machine. A run may not ask for what nobody promised: a write that was acknowledged with
 * W copies survives the loss of fewer than W, and none survives the loss of the last one.
 *
 * - `process`: what was not handed to the store is gone (kill -9);
 * - `power`: what was not synced is gone;
 * - `disk`: all is gone, or all since an older copy.
 *
 * What the durability promises may always be tried. The first losses of a run, fewer than W, may be tried too: they would
 * show a write that was acknowledged and stored nowhere. From then on an omniscient look decides: each acknowledged
 * write (and each that may still be) must have a copy elsewhere that is as safe as its keyspace asks.
 */
import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import { decodeObject } from '../../cluster/version/codec.js';
import { objectLength } from '../../cluster/version/encoded.js';
import type { VersionedObject } from '../../cluster/version/object.js';
import type { Cluster } from './cluster.js';
import { isCounted } from './counting.js';
import { viewOf } from './disk-view.js';
import type { History, Request } from './history.js';
import type { DotName, Ledger } from './ledger.js';
import { EPOCH_MS, type Machine } from './machine.js';
import type { Scheduler } from './scheduler.js';

export type Loss = 'process' | 'power' | 'disk';

/** Object buffers are flushed every second at least: two nodes that lose theirs so far apart lose different writes. */
const BUFFER_LOSS_SPACING_US = 2_500_000;
/** A disk that failed is tried again later and later. */
const BUFFER_LOSS_SPACING_AFTER_DISK_US = 6_000_000;
/** A request that nobody has heard of for so long will not be acknowledged any more. */
const ANSWER_PATIENCE_US = 10_000_000;

/** What of a disk is there after a loss. */
const LEFT_BY = { process: 'rows', power: 'synced' } as const;

export interface LossSurroundings {
  readonly scheduler: Scheduler;
  readonly cluster: Cluster;
  readonly history: History;
  readonly ledger: Ledger;
  readonly keys: readonly string[];
  readonly rows: readonly KeyspaceRow[];
  readonly rowOf: (key: string) => KeyspaceRow;
  /** Whether a node may be away for longer than deletions are remembered. */
  readonly isForgetful: boolean;
}

export class Losses {
  /** Whether a fault has taken something from a node that it had acknowledged. */
  memoryWasLost = false;
  /** Whether disks may fail for a while in this run. */
  disksFail = false;
  readonly #around: LossSurroundings;
  readonly #wMin: number;
  #lastBufferLossUs = Number.NEGATIVE_INFINITY;
  #losses = 0;

  constructor(around: LossSurroundings) {
    this.#around = around;
    this.#wMin = Math.min(...around.rows.map(({ w }) => w));
  }

  /** Whether `machine` may suffer this now. If so, it is taken as done. */
  mayLose(machine: Machine, loss: Loss): boolean {
    if (this.#isHarmless(loss)) return true;
    if (!this.#isPromised(loss) && !this.#isCopied(machine, loss)) return false;
    // Buffers that are lost far apart lose different writes; what was never synced is lost together.
    if (loss !== 'process') this.#losses++;
    this.#lastBufferLossUs = this.#around.scheduler.nowUs;
    this.memoryWasLost = true;
    return true;
  }

  /** Whether all nodes may be killed at once. */
  mayKillAll(): boolean {
    return this.#isHarmless('process');
  }

  /** Whether no acknowledged write goes by this, of whatever keyspace. */
  #isHarmless(loss: Loss): boolean {
    const { rows } = this.#around;
    if (loss === 'process') return rows.every(({ durability }) => durability !== 'buffer');
    return loss === 'power' && rows.every(({ durability }) => durability === 'fsync');
  }

  #isPromised(loss: Loss): boolean {
    const { rows } = this.#around;
    const durabilities = new Set(rows.map(({ durability }) => durability));
    if (this.#losses > 0 && this.#losses + 1 >= this.#wMin) return false;
    if (loss === 'power' && rows.every(({ durability }) => durability.startsWith('fsync')) && this.#losses === 0)
      return true;
    if (this.#wMin < 2) return false;
    return !durabilities.has('buffer') || this.#isBufferLossSpaced();
  }

  #isBufferLossSpaced(): boolean {
    const spacingUs = this.disksFail ? BUFFER_LOSS_SPACING_AFTER_DISK_US : BUFFER_LOSS_SPACING_US;
    return this.#around.scheduler.nowUs - this.#lastBufferLossUs > spacingUs;
  }

  /** Whether each write that must survive has a copy that this loss does not take. */
  #isCopied(machine: Machine, loss: Loss): boolean {
    const { keys, ledger } = this.#around;
    const writes = this.#writesToKeep();
    const copies = this.#copiesAfter(machine, loss);
    for (const key of keys) {
      const kept = writes.get(key);
      if (kept === undefined) continue;
      const names = new Set<DotName>(ledger.excusedOf(key));
      for (const record of copies(key)) for (const name of ledger.historyOf(key, objectIn(record))) names.add(name);
      for (const request of kept) {
        const dots = request.dot === undefined ? ledger.dotsOf(request.id) : [request.dot];
        if (dots.length > 0 && !dots.some((name) => names.has(name))) return false;
      }
      if (isCounted(key)) {
        // Nothing names the request that an increment was minted for, as long as it is not answered.
        const open = kept.filter(({ outcome }) => outcome === 'unknown').map(({ startedUs }) => startedUs);
        const since = open.length === 0 ? Number.POSITIVE_INFINITY : EPOCH_MS + Math.min(...open) / 1000;
        if (!ledger.mintedSince(key, since).every((name) => names.has(name))) return false;
      }
    }
    return true;
  }

  #writesToKeep(): Map<string, Request[]> {
    const writes = new Map<string, Request[]>();
    const sinceUs = this.#around.scheduler.nowUs - ANSWER_PATIENCE_US;
    for (const request of this.#around.history.requests) {
      const { kind, outcome, key, startedUs } = request;
      if (kind === 'get' || outcome === 'refused' || (outcome === 'unknown' && startedUs < sinceUs)) continue;
      const ofKey = writes.get(key);
      if (ofKey === undefined) writes.set(key, [request]);
      else ofKey.push(request);
    }
    return writes;
  }

  /** What all machines hold of a key, as safely as its keyspace asks, when `machine` has lost what it loses. */
  #copiesAfter(machine: Machine, loss: Loss): (key: string) => (Buffer | null | undefined)[] {
    const { cluster, rowOf } = this.#around;
    // Where much is forgotten, a node that is down, or about to be, may find that its disk is too old to be of any use.
    const others = cluster.machines.filter(
      (each) => each !== machine && (each.node !== undefined || !this.#around.isForgetful),
    );
    const views = others.map(({ disk }) => ({ rows: viewOf(disk), synced: viewOf(disk, 'synced') }));
    const own =
      loss === 'disk'
        ? undefined
        : { rows: viewOf(machine.disk, LEFT_BY[loss]), synced: viewOf(machine.disk, 'synced') };
    return (key) => {
      const { durability } = rowOf(key);
      const level = durability.startsWith('fsync') ? 'synced' : 'rows';
      const stored = [...views, ...(own === undefined ? [] : [own])].map((view) => view[level].get(key));
      const inMemory = durability === 'buffer' ? others.map((each) => cluster.recordInMemory(each, key)) : [];
      return [...stored, ...inMemory];
    };
  }
}

function objectIn(record: Buffer | null | undefined): VersionedObject | undefined {
  if (record === undefined || record === null) return undefined;
  return decodeObject(Buffer.from(record.subarray(0, objectLength(record))));
}
