/** One run: a cluster, its clients and its faults grow from a seed, and what came of them is checked. */

import type { Failure } from '../../cluster/failure.js';
import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import type { ClusterNode } from '../../cluster/node.js';
import { decodeObject } from '../../cluster/version/codec.js';
import type { VersionedObject } from '../../cluster/version/object.js';
import { Availability } from './availability.js';
import { CHANGE_KINDS, Changes } from './changes.js';
import { checkConvergence, checkNoInvention, checkNoLostWrite, checkNoResurrection, checkReads } from './checks.js';
import { Client } from './client.js';
import { Cluster, type ClusterOptions, type Times } from './cluster.js';
import { Connectivity } from './connectivity.js';
import { Counting } from './counting.js';
import {
  drawCluster,
  drawElastic,
  drawKeyspaces,
  drawNodeCount,
  drawPace,
  drawTimes,
  FORGETFUL,
  GENTLE,
  keysOf,
  UNEVEN,
  USUAL,
} from './draw.js';
import { type FaultKind, Faults } from './faults.js';
import { Flushes } from './flushes.js';
import { History, type Request } from './history.js';
import { dotName, Ledger } from './ledger.js';
import { Losses } from './losses.js';
import { EPOCH_MS, type Machine, type Tampering } from './machine.js';
import { Peace } from './peace.js';
import { Prng } from './prng.js';
import { Scheduler } from './scheduler.js';
import { Settlement } from './settle.js';
import { Trace } from './trace.js';

export interface SimulationOptions {
  readonly seed: number;
  /** How many nodes; drawn from the seed if absent. */
  readonly nodes?: number;
  /** For how long clients work and things go wrong, in simulated ms; `pace` times as long where that is more than 1. */
  readonly durationMs: number;
  /** How many times longer than usual all takes; drawn from the seed if absent. */
  readonly pace?: number;
  readonly durability?: KeyspaceRow['durability'];
  /** Drawn from the seed if absent. */
  readonly times?: Times;
  /** How many keys, and how many of a hundred requests read; drawn from the seed if absent. */
  readonly workload?: { readonly keys: number; readonly readPercent: number };
  /** What may go wrong; drawn from the seed if absent. */
  readonly faults?: readonly FaultKind[];
  /** Whether nodes may come and go; where absent, if one of `faults` says so, else drawn from the seed. */
  readonly isElastic?: boolean;
  /** Whether nothing is slow but by a fault, and no clock is cut; drawn from the seed if absent. */
  readonly gentle?: boolean;
  /** As `gentle`, but that messages take now less and now more time, and clients read back at once what they have written. */
  readonly uneven?: boolean;
  /** Whether the ring has as many partitions as servers have by default. */
  readonly isLarge?: boolean;
  /** 0: replicas are not compared. Drawn from the seed if absent. */
  readonly exchangePeriodMs?: number;
  /** Whether reads may put right what faults have left behind; drawn from the seed if absent. */
  readonly readsRepair?: boolean;
  /** What the nodes are given instead of the keyspaces that the checks believe in (mutation tests). */
  readonly keyspaces?: (rows: readonly KeyspaceRow[]) => readonly KeyspaceRow[];
  readonly tampering?: Tampering;
  readonly print?: (line: string) => void;
}

export interface SimulationResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly traceHash: string;
  readonly events: number;
  readonly simulatedMs: number;
  readonly summary: string;
  /** The last lines of the trace. */
  readonly recent: readonly string[];
}

const THINK_US_MAX = 60_000;
/** A key rests for all turns but its own, which is longer than it takes to be forgotten. */
const REST_GROUPS = 5;
const REST_TURN_US = 2_500_000;
const WHOLE_US_MAX = 5_000_000;
const SWEEPS = 4;
/** The partitions that servers have by default, and as few events as may be of nodes that have nothing to do. */
const LARGE = { partitionCount: 256, flushPeriodMs: 1_000 } as const;
const VIOLATIONS_KEPT = 20;

