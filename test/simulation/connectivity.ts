/** An omniscient view of who could talk to whom, and since when. Looks every so often; nodes never see it. */
import type { Cluster } from './cluster.js';
import type { Life, Machine } from './machine.js';
import type { Scheduler } from './scheduler.js';

const LOOK_US = 50_000;
/** With more machines looks are rarer: there are as many pairs as their square. */
const MACHINES_USUAL = 20;

/** How two machines (or a machine and itself) are: at work, certainly not, or something between. */
type State = 'up' | 'down' | 'odd';

interface Watched {
  state: State;
  sinceUs: number;
}

export class Connectivity {
  readonly #scheduler: Scheduler;
  readonly #cluster: Cluster;
  readonly #pairs = new Map<Machine, Map<Machine, Watched>>();
  readonly #lives = new Map<Machine, Life | undefined>();

  constructor(scheduler: Scheduler, cluster: Cluster) {
    this.#scheduler = scheduler;
    this.#cluster = cluster;
  }

  /** Begins to look. */
  start(): void {
    this.look();
    const pairs = Math.max(1, this.#cluster.machines.length / MACHINES_USUAL) ** 2;
    this.#scheduler.after(LOOK_US * pairs, undefined, () => this.start());
  }

  /** Something that can't be seen by looking has happened between two machines. */
  disturb(a: Machine, b: Machine): void {
    this.#note(a, b, 'odd');
  }

  /** The machines of which nothing has changed since `sinceUs`, neither in themselves nor between each other. */
  steadySince(sinceUs: number): readonly Machine[] {
    return this.#cluster.machines.filter((machine) => {
      const { state, sinceUs: since } = this.#of(machine, machine);
      return state !== 'odd' && since <= sinceUs;
    });
  }

  /** Whether the two have not changed towards each other since `sinceUs`. */
  isSteady(a: Machine, b: Machine, sinceUs: number): boolean {
    const { state, sinceUs: since } = this.#of(a, b);
    return state !== 'odd' && since <= sinceUs;
  }

  /** Whether the two can talk to each other, both ways. */
  isUp(a: Machine, b: Machine): boolean {
    return this.#of(a, b).state === 'up';
  }

  /** Takes note of how all is now. */
  look(): void {
    const { machines } = this.#cluster;
    for (const machine of machines) {
      if (this.#lives.get(machine) !== machine.life) this.#note(machine, machine, 'odd');
      this.#lives.set(machine, machine.life);
      this.#note(machine, machine, this.#stateOf(machine));
    }
    for (const a of machines) for (const b of machines) if (a.host < b.host) this.#note(a, b, this.#between(a, b));
  }

  #stateOf(machine: Machine): State {
    const { life, node, diskFactor } = machine;
    const { nowUs } = this.#scheduler;
    if (life === undefined || life.frozenUntilUs > nowUs) return 'down';
    const slow = diskFactor !== 1 || this.#cluster.network.isSlow(machine.host);
    const ill = life.store?.failWrites !== undefined || life.store?.failReads !== undefined;
    // A node that starts over takes writes and is not read, for as long as too few others can tell it what was deleted.
    const startsOver = (node?.settling.unsettled ?? 0) > 0;
    return node === undefined || startsOver || slow || ill ? 'odd' : 'up';
  }

  #between(a: Machine, b: Machine): State {
    const { network } = this.#cluster;
    const cut = network.stalledForUs(a.host, b.host) > 0 || network.stalledForUs(b.host, a.host) > 0;
    return cut ? 'down' : 'up';
  }

  #of(a: Machine, b: Machine): Watched {
    return a.host < b.host ? this.#ofOrdered(a, b) : this.#ofOrdered(b, a);
  }

  #ofOrdered(a: Machine, b: Machine): Watched {
    let others = this.#pairs.get(a);
    if (others === undefined) {
      others = new Map();
      this.#pairs.set(a, others);
    }
    let watched = others.get(b);
    if (watched === undefined) {
      watched = { state: 'odd', sinceUs: this.#scheduler.nowUs };
      others.set(b, watched);
    }
    return watched;
  }

  #note(a: Machine, b: Machine, state: State): void {
    const watched = this.#of(a, b);
    if (watched.state === state) return;
    watched.state = state;
    watched.sinceUs = this.#scheduler.nowUs;
  }
}
