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

const GAP_US_MAX = 1_500_000;
const DOWN_US_MAX = 4_000_000;
const STALL_US_MAX = 4_000_000;
const FREEZE_US_MAX = 3_000_000;
const SKEW_MS_MAX = 20_000;
/** Object buffers are flushed every 100 ms: two nodes that lose theirs so far apart lose different writes. */
const BUFFER_LOSS_SPACING_US = 2_000_000;

export interface FaultSurroundings {
  readonly scheduler: Scheduler;
  readonly cluster: Cluster;
  readonly trace: Trace;
  /** The weakest durability of the keyspaces, and their smallest W. */
  readonly durability: Durability;
  readonly w: number;
}

export class Faults {
  /** Whether a fault has taken something from a node that it had acknowledged. */
  memoryWasLost = false;
  readonly #random: Prng;
  readonly #around: FaultSurroundings;
  #ended = false;
  #lastLossUs = Number.NEGATIVE_INFINITY;
  #unsyncedLosses = 0;

  constructor(random: Prng, around: FaultSurroundings) {
    this.#random = random;
    this.#around = around;
  }

  start(): void {
    this.#later(() => this.#next(), GAP_US_MAX);
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
    this.#random.pick([
      () => this.#kill(machine),
      () => this.#kill(machine),
      () => this.#unplug(machine),
      () => this.#stop(machine),
      () => this.#stall(machine, other, true),
      () => this.#stall(machine, other, false),
      () => this.#isolate(machine),
      () => this.#reset(machine, other),
      () => this.#freeze(machine),
      () => this.#skew(machine),
    ])();
    this.#later(() => this.#next(), GAP_US_MAX);
  }

  #kill(machine: Machine): void {
    if (machine.life === undefined || !this.#mayLose('process')) return;
    machine.crash('process');
    this.#later(() => machine.start(), DOWN_US_MAX);
    if (this.#around.durability === 'log' && this.#random.chance(0.2)) {
      for (const each of this.#around.cluster.machines) {
        each.crash('process');
        this.#later(() => each.start(), DOWN_US_MAX);
      }
    }
  }

  #unplug(machine: Machine): void {
    if (machine.life === undefined || !this.#mayLose('power')) return;
    machine.crash('power');
    this.#later(() => machine.start(), DOWN_US_MAX);
  }

  #stop(machine: Machine): void {
    machine.stop(() => this.#later(() => machine.start(), DOWN_US_MAX));
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

  #freeze(machine: Machine): void {
    machine.freeze(this.#random.below(FREEZE_US_MAX));
  }

  #skew(machine: Machine): void {
    machine.skewMs = this.#random.between(-SKEW_MS_MAX, SKEW_MS_MAX);
    this.#around.trace.line(machine.host, `clock is ${machine.skewMs} ms off`);
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
    return (
      this.#around.durability !== 'buffer' || this.#around.scheduler.nowUs - this.#lastLossUs > BUFFER_LOSS_SPACING_US
    );
  }

  #later(callback: () => void, upToUs: number): void {
    this.#around.scheduler.after(this.#random.below(upToUs), undefined, callback);
  }
}
