/**
 * What goes wrong in a run: one fault after another, drawn from those that the configured durability promises to
 * survive. What an acknowledged write may lose is fixed in `mayLose`; the rest of the world knows no mercy.
 */
import type { KeyspaceRow } from '../../cluster/coordinator/keyspaces.js';
import type { Cluster } from './cluster.js';
import type { Machine } from './machine.js';
import type { Prng } from './prng.js';
import type { Scheduler } from './scheduler.js';
import type { Trace } from './trace.js';

type Durability = KeyspaceRow['durability'];

export const FAULT_KINDS = ['kill', 'unplug', 'stop', 'stall', 'isolate', 'reset', 'freeze', 'skew', 'disk'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const GAPS_US_MAX = [400_000, 1_500_000, 5_000_000];
const DOWNS_US_MAX = [50_000, 1_000_000, 4_000_000];
const CALM_US_MAX = 6_000_000;
const STALL_US_MAX = 4_000_000;
const FREEZE_US_MAX = 3_000_000;
const DISK_FAILURE_US_MAX = 1_500_000;
const SKEW_MS_MAX = 20_000;
/** Object buffers are flushed every second at least: two nodes that lose theirs so far apart lose different writes. */
const BUFFER_LOSS_SPACING_US = 2_500_000;
/** A disk that failed is tried again later and later. */
const BUFFER_LOSS_SPACING_AFTER_DISK_US = 6_000_000;

export interface FaultSurroundings {
  readonly scheduler: Scheduler;
  readonly cluster: Cluster;
  readonly trace: Trace;
  /** The weakest durability of the keyspaces, and their smallest W. */
  readonly durability: Durability;
  readonly w: number;
  /** What may go wrong; drawn if absent. */
  readonly kinds: readonly FaultKind[] | undefined;
}

export class Faults {
  /** Whether a fault has taken something from a node that it had acknowledged. */
  memoryWasLost = false;
  readonly #random: Prng;
  readonly #around: FaultSurroundings;
  readonly #kinds: readonly FaultKind[];
  readonly #gapUsMax: number;
  readonly #downUsMax: number;
  #ended = false;
  #lastLossUs = Number.NEGATIVE_INFINITY;
  #unsyncedLosses = 0;

  constructor(random: Prng, around: FaultSurroundings) {
    this.#random = random;
    this.#around = around;
    // Swarm testing (Groce et al. 2012): a run that draws from few kinds of faults gets further with each.
    const kinds = around.kinds ?? FAULT_KINDS.filter(() => random.chance(0.5));
    this.#kinds = kinds.length === 0 ? FAULT_KINDS : kinds;
    this.#gapUsMax = random.pick(GAPS_US_MAX);
    this.#downUsMax = random.pick(DOWNS_US_MAX);
  }

  start(): void {
    this.#later(() => this.#next(), this.#gapUsMax);
  }

  /** No more faults: the network heals, all machines run. */
  end(): void {
    this.#ended = true;
    this.#around.trace.line('world', 'faults end');
    this.#around.cluster.network.heal();
    for (const machine of this.#around.cluster.machines) {
      if (machine.life !== undefined) machine.life.frozenUntilUs = 0;
      machine.start();
    }
  }

  #next(): void {
    if (this.#ended) return;
    const { cluster } = this.#around;
    const machine = this.#random.pick(cluster.machines);
    const other = this.#random.pick(cluster.machines.filter((each) => each !== machine));
    switch (this.#random.pick(this.#kinds)) {
      case 'kill':
        this.#kill(machine);
        break;
      case 'unplug':
        this.#unplug(machine);
        break;
      case 'stop':
        this.#stop(machine);
        break;
      case 'stall':
        this.#stall(machine, other, this.#random.chance(0.5));
        break;
      case 'isolate':
        this.#isolate(machine);
        break;
      case 'reset':
        this.#reset(machine, other);
        break;
      case 'freeze':
        machine.freeze(this.#random.below(FREEZE_US_MAX));
        break;
      case 'skew':
        this.#skew(machine);
        break;
      case 'disk':
        this.#failDisk(machine);
    }
    // A calm now and then: what is always broken shows less.
    this.#later(() => this.#next(), this.#random.chance(0.2) ? CALM_US_MAX : this.#gapUsMax);
  }

  #kill(machine: Machine): void {
    if (machine.life === undefined || !this.#mayLose('process')) return;
    machine.crash('process');
    this.#later(() => machine.start(), this.#downUsMax);
    if (this.#around.durability === 'log' && this.#random.chance(0.2)) {
      for (const each of this.#around.cluster.machines) {
        each.crash('process');
        this.#later(() => each.start(), this.#downUsMax);
      }
    }
  }

  #unplug(machine: Machine): void {
    if (machine.life === undefined || !this.#mayLose('power')) return;
    machine.crash('power');
    this.#later(() => machine.start(), this.#downUsMax);
  }

  #stop(machine: Machine): void {
    // Without its disk a node does not stop in good order; that is a kill, and has rules of its own.
    if (machine.life?.store?.failWrites !== undefined) return;
    machine.stop(() => this.#later(() => machine.start(), this.#downUsMax));
  }

  #stall(a: Machine, b: Machine, oneWay: boolean): void {
    const durationUs = this.#random.below(STALL_US_MAX);
    this.#around.trace.line('world', `stalls ${a.host} ${oneWay ? '>' : '<>'} ${b.host} for ${durationUs} µs`);
    this.#around.cluster.network.stall(a.host, b.host, durationUs);
    if (!oneWay) this.#around.cluster.network.stall(b.host, a.host, durationUs);
  }

  #isolate(machine: Machine): void {
    for (const other of this.#around.cluster.machines) {
      if (other !== machine) this.#stall(machine, other, this.#random.chance(0.3));
    }
  }

  #reset(a: Machine, b: Machine): void {
    this.#around.trace.line('world', `resets ${a.host} - ${b.host}`);
    this.#around.cluster.network.reset(a.host, b.host);
  }

  #skew(machine: Machine): void {
    machine.skewMs = this.#random.between(-SKEW_MS_MAX, SKEW_MS_MAX);
    this.#around.trace.line(machine.host, `clock is ${machine.skewMs} ms off`);
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

  /** Whether one more node may lose what it has not stored so safely, by what the durability promises. */
  #mayLose(what: 'process' | 'power'): boolean {
    const { durability, w, scheduler } = this.#around;
    if (durability === 'fsync' || (durability === 'fsync-one' && what === 'process')) return true;
    if (durability === 'fsync-one') {
      this.memoryWasLost = true;
      return true;
    }
    if (what === 'power') {
      // Never synced, so each node that loses power loses all; fewer than W may, in the whole run.
      if (this.#unsyncedLosses + 1 >= w || !this.#isLossSpaced()) return false;
      this.#unsyncedLosses++;
    } else {
      if (durability === 'log') return true;
      if (w < 2 || !this.#isLossSpaced()) return false;
    }
    this.#lastLossUs = scheduler.nowUs;
    this.memoryWasLost = true;
    return true;
  }

  #isLossSpaced(): boolean {
    if (this.#around.durability !== 'buffer') return true;
    const spacingUs = this.#kinds.includes('disk') ? BUFFER_LOSS_SPACING_AFTER_DISK_US : BUFFER_LOSS_SPACING_US;
    return this.#around.scheduler.nowUs - this.#lastLossUs > spacingUs;
  }

  #later(callback: () => void, upToUs: number): void {
    this.#around.scheduler.after(this.#random.below(upToUs), undefined, callback);
  }
}
