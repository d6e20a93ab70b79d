/**
 * What goes wrong in a run: faults, one after another and sometimes several at once, drawn from some kinds. What an
 * acknowledged write may lose by them is decided in `losses.ts`; the rest of the world knows no mercy.
 */
import type { MemoryDisk } from '../../cluster/storage/memory-store.js';
import { CHANGE_KINDS, type Changes } from './changes.js';
import type { Cluster, Times } from './cluster.js';
import type { Connectivity } from './connectivity.js';
import type { Flushes } from './flushes.js';
import type { Losses } from './losses.js';
import type { Machine } from './machine.js';
import type { Prng } from './prng.js';
import type { Scheduler } from './scheduler.js';
import type { Trace } from './trace.js';

const TROUBLE_KINDS = [
  'kill',
  'unplug',
  'stop',
  'stall',
  'isolate',
  'partition',
  'reset',
  'freeze',
  'skew',
  'disk',
  'slow',
  'empty',
  'older',
  'flush',
] as const;
/** What may happen in a run, beside what clients ask for. */
export const FAULT_KINDS = [...TROUBLE_KINDS, ...CHANGE_KINDS] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const GAPS_US_MAX = [400_000, 1_500_000, 5_000_000];
const DOWNS_US_MAX = [50_000, 1_000_000, 4_000_000];
const CALM_US_MAX = 6_000_000;
/** Shorter than what anyone would notice, as long as it takes to be taken for down, and far longer. */
const CUTS_US_MAX = [400_000, 4_000_000, 20_000_000];
const FREEZES_US_MAX = [500_000, 3_000_000, 12_000_000];
const SLOW_US_MAX = 5_000_000;
const SLOW_DISK_FACTOR = 30;
const DISK_FAILURE_US_MAX = 1_500_000;
/** A node that was away for nearly the grace may find that it was away for longer. */
const GRACE_MARGIN_MS = 1_500;
const AT_ONCE_MAX = 3;
/** In how many of the runs databases are flushed: what is flushed is not missed, whatever else has gone wrong. */
const FLUSH_CHANCE = 0.2;
/** Older copies of a disk that are kept, of all machines together. */
const COPIES_MAX = 8;

export interface FaultSurroundings {
  readonly scheduler: Scheduler;
  readonly cluster: Cluster;
  readonly trace: Trace;
  readonly losses: Losses;
  readonly connectivity: Connectivity;
  readonly changes: Changes;
  readonly flushes: Flushes;
  /** Whether nodes may come and go. */
  readonly isElastic: boolean;
  /** What may go wrong; drawn if absent. */
  readonly kinds: readonly FaultKind[] | undefined;
  readonly times: Times;
  /** How many times longer than usual it is from one fault to the next. */
  readonly pace: number;
}

interface Copy {
  readonly machine: Machine;
  readonly disk: MemoryDisk;
}

export class Faults {
  readonly #random: Prng;
  readonly #around: FaultSurroundings;
  readonly #kinds: readonly FaultKind[];
  readonly #gapUsMax: number;
  readonly #downUsMax: number;
  readonly #acts: Record<FaultKind, (machine: Machine, other: Machine) => void>;
  readonly #copies: Copy[] = [];
  readonly #counts = new Map<FaultKind, number>();
  #ended = false;

  constructor(random: Prng, around: FaultSurroundings) {
    this.#random = random;
    this.#around = around;
    // Swarm testing (Groce et al. 2012): a run that draws from few kinds of faults gets further with each.
    const changes = around.isElastic ? CHANGE_KINDS.filter(() => random.chance(0.6)) : [];
    const drawn = TROUBLE_KINDS.filter((kind) => random.chance(kind === 'flush' ? FLUSH_CHANCE : 0.4));
    const kinds = around.kinds ?? [...drawn, ...changes];
    this.#kinds = kinds.length === 0 ? TROUBLE_KINDS : kinds;
    around.losses.disksFail = this.#kinds.includes('disk');
    this.#gapUsMax = random.pick(GAPS_US_MAX) * around.pace;
    this.#downUsMax = random.pick(DOWNS_US_MAX) * around.pace;
    this.#acts = {
      kill: (machine) => this.#kill(machine),
      unplug: (machine) => this.#crash(machine, 'power'),
      stop: (machine) => this.#stop(machine),
      stall: (machine, other) => this.#cut([machine], [other], this.#random.chance(0.5)),
      isolate: (machine) => this.#isolate(machine),
      partition: () => this.#partition(),
      reset: (machine, other) => this.#reset(machine, other),
      freeze: (machine) => machine.freeze(this.#random.below(this.#random.pick(FREEZES_US_MAX))),
      skew: (machine) => this.#skew(machine),
      disk: (machine) => this.#failDisk(machine),
      slow: (machine) => this.#slow(machine),
      empty: (machine) => this.#loseDisk(machine, undefined),
      older: (machine) => this.#restoreCopy(machine),
      flush: (machine) => around.flushes.strike(machine),
      join: () => around.changes.join(),
      leave: (machine) => around.changes.leave(machine),
      forget: (machine) => around.changes.forget(machine),
      replace: (machine) => around.changes.replace(machine),
    };
  }

