/** A machine of a simulated cluster: its disk and its clock last, its processes come and go. */

import { nodeIdOf } from '../../cluster/membership/node-id.js';
import { ClusterNode } from '../../cluster/node.js';
import type { NodeOptions } from '../../cluster/options.js';
import type { Timers } from '../../cluster/ports/timers.js';
import type { World } from '../../cluster/ports/world.js';
import type { NodeId } from '../../cluster/ring/ring.js';
import { STORAGE_KIND, storageKey } from '../../cluster/storage/layout.js';
import { type MemoryDisk, MemoryStore } from '../../cluster/storage/memory-store.js';
import { readU64 } from '../../cluster/version/words.js';
import { Bell } from './bell.js';
import type { Network } from './network.js';
import type { Prng } from './prng.js';
import type { Process, Scheduler } from './scheduler.js';
import type { Trace } from './trace.js';

/** The wall clock of a machine without skew when a run begins: the year 2027. */
export const EPOCH_MS = 1_800_000_000_000;

/** Where each machine's node listens for the others. */
export const PEER_PORT = 16379;

/** A process that ended because it could not open is started again after so long. */
const RESTART_US = 1_000_000;

const SIGN_ROW = storageKey(STORAGE_KIND.meta, 0, 0, 'alive').toString('latin1');

/** Changes what a process gets or is: the mutation tests break nodes here. */
export interface Tampering {
  /** A process of a machine is about to start. */
  world?(machine: Machine, world: World): World;
  store?(machine: Machine, store: MemoryStore): MemoryStore;
  node?(machine: Machine, node: ClusterNode): void;
}

/** One process of a machine. */
export class Life implements Process {
  alive = true;
  frozenUntilUs = 0;
  /** Undefined until the node has opened. */
  node: ClusterNode | undefined;
  store: MemoryStore | undefined;
}

export interface MachineSurroundings {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly trace: Trace;
  readonly tampering: Tampering;
  /** How long a read or write of a disk takes, ms. */
  readonly diskMs: (random: Prng) => number;
  /** A node has opened; its replica can be watched from the first write on. */
  readonly opened: (machine: Machine, node: ClusterNode) => void;
  /** The node has left, and its process has ended. */
  readonly left: (machine: Machine) => void;
  /** The node code broke in a way that no fault explains. */
  readonly broke: (reason: string) => void;
}

/** What a machine is to the cluster; `out`: its node has left, was forgotten, or is to be. */
export type Standing = 'joining' | 'in' | 'leaving' | 'out';

export class Machine {
  readonly host: string;
  /** Of its node. */
  readonly id: NodeId;
  standing: Standing = 'in';
  /** Since when it has that, simulated µs. */
  standingSinceUs = Number.NEGATIVE_INFINITY;
  /** Wall clock ahead of true time, ms. */
  skewMs = 0;
  /** How many times slower than usual the disk is. */
  diskFactor = 1;
  life: Life | undefined;
  readonly #around: MachineSurroundings;
  #options: NodeOptions;
  readonly #random: Prng;
  #disk: MemoryDisk | undefined;

  constructor(host: string, options: NodeOptions, random: Prng, around: MachineSurroundings) {
    this.host = host;
    this.id = nodeIdOf(host, PEER_PORT);
    this.#options = options;
    this.#random = random;
    this.#around = around;
  }

  /** Its next process is started with these. */
  set options(options: NodeOptions) {
    this.#options = options;
  }

  /** The node, while it is open. */
  get node(): ClusterNode | undefined {
    return this.life?.node;
  }

  /** What the disk holds. */
  get disk(): MemoryDisk | undefined {
    return this.life?.store?.disk ?? this.#disk;
  }

  /** Starts a process, unless one runs or none is to run here any more. */
  start(): void {
    if (this.life !== undefined || this.standing === 'out') return;
    const { scheduler, tampering, trace, diskMs, network } = this.#around;
    const life = new Life();
    this.life = life;
    network.poweredOn(this.host);
    const random = this.#random.fork();
    const diskRandom = this.#random.fork();
    const timers = timersOf(scheduler, life);
    const disk = this.#disk;
    const fresh = new MemoryStore(timers, {
      latencyMs: () => diskMs(diskRandom) * this.diskFactor,
      ...(disk && { disk }),
    });
    const store = tampering.store?.(this, fresh) ?? fresh;
    life.store = store;
    const world: World = {
      clock: {
        nowMs: () => this.nowMs,
        monotonicUs: () => scheduler.nowUs,
      },
      timers,
      random: { bytes: (count) => random.bytes(count), below: (bound) => random.below(bound) },
      transport: network.transportOf(this.host, life),
      latencies: { recorder: () => ({ record: () => undefined }) },
      log: trace.log(this.host),
    };
    trace.line(this.host, 'starts');
    ClusterNode.open(tampering.world?.(this, world) ?? world, store, this.#options).then(
      (node) => this.#opened(life, node),
      (error: unknown) => {
        if (life.alive) this.#notOpened(life, error);
      },
    );
  }

