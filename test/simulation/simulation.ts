/** One run: a cluster, its clients and its faults grow from a seed, and what came of them is checked. */
import type { KeyspaceRow } from '../../cluster/coordinator/keyspaces.js';
import type { Failure } from '../../cluster/failure.js';
import type { ClusterNode } from '../../cluster/node.js';
import { slotOf } from '../../cluster/ring/slots.js';
import { decodeObject } from '../../cluster/version/codec.js';
import { objectLength } from '../../cluster/version/encoded.js';
import type { VersionedObject } from '../../cluster/version/object.js';
import { Availability } from './availability.js';
import { checkConvergence, checkNoInvention, checkNoLostWrite, checkNoResurrection, checkReads } from './checks.js';
import { Client } from './client.js';
import { Cluster, type ClusterOptions, type Times } from './cluster.js';
import { Connectivity } from './connectivity.js';
import { DB } from './disk-view.js';
import { drawCluster, drawKeyspaces, drawNodeCount, drawPace, drawTimes, FORGETFUL, GENTLE, keysOf } from './draw.js';
import { type FaultKind, Faults } from './faults.js';
import { History, type Request } from './history.js';
import { Ledger } from './ledger.js';
import { Losses } from './losses.js';
import { EPOCH_MS, type Machine, type Tampering } from './machine.js';
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
  /** Whether nothing is slow but by a fault, and no clock is cut; drawn from the seed if absent. */
  readonly gentle?: boolean;
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
const SETTLE_US_MIN = 15_000_000;
/**
 * The bound within which all must be well: a node that could not be brought its hints is left alone for up to a minute, and
 * each node exchanges with one other, drawn at random, every two seconds at least.
 */