  /** Whether nothing goes wrong: nodes come and go, and that in good order. */
  get isOrderly(): boolean {
    return this.#kinds.every((kind) => kind === 'join' || kind === 'leave');
  }

  /** How often each kind of fault struck, for people. */
  get summary(): string {
    return [...this.#counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
  }

  start(): void {
    // Clocks are not together when a run begins.
    if (this.#kinds.includes('skew')) for (const machine of this.#around.cluster.machines) this.#skew(machine);
    this.#later(() => this.#next(), this.#gapUsMax);
  }

  /** No more faults: the network heals, all machines run. */
  end(): void {
    this.#ended = true;
    this.#around.trace.line('world', 'faults end');
    this.#around.cluster.network.heal();
    for (const machine of this.#around.cluster.machines) {
      machine.thaw();
      machine.diskFactor = 1;
      machine.start();
    }
  }

  #next(): void {
    if (this.#ended) return;
    const { machines } = this.#around.cluster;
    this.#maybeCopy(this.#random.pick(machines));
    const atOnce = this.#random.chance(0.1) ? this.#random.between(2, AT_ONCE_MAX) : 1;
    for (let i = 0; i < atOnce; i++) {
      const machine = this.#random.pick(machines);
      const other = this.#random.pick(machines.filter((each) => each !== machine));
      const kind = this.#random.pick(this.#kinds);
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
      this.#acts[kind](machine, other);
    }
    // A calm now and then: what is always broken shows less.
    this.#later(() => this.#next(), this.#random.chance(0.2) ? CALM_US_MAX * this.#around.pace : this.#gapUsMax);
  }

  #kill(machine: Machine): void {
    this.#crash(machine, 'process');
    if (!this.#around.losses.mayKillAll() || !this.#random.chance(0.2)) return;
    for (const each of this.#around.cluster.machines) this.#crash(each, 'process');
  }

  #crash(machine: Machine, loss: 'process' | 'power'): void {
    const downUs = this.#random.below(this.#downUsMax);
    const suffered = this.#startsOver(machine, downUs, loss === 'power' ? 'synced' : 'rows') ? 'disk' : loss;
    if (machine.life === undefined || !this.#around.losses.mayLose(machine, suffered)) return;
    machine.crash(loss);
    this.#around.scheduler.after(downUs, undefined, () => machine.start());
  }

  /** Whether a node that is down for so long, and keeps that much of its disk, may find that it was away for too long, and forget what it has. */
  #startsOver(machine: Machine, downUs: number, kept: 'rows' | 'synced' = 'rows'): boolean {
    const { tombstoneGraceMs } = this.#around.times;
    const awayMs = machine.nowMs - (machine.lastSignMs(kept) ?? 0) + downUs / 1000;
    return awayMs + GRACE_MARGIN_MS > tombstoneGraceMs;
  }

  /** Puts a copy of the disk, or an empty one, in its place. */
  #loseDisk(machine: Machine, copy: MemoryDisk | undefined): void {
    if (machine.life === undefined || !this.#around.losses.mayLose(machine, 'disk')) return;
    machine.crash('process');
    machine.replaceDisk(copy);
    this.#later(() => machine.start(), this.#downUsMax);
  }

  #restoreCopy(machine: Machine): void {
    const copies = this.#copies.filter((copy) => copy.machine === machine);
    if (copies.length === 0) return;
    const { disk } = this.#random.pick(copies);
    this.#loseDisk(machine, { rows: new Map(disk.rows), unsynced: [], synced: new Map(disk.synced) });
  }

  #maybeCopy(machine: Machine): void {
    if (!this.#kinds.includes('older') || machine.disk === undefined || !this.#random.chance(0.5)) return;
    this.#copies.push({ machine, disk: machine.copyOfDisk() });
    if (this.#copies.length > COPIES_MAX) this.#copies.splice(this.#random.below(COPIES_MAX), 1);
  }

  #stop(machine: Machine): void {
    // Without its disk a node does not stop in good order; that is a kill, and has rules of its own.
    if (machine.life?.store?.failWrites !== undefined) return;
    const downUs = this.#random.below(this.#downUsMax);
    if (this.#startsOver(machine, downUs) && !this.#around.losses.mayLose(machine, 'disk')) return;
    machine.stop(() => this.#around.scheduler.after(downUs, undefined, () => machine.start()));
  }

  /** Nothing gets from one side to the other for a while, nor back unless `oneWay`. */
  #cut(side: readonly Machine[], otherSide: readonly Machine[], oneWay: boolean): void {
    const { network } = this.#around.cluster;
    const durationUs = this.#random.below(this.#random.pick(CUTS_US_MAX));
    const drops = this.#random.chance(0.3);
    const names = [side, otherSide].map((machines) => machines.map(({ host }) => host).join(','));
    const how = drops ? 'drops' : 'holds back';
    this.#around.trace.line('world', `${how} ${names.join(oneWay ? ' > ' : ' <> ')} for ${durationUs} µs`);
    for (const a of side) {
      for (const b of otherSide) {
        if (drops) network.drop(a.host, b.host, durationUs);
        else network.stall(a.host, b.host, durationUs);
        if (!oneWay) network.stall(b.host, a.host, durationUs);
        // What is dropped may be over before anybody looks.
        this.#around.connectivity.disturb(a, b);
      }
    }
  }

  #isolate(machine: Machine): void {
    for (const other of this.#around.cluster.machines) {
      if (other !== machine) this.#cut([machine], [other], this.#random.chance(0.3));
    }
  }

  /** Two parts of the cluster, of any size, that do not hear each other, or of which one does not hear the other. */
  #partition(): void {
    const { machines } = this.#around.cluster;
    const side = machines.filter(() => this.#random.chance(0.5));
    const otherSide = machines.filter((machine) => !side.includes(machine));
    if (side.length > 0 && otherSide.length > 0) this.#cut(side, otherSide, this.#random.chance(0.3));
  }

  #reset(a: Machine, b: Machine): void {
    this.#around.trace.line('world', `resets ${a.host} - ${b.host}`);
    this.#around.cluster.network.reset(a.host, b.host);
    this.#around.connectivity.disturb(a, b);
  }