  /** Ends the process at once: `process` as by kill -9, `power` as by pulling the plug. */
  crash(lost: 'process' | 'power'): void {
    const { life } = this;
    if (life === undefined) return;
    this.#around.trace.line(this.host, lost === 'power' ? 'loses power' : 'is killed');
    life.alive = false;
    this.#disk = life.store?.crash(lost);
    if (lost === 'power') this.#around.network.powerLost(life);
    else this.#around.network.processDied(life);
    this.life = undefined;
  }

  /**
   * When, by its own clock, the machine's disk was last told that its node is alive; ms, undefined: never. `synced`: as a loss of
   * power leaves it. Signs are not synced, so that one of a node that writes nothing else may be much older.
   */
  lastSignMs(level: 'rows' | 'synced' = 'rows'): number | undefined {
    const row = this.disk?.[level].get(SIGN_ROW);
    return row === undefined ? undefined : readU64(row, 0);
  }

  /** What its clock shows, ms. */
  get nowMs(): number {
    return EPOCH_MS + Math.floor(this.#around.scheduler.nowUs / 1000) + this.skewMs;
  }

  /** What a backup of the disk would hold now. */
  copyOfDisk(): MemoryDisk {
    const rows = this.disk?.rows ?? [];
    return { rows: new Map(rows), unsynced: [], synced: new Map(rows) };
  }

  /** Puts another disk into a machine that does not run; undefined: an empty one. */
  replaceDisk(disk: MemoryDisk | undefined): void {
    if (this.life !== undefined) throw new Error('the disk of a running machine is not replaced');
    this.#around.trace.line(this.host, disk === undefined ? 'has its disk emptied' : 'gets an older copy of its disk');
    this.#disk = disk;
  }

  /** Asks the process to stop in good order; `done` is called when it has. */
  stop(done: () => void): void {
    const { life } = this;
    const node = life?.node;
    if (life === undefined || node === undefined) {
      done();
      return;
    }
    this.#around.trace.line(this.host, 'is asked to stop');
    life.node = undefined;
    this.#around.scheduler.after(0, life, () => this.#close(life, node, done));
  }

  /** Nothing of the process runs for so long (SIGSTOP, or a long pause of the garbage collector). */
  freeze(durationUs: number): void {
    if (this.life === undefined) return;
    this.#around.trace.line(this.host, `freezes for ${durationUs} µs`);
    this.life.frozenUntilUs = this.#around.scheduler.nowUs + durationUs;
  }

  /** A freeze ends before its time. */
  thaw(): void {
    if (this.life === undefined) return;
    this.life.frozenUntilUs = 0;
    this.#around.scheduler.thaw(this.life);
  }

  #close(life: Life, node: ClusterNode, done: () => void): void {
    const closed = node.close().then(() => life.store?.close());
    closed.then(
      () => {
        if (!life.alive) return;
        this.#around.trace.line(this.host, 'has stopped');
        this.#ended(life);
        done();
      },
      (error: unknown) => {
        if (life.alive) this.#around.broke(`${this.host} could not stop: ${String(error)}`);
      },
    );
  }

  /** A node that has left may refuse to start; one that joins, where its seed itself lacks what it asks for: it tries again. */
  #notOpened(life: Life, error: unknown): void {
    const { membership } = this.#options;
    const joins = 'seeds' in membership && membership.seeds.length > 0;
    if (this.standing !== 'leaving' && !joins) {
      this.#around.broke(`${this.host} could not open: ${String(error)}`);
      return;
    }
    this.#around.trace.line(this.host, `could not open: ${String(error)}`);
    this.#ended(life);
    if (this.standing === 'leaving') this.#around.left(this);
    else this.#around.scheduler.after(RESTART_US, undefined, () => this.start());
  }

  #ended(life: Life): void {
    life.alive = false;
    this.#disk = life.store?.disk;
    this.#around.network.processDied(life);
    this.life = undefined;
  }

  #opened(life: Life, node: ClusterNode): void {
    if (!life.alive) return;
    life.node = node;
    node.transfer?.onGone(() => {
      if (life.node === node) this.stop(() => this.#around.left(this));
    });
    this.#around.opened(this, node);
    this.#around.tampering.node?.(this, node);
    this.#around.trace.line(this.host, 'is open');
  }
}

function timersOf(scheduler: Scheduler, life: Life): Timers {
  /** By period: the one that was begun last. */
  const bells = new Map<number, Bell>();
  let turn: (() => void)[] = [];
  let spare: (() => void)[] = [];
  const runTurn = (): void => {
    const callbacks = turn;
    turn = spare;
    for (const callback of callbacks) callback();
    callbacks.length = 0;
    spare = callbacks;
  };
  return {
    after(delayMs, callback) {
      return scheduler.after(delayMs * 1000, life, callback);
    },
    every(periodMs, callback) {
      // What began together goes on together, as one event: a node has such a timer for each other one.
      let bell = bells.get(periodMs);
      if (bell === undefined || bell.sinceUs !== scheduler.nowUs) {
        bell = new Bell(scheduler, life, periodMs);
        bells.set(periodMs, bell);
      }
      return bell.add(callback);
    },
    endOfTurn(callback) {
      if (turn.push(callback) === 1) scheduler.atEndOfInstant(life, runTurn);
    },
  };
}