const SETTLE_US_MAX = 120_000_000;
/** A key rests for all turns but its own, which is longer than it takes to be forgotten. */
const REST_GROUPS = 5;
const REST_TURN_US = 2_500_000;
const SWEEPS = 4;
const LOOK_MS = 500;
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
  readonly #faults: Faults;
  #working = true;
  #lastId = 0;
  #sweptKeys = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#trace = new Trace(() => this.#scheduler.nowUs, options.print);
    this.#ledger = new Ledger((text) => this.violation(text));
    this.#random = new Prng(options.seed);
    const times = options.times ?? drawTimes(this.#random);
    this.#pace = options.pace ?? drawPace(this.#random, times);
    const nodes = options.nodes ?? drawNodeCount(this.#random);
    this.#rows = drawKeyspaces(this.#random, nodes, options.durability);
    this.#keys = keysOf(this.#rows, options.workload?.keys ?? this.#random.pick([2, 4, 6, 40]));
    const given = options.keyspaces?.(this.#rows) ?? this.#rows;
    const drawn = drawCluster(this.#random, nodes, given, times);
    const gentle = options.gentle === true ? GENTLE : {};
    this.#clusterOptions = {
      ...drawn,
      ...gentle,
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
      machines: this.#cluster.machines,
      history: this.#history,
      ledger: this.#ledger,
      keys: this.#keys,
      keysNow: () => this.#keysNow(),
      keepsSiblings: (key: string) => this.#rowOf(key).reconcile === 'siblings',
      thinkUsMax: THINK_US_MAX * this.#pace,
      readPercent: options.workload?.readPercent ?? this.#random.pick([5, 40, 70]),
      modifyPercent: this.#random.pick([30, 60]),
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
      cluster: this.#cluster,
      rows: this.#rows,
      rowOf,
      isForgetful: times === FORGETFUL,
    });
    this.#settlement = new Settlement({ cluster: this.#cluster, keys: this.#keys, rowOf });
    this.#faults = new Faults(this.#random.fork(), {
      scheduler: this.#scheduler,
      cluster: this.#cluster,
      trace: this.#trace,
      losses: this.#losses,
      connectivity: this.#connectivity,
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
    for (const client of this.#clients) client.start();
    this.#faults.start();
    await this.#scheduler.run(this.#options.durationMs * 1000 * this.#pace, () => this.#violations.length > 0);
    if (this.#violations.length > 0) return;
    this.#working = false;
    this.#faults.end();
    // Links that a stall has killed are noticed some seconds later.
    await this.#pause(SETTLE_US_MIN / 1000);
    if (!(await this.#waitFor(() => this.#cluster.isWhole(), 'all nodes to reach each other'))) return;
    // Reads repair what they see. Half of the runs must do without; there a sweep comes last, and must find all well.
    const readsRepair = this.#options.readsRepair ?? this.#random.chance(0.5);
    if (readsRepair) for (let sweep = 0; sweep < SWEEPS; sweep++) await this.#sweep();
    await this.#settle();
    if (!readsRepair) await this.#sweep();
    for (const client of this.#clients) client.checkAnswers();
    await this.#flush();
    if (this.#violations.length === 0) this.#check();
  }

  /** Waits until the cluster has put all right by itself. */
  async #settle(): Promise<void> {
    const untilUs = this.#scheduler.nowUs + SETTLE_US_MAX;
    while (this.#settlement.left().length > 0 && this.#scheduler.nowUs < untilUs) await this.#pause(LOOK_MS);
    for (const text of this.#settlement.left()) this.violation(text);
  }

  /** Where things are forgotten soon the keys have their times, and long enough a rest between. */
  #keysNow(): readonly string[] {
    const { times } = this.#clusterOptions;
    if (times !== FORGETFUL || this.#keys.length < REST_GROUPS) return this.#keys;
    const turn = Math.floor(this.#scheduler.nowUs / REST_TURN_US) % REST_GROUPS;
    return this.#keys.filter((_, i) => i % REST_GROUPS === turn);
  }

  /** Reads every key through every node, which repairs. */
  async #sweep(): Promise<void> {
    for (const machine of this.#cluster.machines) {
      for (const key of this.#keys) this.#readThrough(machine, key);
      await this.#waitFor(() => this.#sweptKeys === 0, 'the reads of a sweep');
      await this.#pause(300);
    }
  }

  #readThrough(machine: Machine, key: string): void {
    const session = machine.node?.openSession();
    const id = ++this.#lastId;
    const fields = { id, client: -1, session: id, host: machine.host, key, kind: 'get' as const };
    const request = this.#history.begin(fields);
    this.#sweptKeys++;
    session?.get(DB, slotOf(Buffer.from(key)), key, undefined, (_state, failure, bytes) => {
      this.#sweptKeys--;
      this.#history.end(request, failure === undefined ? 'acknowledged' : 'refused');
      if (failure !== undefined) this.violation(`no answer in peace: ${key} at ${machine.host}: ${failure.code}`);
      if (bytes !== undefined) request.object = objectIn(bytes);
    });
  }

  async #flush(): Promise<void> {
    let left = 0;
    for (const { node } of this.#cluster.machines) {
      left++;
      node?.replica.flush().then(
        () => left--,
        (error: unknown) => this.violation(`no flush in peace: ${String(error)}`),
      );
    }
    await this.#waitFor(() => left === 0, 'the flushes');
  }

  #check(): void {
    const violation = (text: string): void => this.violation(text);
    const copies = this.#settlement.copies();
    checkConvergence(copies, violation);
    const finalObject = (key: string): VersionedObject | undefined => {
      const [bytes] = copies.get(key)?.values() ?? [];
      return bytes === undefined ? undefined : decodeObject(bytes);
    };
    checkNoLostWrite(this.#history, this.#ledger, finalObject, violation);
    checkNoInvention(this.#history, this.#ledger, finalObject, violation);
    checkNoResurrection(this.#history, this.#ledger, finalObject, this.#nowMs(), violation);
    if (this.#losses.memoryWasLost) return;
    const overlaps = (key: string): boolean => {
      const { n, r, w, sloppy } = this.#rowOf(key);
      // Stand-ins are not among the nodes that a later quorum meets.
      return r + w > n && (!sloppy || this.#cluster.machines.length <= n);
    };
    checkReads(this.#history, this.#ledger, overlaps, violation);
  }

  #rowOf(key: string): KeyspaceRow {
    const row = [...this.#rows].reverse().find(({ prefix }) => key.startsWith(prefix));
    if (row === undefined) throw new Error('the default keyspace is missing');
    return row;
  }

  #watch(machine: Machine, node: ClusterNode): void {
    const owns = (key: string): boolean => this.#cluster.primariesOf(key, this.#rowOf(key).n).includes(machine);
    const { tombstoneGraceMs, skewMsMax } = this.#clusterOptions.times;
    // Each node judges by its own clock, and the writer's may have been another.
    this.#ledger.watch(machine.host, node, owns, tombstoneGraceMs - 2 * skewMsMax, () => this.#nowMs());
  }

  /** True time, as a wall clock without skew has it. */
  #nowMs(): number {
    return EPOCH_MS + Math.floor(this.#scheduler.nowUs / 1000);
  }

  async #waitFor(isDone: () => boolean, what: string): Promise<boolean> {
    await this.#scheduler.run(this.#scheduler.nowUs + SETTLE_US_MAX, () => isDone());
    const done = isDone();
    if (!done) this.violation(`waited in vain for ${what}`);
    return done;
  }

  async #pause(ms: number): Promise<void> {
    await this.#scheduler.run(this.#scheduler.nowUs + ms * 1000);
  }

  #describe(): string {
    const [row] = this.#rows;
    const { nodes, temper, times } = this.#clusterOptions;
    const forgetful = times === FORGETFUL ? ', forgetful' : '';
    const quorum = `${nodes} nodes, pace ${this.#pace}${forgetful}, n ${row?.n} r ${row?.r} w ${row?.w} ${row?.durability}`;
    return `${quorum}, ${this.#clients?.length ?? 0} clients, ${this.#keys.length} keys, delay ${temper.delayUs} µs; ${this.#history.summary()}; faults: ${this.#faults?.summary ?? ''}`;
  }
}

function objectIn(bytes: Buffer): VersionedObject {
  return decodeObject(Buffer.from(bytes.subarray(0, objectLength(bytes))));
}
