/**
 * Who is in the cluster changes while it runs: nodes join, leave, are declared dead, are replaced. Several such changes may
 * be under way at once, asked for at different nodes, in whatever state the network is. They end, also when no more is asked
 * for: an operator who sees that a node is not in yet, or that a dead one is still listed, asks again.
 *
 * A node that is declared dead takes its disk with it; `losses.ts` says when it may.
 */
import { type ElasticMembership, isElastic } from '../../cluster/membership/membership.js';
import type { Cluster } from './cluster.js';
import type { Losses } from './losses.js';
import type { Machine } from './machine.js';
import type { Prng } from './prng.js';
import type { Scheduler } from './scheduler.js';
import type { Trace } from './trace.js';

export const CHANGE_KINDS = ['join', 'leave', 'forget', 'replace'] as const;

const MEMBERS_MIN = 3;
/** Or two more than there were, if that is more. */
const MACHINES_MAX = 9;
/** How long until somebody gives a dead node up, µs. */
const GIVEN_UP_US_MAX = 4_000_000;
const RETRY_US = 1_000_000;
/** A joiner that is not in after so long is started anew, with other seeds. */
const JOIN_PATIENCE_US = 15_000_000;

export interface ChangeSurroundings {
  readonly scheduler: Scheduler;
  readonly cluster: Cluster;
  readonly trace: Trace;
  readonly losses: Losses;
}

export class Changes {
  readonly #random: Prng;
  readonly #around: ChangeSurroundings;
  /** Of dead nodes, that are still to be given up. */
  readonly #dead = new Set<Machine>();
  readonly #machinesMax: number;
  #begun = 0;

  constructor(random: Prng, around: ChangeSurroundings) {
    this.#random = random;
    this.#around = around;
    this.#machinesMax = Math.max(MACHINES_MAX, around.cluster.machines.length + 2);
  }

  /** How many changes there were. */
  get begun(): number {
    return this.#begun;
  }

  /** What is still under way; empty: all have ended. */
  left(): string[] {
    const { machines } = this.#around.cluster;
    const open = machines.filter(({ standing }) => standing !== 'in');
    return [
      ...open.map(({ host, standing }) => `not over yet: ${host} is ${standing}`),
      ...[...this.#dead].map(({ host }) => `not over yet: ${host} is dead and a member`),
    ];
  }

  join(): void {
    if (this.#around.cluster.machines.length >= this.#machinesMax) return;
    this.#begun++;
    this.#enter(this.#around.cluster.add({ seeds: this.#drawSeeds() }));
  }

  leave(machine: Machine): void {
    const elastic = elasticOf(machine);
    if (elastic?.state() !== 'member' || machine.standing !== 'in' || this.#isSmall()) return;
    const { cluster, trace } = this.#around;
    this.#begun++;
    trace.line(machine.host, 'is asked to leave');
    cluster.setStanding(machine, 'leaving');
    this.#untilLeaving(machine);
  }

  /** The machine is gone for good, and after a while some other node is told so. */
  forget(machine: Machine): void {
    if (!this.#dies(machine)) return;
    this.#dead.add(machine);
    this.#later(this.#random.below(GIVEN_UP_US_MAX), () => this.#giveUp(machine));
  }

  /** The machine is gone for good, and another takes its tokens. */
  replace(machine: Machine): void {
    if (!this.#dies(machine)) return;
    const { cluster } = this.#around;
    this.#later(this.#random.below(GIVEN_UP_US_MAX), () => {
      this.#enter(cluster.add({ seeds: this.#drawSeeds(), replaces: machine }), machine);
    });
  }

  #dies(machine: Machine): boolean {
    const { cluster, losses, trace } = this.#around;
    if (machine.standing === 'in' ? this.#isSmall() : machine.standing !== 'leaving') return false;
    if (machine.node === undefined || !this.#isKnown(machine)) return false;
    if (!losses.mayLose(machine, 'disk')) return false;
    this.#begun++;
    trace.line(machine.host, 'is dead');
    machine.crash('power');
    machine.replaceDisk(undefined);
    cluster.setStanding(machine, 'out');
    return true;
  }

  /** Whether another open node has heard of it: what nobody has heard of can't be declared dead. */
  #isKnown({ id }: Machine): boolean {
    return this.#open().some((other) => other.id !== id && isListed(other, id));
  }

  #giveUp(machine: Machine): void {
    const askAgain = (): void => this.#later(RETRY_US, () => this.#giveUp(machine));
    const open = this.#open();
    if (open.length === 0) {
      askAgain();
      return;
    }
    const asked = this.#random.pick(open);
    elasticOf(asked)
      ?.forget(machine.id)
      .then((reason) => {
        this.#around.trace.line(asked.host, `is told that ${machine.host} is dead: ${reason ?? 'agrees'}`);
        if (reason !== undefined && open.some((each) => isListed(each, machine.id))) askAgain();
        else this.#dead.delete(machine);
      }, askAgain);
  }

  #untilLeaving(machine: Machine): void {
    const askAgain = (): void => this.#later(RETRY_US, () => this.#untilLeaving(machine));
    const elastic = elasticOf(machine);
    if (machine.standing !== 'leaving') return;
    if (elastic === undefined) askAgain();
    else if (elastic.state() === 'member') elastic.leave().then(askAgain, askAgain);
  }

  #enter(machine: Machine, replaces?: Machine): void {
    this.#around.trace.line(machine.host, replaces === undefined ? 'is to join' : `is to replace ${replaces.host}`);
    machine.start();
    this.#untilIn(machine, replaces, this.#around.scheduler.nowUs);
  }

  #untilIn(machine: Machine, replaces: Machine | undefined, sinceUs: number): void {
    const { cluster, scheduler } = this.#around;
    if (machine.standing !== 'joining') return;
    if (elasticOf(machine)?.state() === 'member') {
      cluster.setStanding(machine, 'in');
      return;
    }
    let nextUs = sinceUs;
    if (scheduler.nowUs - sinceUs > JOIN_PATIENCE_US) {
      nextUs = scheduler.nowUs;
      machine.crash('process');
      cluster.enterBy(machine, { seeds: this.#drawSeeds(), ...(replaces && { replaces }) });
      machine.start();
    }
    this.#later(RETRY_US / 4, () => this.#untilIn(machine, replaces, nextUs));
  }

  /** Whether no member may go. */
  #isSmall(): boolean {
    return this.#around.cluster.machines.filter(({ standing }) => standing === 'in').length <= MEMBERS_MIN;
  }

  #open(): readonly Machine[] {
    return this.#around.cluster.machines.filter((machine) => elasticOf(machine)?.state() === 'member');
  }

  #drawSeeds(): readonly Machine[] {
    const seeds = this.#around.cluster.machines.filter(({ standing }) => standing === 'in');
    return [this.#random.pick(seeds), this.#random.pick(seeds)];
  }

  #later(inUs: number, callback: () => void): void {
    this.#around.scheduler.after(inUs, undefined, callback);
  }
}

function elasticOf({ node }: Machine): ElasticMembership | undefined {
  return node !== undefined && isElastic(node.membership) ? node.membership : undefined;
}

function isListed({ node }: Machine, id: Machine['id']): boolean {
  return node?.membership.nodes().some((member) => member.id === id) === true;
}
