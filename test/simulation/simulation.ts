/** One run: a cluster, its clients and its faults grow from a seed, and what came of them is checked. */
import type { KeyspaceRow } from '../../cluster/coordinator/keyspaces.js';
import { slotOf } from '../../cluster/ring/slots.js';
import { decodeObject } from '../../cluster/version/codec.js';
import { objectLength } from '../../cluster/version/encoded.js';
import type { VersionedObject } from '../../cluster/version/object.js';
import { checkConvergence, checkNoInvention, checkNoLostWrite, checkReads } from './checks.js';
import { Client } from './client.js';
import { Cluster, type ClusterOptions } from './cluster.js';
import { type FaultKind, Faults } from './faults.js';
import { History } from './history.js';
import { Ledger } from './ledger.js';
import type { Machine, Tampering } from './machine.js';
import { Prng } from './prng.js';
import { Scheduler } from './scheduler.js';
import { Trace } from './trace.js';

export interface SimulationOptions {
  readonly seed: number;
  /** How many nodes; drawn from the seed if absent. */
  readonly nodes?: number;
  /** For how long clients work and things go wrong, in simulated ms. */
  readonly durationMs: number;
  readonly durability?: KeyspaceRow['durability'];
  /** How many keys, and how many of a hundred requests read; drawn from the seed if absent. */
  readonly workload?: { readonly keys: number; readonly readPercent: number };
  /** What may go wrong; drawn from the seed if absent. */
  readonly faults?: readonly FaultKind[];
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

const SIBLINGS_PREFIX = 'cart:';
const SETTLE_US_MIN = 15_000_000;
const SETTLE_US_MAX = 120_000_000;
const SWEEPS = 4;
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
  readonly #history = new History();
  readonly #violations: string[] = [];
  readonly #ledger: Ledger;
  readonly #random: Prng;
  readonly #rows: readonly KeyspaceRow[];
  readonly #keys: readonly string[];
  readonly #clusterOptions: ClusterOptions;
  readonly #cluster: Cluster;
  readonly #clients: readonly Client[];
  readonly #faults: Faults;
  #working = true;
  #lastId = 0;
  #sweptKeys = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#trace = new Trace(() => this.#scheduler.nowUs, options.print);
    this.#ledger = new Ledger((text) => this.violation(text));
    this.#random = new Prng(options.seed);
    const nodes = options.nodes ?? this.#random.pick([3, 3, 3, 4, 5]);
    this.#rows = drawKeyspaces(this.#random, options.durability);
    this.#keys = Array.from({ length: options.workload?.keys ?? this.#random.pick([2, 4, 6, 40]) }, (_, i) =>
      i % 2 === 0 ? `k${i}` : `${SIBLINGS_PREFIX}${i}`,
    );
    this.#clusterOptions = drawCluster(this.#random, nodes, options.keyspaces?.(this.#rows) ?? this.#rows);
    this.#cluster = new Cluster(
      this.#clusterOptions,
      this.#scheduler,
      this.#random.fork(),
      this.#trace,
      options.tampering ?? {},
      (machine, node) => this.#ledger.watch(machine.host, node),
      (reason) => this.violation(reason),
    );
    const around = {
      scheduler: this.#scheduler,
      machines: this.#cluster.machines,
      history: this.#history,
      ledger: this.#ledger,
      keys: this.#keys,
      keepsSiblings: (key: string) => this.#rowOf(key).reconcile === 'siblings',
      readPercent: options.workload?.readPercent ?? this.#random.pick([5, 40, 70]),
      nextId: () => ++this.#lastId,
      violation: (text: string) => this.violation(text),
      working: () => this.#working,
    };
    this.#clients = Array.from(
      { length: this.#random.between(2, 6) },
      (_, i) => new Client(i, this.#random.fork(), around),
    );
    const [row] = this.#rows;
    this.#faults = new Faults(this.#random.fork(), {
      scheduler: this.#scheduler,
      cluster: this.#cluster,
      trace: this.#trace,
      durability: row?.durability ?? 'log',
      w: Math.min(...this.#rows.map(({ w }) => w)),
      kinds: options.faults,
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
    for (const client of this.#clients) client.start();
    this.#faults.start();
    await this.#scheduler.run(this.#options.durationMs * 1000, () => this.#violations.length > 0);
    if (this.#violations.length > 0) return;
    this.#working = false;
    this.#faults.end();
    // Links that a stall has killed are noticed some seconds later.
    await this.#pause(SETTLE_US_MIN / 1000);
    if (!(await this.#waitFor(() => this.#cluster.isWhole(), 'all nodes to reach each other'))) return;
    for (let sweep = 0; sweep < SWEEPS; sweep++) await this.#sweep();
    await this.#pause(2_000);
    for (const client of this.#clients) client.checkAnswers();
    await this.#flush();
    if (this.#violations.length === 0) this.#check();
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
    session?.get(0, slotOf(Buffer.from(key)), key, undefined, (_state, failure, bytes) => {
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
    const copies = new Map(
      this.#keys.map((key) => {
        const primaries = this.#cluster.primariesOf(key, this.#rowOf(key).n);
        return [key, new Map(primaries.map((machine) => [machine.host, this.#objectOnDisk(machine, key)]))];
      }),
    );
    checkConvergence(copies, violation);
    const finalObject = (key: string): VersionedObject | undefined => {
      const [bytes] = copies.get(key)?.values() ?? [];
      return bytes === undefined ? undefined : decodeObject(bytes);
    };
    checkNoLostWrite(this.#history, this.#ledger, finalObject, violation);
    checkNoInvention(this.#history, this.#ledger, finalObject, violation);
    const overlap = this.#rows.every(({ n, r, w }) => r + w > n);
    if (overlap && !this.#faults.memoryWasLost) checkReads(this.#history, this.#ledger, violation);
  }

  #objectOnDisk(machine: Machine, key: string): Buffer | undefined {
    const record = this.#cluster.recordOnDisk(machine, key);
    return record?.subarray(0, objectLength(record));
  }

  #rowOf(key: string): KeyspaceRow {
    const row = [...this.#rows].reverse().find(({ prefix }) => key.startsWith(prefix));
    if (row === undefined) throw new Error('the default keyspace is missing');
    return row;
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
    const { nodes, temper } = this.#clusterOptions;
    const quorum = `${nodes} nodes, n ${row?.n} r ${row?.r} w ${row?.w} ${row?.durability}`;
    return `${quorum}, ${this.#clients?.length ?? 0} clients, ${this.#keys.length} keys, delay ${temper.delayUs} µs; ${this.#history.summary()}`;
  }
}

function objectIn(bytes: Buffer): VersionedObject {
  return decodeObject(Buffer.from(bytes.subarray(0, objectLength(bytes))));
}

function drawKeyspaces(random: Prng, durability: KeyspaceRow['durability'] | undefined): KeyspaceRow[] {
  const drawn = random.pick(['buffer', 'log', 'log', 'fsync-one', 'fsync'] as const);
  const [r, w] = random.pick([
    [2, 2],
    [2, 2],
    [2, 2],
    [3, 2],
    [2, 3],
    [3, 1],
  ] as const);
  const quorum = { n: 3, r, w, sloppy: false, durability: durability ?? drawn };
  return [
    { prefix: '', reconcile: 'newest', ...quorum },
    { prefix: SIBLINGS_PREFIX, reconcile: 'siblings', ...quorum },
  ];
}

function drawCluster(random: Prng, nodes: number, keyspaces: readonly KeyspaceRow[]): ClusterOptions {
  const diskMsMax = random.pick([0, 1, 20]);
  const grainUs = random.pick([1, 100, 1_000]);
  return {
    nodes,
    partitionCount: 8,
    keyspaces,
    temper: {
      delayUs: random.pick([50, 500, 5_000]),
      jitterUs: random.pick([0, 500, 20_000]),
      grainUs,
      slowChance: random.pick([0, 0.01, 0.1]),
      refuseChance: random.pick([0, 0.05]),
      cutChance: random.pick([0, 0.1, 0.5]),
    },
    diskMs: (disk) => (disk.chance(0.01) ? disk.below(diskMsMax * 10 + 1) : disk.below(diskMsMax + 1)),
    requestTimeoutMs: random.pick([250, 1_000]),
    clockEntriesMax: random.pick([3, 10]),
    memoryBytesMax: random.pick([2 ** 20, 2 ** 26]),
    flushPeriodMs: random.pick([100, 1_000]),
  };
}