/** Runs one seed. Resolves also when it found violations, and when node code threw (that is one). */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const run = new Run(options);
  try {
    await run.live();
  } catch (error) {
    run.violation(`a node threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  return run.result();
}

class Run {
  readonly #options: SimulationOptions;
  readonly #scheduler = new Scheduler();
  readonly #trace: Trace;
  readonly #history = new History(() => this.#scheduler.nowUs);
  readonly #violations: string[] = [];
  readonly #ledger: Ledger;
  readonly #counting = new Counting();
  readonly #random: Prng;
  readonly #rows: readonly KeyspaceRow[];
  readonly #keys: readonly string[];
  readonly #pace: number;
  readonly #clusterOptions: ClusterOptions;
  readonly #cluster: Cluster;
  readonly #clients: readonly Client[];
  readonly #connectivity: Connectivity;
  readonly #availability: Availability;
  readonly #losses: Losses;
  readonly #settlement: Settlement;
  readonly #changes: Changes;
  readonly #flushes: Flushes;
  readonly #peace: Peace;
  readonly #faults: Faults;
  #working = true;
  #lastId = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#trace = new Trace(() => this.#scheduler.nowUs, options.print);
    this.#ledger = new Ledger((text) => this.violation(text));
    this.#random = new Prng(options.seed);
    const times = options.times ?? (options.isLarge === true ? USUAL : drawTimes(this.#random));
    this.#pace = options.pace ?? drawPace(this.#random, times);
    const nodes = options.nodes ?? drawNodeCount(this.#random);
    const drawnElastic = drawElastic(this.#random);
    const changes = options.faults?.some((kind) => CHANGE_KINDS.some((each) => each === kind));
    const isElastic = options.isElastic ?? changes ?? drawnElastic;
    this.#rows = drawKeyspaces(this.#random, nodes, options.durability);
    this.#keys = keysOf(this.#rows, options.workload?.keys ?? this.#random.pick([2, 4, 6, 40]));
    const given = options.keyspaces?.(this.#rows) ?? this.#rows;
    const drawn = drawCluster(this.#random, nodes, given, times, isElastic);
    const gentle = options.gentle === true ? GENTLE : {};
    const uneven = options.uneven === true ? UNEVEN : {};
    this.#clusterOptions = {
      ...drawn,
      ...gentle,
      ...uneven,
      ...(options.isLarge === true && LARGE),
      exchangePeriodMs: options.exchangePeriodMs ?? drawn.exchangePeriodMs,
    };
    this.#cluster = new Cluster(
      this.#clusterOptions,
      this.#scheduler,
      this.#random.fork(),
      this.#trace,
      options.tampering ?? {},
      (machine, node) => this.#watch(machine, node),
      (reason) => this.violation(reason),
    );
    const rowOf = (key: string): KeyspaceRow => this.#rowOf(key);
    this.#connectivity = new Connectivity(this.#scheduler, this.#cluster);
    this.#availability = new Availability({
      cluster: this.#cluster,
      connectivity: this.#connectivity,
      options: this.#clusterOptions,
      rowOf,
    });
    const around = {
      scheduler: this.#scheduler,
      cluster: this.#cluster,
      history: this.#history,
      ledger: this.#ledger,
      counting: this.#counting,
      keys: [...this.#keys, ...this.#counting.keys],
      keysNow: () => this.#keysNow(),
      keepsSiblings: (key: string) => this.#rowOf(key).reconcile === 'siblings',
      thinkUsMax: THINK_US_MAX * this.#pace,
      readPercent: options.workload?.readPercent ?? this.#random.pick([5, 40, 70]),
      modifyPercent: this.#random.pick([30, 60]),
      readsBack: options.uneven === true,
      nextId: () => ++this.#lastId,
      violation: (text: string) => this.violation(text),
      faultIn: (request: Request, failure: Failure) => this.#availability.faultIn(request, failure),
      working: () => this.#working,
    };
    this.#clients = Array.from(
      { length: this.#random.between(2, 6) },
      (_, i) => new Client(i, this.#random.fork(), around),
    );
    this.#losses = new Losses({
      ...around,
      rows: this.#rows,
      rowOf,
      isForgetful: times === FORGETFUL,
    });
    this.#settlement = new Settlement({ cluster: this.#cluster, rows: this.#rows, keys: around.keys, rowOf });
    this.#changes = new Changes(this.#random.fork(), {
      scheduler: this.#scheduler,
      cluster: this.#cluster,
      trace: this.#trace,
      losses: this.#losses,
    });
    this.#flushes = new Flushes(this.#random.fork(), { ...around, trace: this.#trace });
    this.#peace = new Peace({ ...around, settlement: this.#settlement, changes: this.#changes });
    this.#faults = new Faults(this.#random.fork(), {
      scheduler: this.#scheduler,
      cluster: this.#cluster,
      trace: this.#trace,
      losses: this.#losses,
      connectivity: this.#connectivity,
      changes: this.#changes,
      flushes: this.#flushes,
      isElastic,
      kinds: options.faults,
      times,
      pace: this.#pace,
    });
  }

  violation(text: string): void {
    this.#trace.line('world', `VIOLATION ${text}`);
    if (this.#violations.length < VIOLATIONS_KEPT) this.#violations.push(text);
  }

  result(): SimulationResult {
    return {
      seed: this.#options.seed,
      violations: this.#violations,
      traceHash: this.#trace.hash,
      events: this.#scheduler.executed,
      simulatedMs: this.#scheduler.nowUs / 1000,
      summary: this.#describe(),
      recent: this.#trace.recent(),
    };
  }

  async live(): Promise<void> {
    this.#trace.line('world', this.#describe());
    for (const machine of this.#cluster.machines) machine.start();
    this.#connectivity.start();
    // Before that, others stand in for nodes that are there.
    if (this.#faults.isOrderly) await this.#scheduler.run(WHOLE_US_MAX, () => this.#cluster.isWhole());
    for (const client of this.#clients) client.start();
    this.#faults.start();
    const untilUs = this.#scheduler.nowUs + this.#options.durationMs * 1000 * this.#pace;
    await this.#scheduler.run(untilUs, () => this.#violations.length > 0);
    if (this.#violations.length > 0) return;
    this.#working = false;
    this.#faults.end();
    if (!(await this.#peace.comes())) return;
    // Reads repair what they see. Half of the runs must do without; there a sweep comes last, and must find all well.
    const readsRepair = this.#options.readsRepair ?? this.#random.chance(0.5);
    if (readsRepair) for (let sweep = 0; sweep < SWEEPS; sweep++) await this.#peace.sweep();
    await this.#peace.settle();
    if (!readsRepair) await this.#peace.sweep();
    for (const client of this.#clients) client.checkAnswers();
    await this.#peace.flush();
    if (this.#violations.length === 0) this.#check();
  }

  /** Where things are forgotten soon the keys have their times, and long enough a rest between. */
  #keysNow(): readonly string[] {
    const { times } = this.#clusterOptions;
    if (times !== FORGETFUL || this.#keys.length < REST_GROUPS) return this.#keys;
    const turn = Math.floor(this.#scheduler.nowUs / REST_TURN_US) % REST_GROUPS;
    return this.#keys.filter((_, i) => i % REST_GROUPS === turn);
  }

  #check(): void {
    const violation = (text: string): void => this.violation(text);
    const copies = this.#settlement.copies();
    checkConvergence(copies, violation);
    const finalObject = (key: string): VersionedObject | undefined => {
      const [bytes] = copies.get(key)?.values() ?? [];
      return bytes === undefined ? undefined : decodeObject(bytes);
    };
    const keys = [...this.#keys, ...this.#counting.keys];
    this.#flushes.check(keys, (key) => finalObject(key)?.siblings.map(({ dot }) => dotName(dot)) ?? []);
    for (const key of keys) this.#ledger.excuse(key, this.#flushes.excusedOf(key));
    checkNoLostWrite(this.#history, this.#ledger, finalObject, violation);
    checkNoInvention(this.#history, this.#ledger, finalObject, violation);
    checkNoResurrection(this.#history, this.#ledger, finalObject, this.#nowMs(), violation);
    this.#counting.check(finalObject, (key) => this.#ledger.excusedOf(key), this.#nowMs(), violation);
    // While partitions move a put that somebody misses may be missed by a read: only where nobody does is it promised.
    const moved = this.#changes.begun > 0;
    const nobodyMisses = this.#faults.isOrderly && this.#availability.isPatient;
    if (this.#losses.memoryWasLost || (moved && !nobodyMisses)) return;
    const overlaps = (key: string): boolean => {
      const { n, r, w, sloppy } = this.#rowOf(key);
      // Stand-ins are not among the nodes that a later quorum meets.
      return r + w > n && (nobodyMisses || !sloppy || this.#cluster.machines.length <= n);
    };
    checkReads(this.#history, this.#ledger, overlaps, violation);
  }

  #rowOf(key: string): KeyspaceRow {
    const row = [...this.#rows].reverse().find(({ prefix }) => key.startsWith(prefix));
    if (row === undefined) throw new Error('the default keyspace is missing');
    return row;
  }

  #watch(machine: Machine, node: ClusterNode): void {
    const owns = (key: string): boolean =>
      this.#cluster.primariesOf(key, this.#rowOf(key).n, machine).includes(machine);
    const { tombstoneGraceMs, skewMsMax } = this.#clusterOptions.times;
    this.#flushes.watch(machine, node);
    // Each node judges by its own clock, and the writer's may have been another.
    this.#ledger.watch(machine.host, node, owns, tombstoneGraceMs - 2 * skewMsMax, () => this.#nowMs());
  }

  /** True time, as a wall clock without skew has it. */
  #nowMs(): number {
    return EPOCH_MS + Math.floor(this.#scheduler.nowUs / 1000);
  }

  #describe(): string {
    const [row] = this.#rows;
    const { nodes, temper, times } = this.#clusterOptions;
    const forgetful = times === FORGETFUL ? ', forgetful' : '';
    const quorum = `${nodes} nodes, pace ${this.#pace}${forgetful}, n ${row?.n} r ${row?.r} w ${row?.w} ${row?.durability}`;
    return `${quorum}, ${this.#clients?.length ?? 0} clients, ${this.#keys.length} keys, delay ${temper.delayUs} µs; ${this.#history.summary()}; faults: ${this.#faults?.summary ?? ''}`;
  }
}