  /** The wall clock jumps, forwards or backwards; the process, if one runs, sees it at once. */
  #skew(machine: Machine): void {
    const { skewMsMax } = this.#around.times;
    machine.skewMs = this.#random.between(-skewMsMax, skewMsMax);
    this.#around.trace.line(machine.host, `clock is ${machine.skewMs} ms off`);
  }

  #slow(machine: Machine): void {
    const durationUs = this.#random.below(SLOW_US_MAX);
    const what = this.#random.pick(['disk', 'network'] as const);
    this.#around.trace.line(machine.host, `has a slow ${what} for ${durationUs} µs`);
    if (what === 'network') {
      this.#around.cluster.network.slow(machine.host, durationUs);
      return;
    }
    machine.diskFactor = SLOW_DISK_FACTOR;
    this.#around.scheduler.after(durationUs, undefined, () => {
      machine.diskFactor = 1;
    });
  }

  #failDisk(machine: Machine): void {
    const store = machine.life?.store;
    if (store === undefined || machine.node === undefined) return;
    const durationUs = this.#random.below(DISK_FAILURE_US_MAX);
    this.#around.trace.line(machine.host, `disk fails for ${durationUs} µs`);
    store.failWrites = 'the disk is full';
    if (this.#random.chance(0.5)) store.failReads = 'the disk can not be read';
    this.#around.scheduler.after(durationUs, undefined, () => {
      store.failWrites = undefined;
      store.failReads = undefined;
    });
  }

  #later(callback: () => void, upToUs: number): void {
    this.#around.scheduler.after(this.#random.below(upToUs), undefined, callback);
  }
}
