/**
 * A simulated cluster in which nothing happens by chance: a test says who joins, who is cut off and who writes what. All puts
 * have an empty context, so whatever was acknowledged must be found at the end, beside the rest.
 */
import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import { isElastic } from '../../cluster/membership/membership.js';
import { slotOf } from '../../cluster/ring/slots.js';
import { decodeObject } from '../../cluster/version/codec.js';
import { objectLength } from '../../cluster/version/encoded.js';
import { Cluster } from './cluster.js';
import { DB } from './disk-view.js';
import { GENTLE, USUAL } from './draw.js';
import type { Machine, Tampering } from './machine.js';
import { Prng } from './prng.js';
import { Scheduler } from './scheduler.js';
import { Settlement } from './settle.js';
import { Trace } from './trace.js';

const PARTITIONS = 16;
const LOOK_US = 20_000;
const PATIENCE_US = 180_000_000;
const FOR_EVER_US = 3_600_000_000;
const SEES_NOTHING = new Map();

export interface StagedOptions {
  readonly nodes: number;
  readonly keys: number;
  readonly sloppy: boolean;
  readonly tampering: Tampering;
}

export class Staged {
  readonly cluster: Cluster;
  readonly keys: readonly string[];
  readonly row: KeyspaceRow;
  readonly #scheduler = new Scheduler();
  readonly #settlement: Settlement;
  readonly #acknowledged: { readonly key: string; readonly value: string }[] = [];
  #broke: string | undefined;

  private constructor({ nodes, keys, sloppy, tampering }: StagedOptions) {
    this.row = { prefix: '', n: 3, r: 2, w: 2, reconcile: 'siblings', durability: 'fsync', sloppy };
    this.keys = Array.from({ length: keys }, (_, i) => `${i}`);
    const options = {
      ...GENTLE,
      nodes,
      times: USUAL,
      isElastic: true,
      partitionCount: PARTITIONS,
      keyspaces: [this.row],
      exchangePeriodMs: 2_000,
      memoryBytesMax: 2 ** 26,
      flushPeriodMs: 100,
      retireAfterMs: 2_000,
    };
    const trace = new Trace(() => this.#scheduler.nowUs, undefined);
    const broke = (reason: string): void => {
      this.#broke = reason;
    };
    this.cluster = new Cluster(options, this.#scheduler, new Prng(1), trace, tampering, () => undefined, broke);
    this.#settlement = new Settlement({
      cluster: this.cluster,
      rows: [this.row],
      keys: this.keys,
      rowOf: () => this.row,
    });
  }

  /** All nodes are open, and hold what they are to hold. */
  static async begin(options: StagedOptions): Promise<Staged> {
    const staged = new Staged(options);
    for (const machine of staged.cluster.machines) machine.start();
    await staged.settle();
    return staged;
  }

  /** Another machine is to be a member: the ring is another, and partitions begin to move. */
  async join(): Promise<Machine> {
    const [seed] = this.cluster.machines;
    const machine = this.cluster.add({ seeds: seed === undefined ? [] : [seed] });
    machine.start();
    await this.until(`${machine.host} to join`, () => stateOf(machine) === 'member');
    this.cluster.setStanding(machine, 'in');
    return machine;
  }

  /** The machine's node is to leave; it goes when it has handed over all that it holds. */
  leave(machine: Machine): void {
    const membership = machine.node?.membership;
    if (membership === undefined || !isElastic(membership)) throw new Error(`${machine.host} can't leave`);
    this.cluster.setStanding(machine, 'leaving');
    void membership.leave();
  }

  /** Nothing gets from one side to the other, and the nodes of the first have noticed. */
  async cut(side: readonly Machine[], otherSide: readonly Machine[]): Promise<void> {
    for (const a of side) {
      for (const b of otherSide) {
        this.cluster.network.stall(a.host, b.host, FOR_EVER_US);
        this.cluster.network.stall(b.host, a.host, FOR_EVER_US);
      }
    }
    await this.until('the cut to be noticed', () =>
      side.every(({ node }) => otherSide.every(({ id }) => node?.isReachable(id) === false)),
    );
  }

  async heal(): Promise<void> {
    this.cluster.network.heal();
    await this.until('all nodes to reach each other', () => this.cluster.isWhole());
  }

  /** Waits until all have what is theirs, equal to the others, and nothing else. */
  async settle(): Promise<void> {
    await this.until('all to settle', () => this.cluster.isWhole() && this.#settlement.left().length === 0);
  }

  /** Puts another value beside those of the key, through the node of this machine. It has to be acknowledged. */
  async put(machine: Machine, key: string): Promise<void> {
    const value = `${this.#acknowledged.length}`;
    const written = { tombstone: false, expiryMs: 0, value: Buffer.from(value) };
    let ended = false;
    machine.node
      ?.openSession()
      .put(DB, slotOf(Buffer.from(key)), key, SEES_NOTHING, written, undefined, (_state, failure) => {
        if (failure !== undefined) throw new Error(`a put at ${machine.host} failed: ${failure.code}`);
        ended = true;
      });
    await this.until(`the put of ${key} at ${machine.host}`, () => ended);
    this.#acknowledged.push({ key, value });
  }

  /** The values that were acknowledged and that no primary has any more, each as its key and itself. */
  lost(): string[] {
    const copies = this.#settlement.copies();
    const held = new Map<string, Set<string>>();
    for (const key of this.keys) {
      const values = [...(copies.get(key)?.values() ?? [])].flatMap((bytes) => valuesIn(bytes));
      held.set(key, new Set(values));
    }
    return this.#acknowledged.flatMap(({ key, value }) =>
      held.get(key)?.has(value) === true ? [] : [`${key}: ${value}`],
    );
  }

  async until(what: string, isDone: () => boolean): Promise<void> {
    const untilUs = this.#scheduler.nowUs + PATIENCE_US;
    while (!isDone()) {
      if (this.#broke !== undefined) throw new Error(this.#broke);
      if (this.#scheduler.nowUs >= untilUs) throw new Error(`waited in vain for ${what}`);
      await this.#scheduler.run(this.#scheduler.nowUs + LOOK_US);
    }
  }
}

function stateOf({ node }: Machine): string | undefined {
  return node !== undefined && isElastic(node.membership) ? node.membership.state() : undefined;
}

function valuesIn(bytes: Buffer | undefined): string[] {
  if (bytes === undefined) return [];
  const { siblings } = decodeObject(Buffer.from(bytes.subarray(0, objectLength(bytes))));
  return siblings.map(({ value }) => value.toString());
}
