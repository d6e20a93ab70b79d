/** One node of a `TransferCluster`: all that hands partitions on and takes them, over a store in memory. */
import { AntiEntropy } from '../../../cluster/anti-entropy/anti-entropy.js';
import { MerkleForest } from '../../../cluster/anti-entropy/merkle-forest.js';
import type { BackgroundWork, Governor } from '../../../cluster/background/governor.js';
import { answerPull } from '../../../cluster/background/pull.js';
import { Counters } from '../../../cluster/coordinator/counters.js';
import { Routes } from '../../../cluster/coordinator/routes.js';
import { Hints } from '../../../cluster/handoff/hints.js';
import { OrphanSweep } from '../../../cluster/handoff/orphan-sweep.js';
import { recoverJournal } from '../../../cluster/replica/journal-recovery.js';
import { Replica } from '../../../cluster/replica/replica.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { Identity } from '../../../cluster/storage/identity.js';
import { type MemoryDisk, MemoryStore } from '../../../cluster/storage/memory-store.js';
import { Transfer } from '../../../cluster/transfer/transfer.js';
import { everyPlace, type TransferNode } from '../../../cluster/transfer/transfer-node.js';
import { HybridClock } from '../../../cluster/version/hybrid-clock.js';
import { QUERY_KIND, Queries } from '../../../cluster/wire/queries.js';
import { shownValue } from '../replica/opened-replica.js';
import type { ManualWorld } from '../storage/manual-world.js';
import { Links } from './linked-peer.js';
import type { SharedView } from './shared-view.js';
import type { TransferCluster } from './transfer-cluster.js';

export const RETIRE_AFTER_MS = 6_000;
const GRACE_MS = 86_400_000;

/** Lets all background work through, until it is stopped. */
export class OpenGovernor implements Governor {
  stopped = false;
  readonly admitted = new Map<BackgroundWork, number>();

  admit(work: BackgroundWork, units: number): Promise<boolean> {
    this.admitted.set(work, (this.admitted.get(work) ?? 0) + units);
    return Promise.resolve(!this.stopped);
  }
}

/** One process of a node. */
export class TransferMachine {
  readonly counters = new Counters();
  readonly queries = new Queries();
  readonly governor: Governor;
  readonly peers = new Links();
  readonly hybridClock: HybridClock;
  readonly routes: Routes;
  readonly hints: Hints;
  readonly transfer: Transfer;
  /** Exchanges only when asked. */
  readonly antiEntropy: AntiEntropy;
  readonly sweep: OrphanSweep;
  isGone = false;

  private constructor(
    readonly cluster: TransferCluster,
    readonly view: SharedView,
    readonly store: MemoryStore,
    readonly identity: Identity,
    readonly forest: MerkleForest,
    readonly replica: Replica,
  ) {
    const { world, keyspaces } = cluster;
    this.governor = cluster.governorOf(view.self.host);
    this.hybridClock = new HybridClock(world.clock, identity.counterFloor, 60_000);
    const { peers } = this;
    this.routes = new Routes(view, peers);
    const node = {
      // Nothing here dials: the transport is the peers' own.
      world: { transport: undefined, ...world } as unknown as TransferNode['world'],
      store,
      replica,
      forest,
      peers,
      routes: this.routes,
      keyspaces,
      counters: this.counters,
      governor: this.governor,
      hybridClock: this.hybridClock,
      membership: view,
    };
    this.hints = new Hints(node, { bytesMax: 1_000_000, windowMs: 3_600_000 });
    this.antiEntropy = new AntiEntropy(node, 0);
    this.transfer = new Transfer(node, this.hints, { retireAfterMs: RETIRE_AFTER_MS, graceMs: GRACE_MS });
    this.sweep = new OrphanSweep(node, this.hints, GRACE_MS, this.transfer.clears);
    this.transfer.onGone(() => {
      this.isGone = true;
    });
    const { partitionCount } = forest;
    this.queries.on(QUERY_KIND.pull, answerPull(replica, keyspaces, partitionCount, this.transfer.gave));
    this.antiEntropy.answerOn(this.queries);
  }

  static async open(
    cluster: TransferCluster,
    view: SharedView,
    disk: MemoryDisk | undefined,
  ): Promise<TransferMachine> {
    const { world, keyspaces } = cluster;
    const { partitionCount } = cluster.truth;
    const store = new MemoryStore(world.timers, { latencyMs: () => 1, ...(disk && { disk }) });
    const identity = await world.timers.until(Identity.open(store, world, partitionCount));
    const memoryBytesMax = 10_000_000;
    const recovered = await world.timers.until(recoverJournal(store, world.log, { partitionCount, memoryBytesMax }));
    const forest = new MerkleForest(partitionCount, keyspaces);
    const options = { partitionCount, memoryBytesMax, flushPeriodMs: 100 };
    const replica = new Replica(world, store, identity, options, recovered, forest);
    const machine = new TransferMachine(cluster, view, store, identity, forest, replica);
    await world.timers.until(machine.transfer.prepare());
    return machine;
  }

  get id(): NodeId {
    return this.view.self.id;
  }

  get world(): ManualWorld {
    return this.cluster.world;
  }

  start(): void {
    this.hints.start();
    this.sweep.start();
    this.transfer.start();
  }

  /** Keys of which rows are here, by their values. */
  async rows(): Promise<Map<string, string | undefined>> {
    const held = new Map<string, string | undefined>();
    for (const { partition } of everyPlace({ forest: this.forest } as TransferNode)) {
      const scan = this.replica.scans.scanPartition(partition, (rows) => {
        for (const { key, record } of rows) held.set(key, shownValue(record));
        return true;
      });
      await this.world.timers.until(scan);
    }
    return held;
  }
}
