import { AntiEntropy } from './anti-entropy/anti-entropy.js';
import { MerkleForest } from './anti-entropy/merkle-forest.js';
import { saveForest, takeSavedForest } from './anti-entropy/saved-forest.js';
import { ForegroundGovernor, type GovernorFigures } from './background/foreground-governor.js';
import { answerStrain, PeerStrains } from './background/peer-strains.js';
import { answerPull } from './background/pull.js';
import type { BackgroundTask } from './background/task.js';
import { ModifyQueues } from './coordinator/changes/modify.js';
import type { Coordination } from './coordinator/coordination.js';
import { type Copy, copiesOf } from './coordinator/copies.js';
import { Counters } from './coordinator/counters.js';
import { answerStamp, greetWithStamp, Lateness } from './coordinator/forwarding/forward-stamp.js';
import { StampRounds } from './coordinator/forwarding/stamp-rounds.js';
import { HedgeQueue } from './coordinator/hedge.js';
import { type HeldWait, heldWrites } from './coordinator/held-writes.js';
import { InboundRequests } from './coordinator/inbound-requests.js';
import { answerKeyCount, countKeys } from './coordinator/key-count.js';
import { Routes } from './coordinator/routes.js';
import { Session } from './coordinator/session.js';
import { WritesUnderWay } from './coordinator/writes-under-way.js';
import type { KeptDatabases } from './databases/database-message.js';
import { loadDatabases } from './databases/database-row.js';
import { Databases } from './databases/databases.js';
import { FlushSweep } from './databases/flush-sweep.js';
import type { Failure } from './failure.js';
import type { HandoffNode } from './handoff/handoff-node.js';
import { Hints } from './handoff/hints.js';
import { OrphanSweep } from './handoff/orphan-sweep.js';
import { KeyspaceAgreement } from './keyspaces/keyspace-agreement.js';
import { Keyspaces } from './keyspaces/keyspaces.js';
import { PortBook } from './membership/client-ports.js';
import { GossipMembership } from './membership/gossip-membership.js';
import { contactBy, gossipLinks } from './membership/links.js';
import { isElastic, type Membership } from './membership/membership.js';
import { openMembership, refuseAlone } from './membership/open-membership.js';
import { type NodeOptions, wireOf } from './options.js';
import { Peers } from './peers.js';
import type { Store } from './ports/store.js';
import type { World } from './ports/world.js';
import { reapingAgeMs } from './reaping/age.js';
import { LocalReaping } from './reaping/local-reaping.js';
import { answerNodeState } from './reaping/node-state.js';
import { Reaper } from './reaping/reaper.js';
import { setAside } from './reaping/set-aside.js';
import { Settling } from './reaping/settling.js';
import { SignOfLife } from './reaping/sign-of-life.js';
import { recoverJournal } from './replica/journal-recovery.js';
import type { RecoveredRows } from './replica/recovered-rows.js';
import { Replica } from './replica/replica.js';
import type { NodeId } from './ring/ring.js';
import type { Slot } from './ring/slots.js';
import { KeyspaceWalk } from './scan/keyspace-walk.js';
import { hashOfCluster } from './scan/place.js';
import { ScanAnswers } from './scan/scan-answers.js';
import { KeyWindows } from './scan/windows.js';
import { Identity } from './storage/identity.js';
import { syncStore } from './storage/sync-store.js';
import type { TransferProgress } from './transfer/progress.js';
import { Transfer } from './transfer/transfer.js';
import { forgetReceived } from './transfer/transfer-rows.js';
import { type ActorId, LIFE_BYTES, lifeOf, makeActor } from './version/actor.js';
import { ContextTokens } from './version/context-token.js';
import { HybridClock } from './version/hybrid-clock.js';
import { LinkWatch } from './wire/link-watch.js';
import { Peer } from './wire/peer.js';
import { PeerService } from './wire/peer-service.js';
import { QUERY_KIND, Queries } from './wire/queries.js';

const OBJECTS_A_FRAME = 4;

/** A Dynamo node: puts the parts together. */
export class ClusterNode {
  readonly membership: Membership;
  readonly keyspaces: Keyspaces;
  /** Which nodes have other keyspaces than this one. */
  readonly keyspaceAgreement: KeyspaceAgreement;
  /** What was flushed and swapped; which stored database clients mean by a number. */
  readonly databases: Databases;
  /** Gives back the space of what was flushed. */
  readonly flushSweep: FlushSweep;
  /** On which ports the nodes serve clients. */
  readonly portBook: PortBook;
  /** Who serves what now. */
  readonly routes: Routes;
  readonly tokens: ContextTokens;
  readonly counters: Counters;
  readonly replica: Replica;
  /** Whether further writes of clients should wait. */
  readonly writes: WritesUnderWay;
  /** What this node holds for nodes that could not be reached. */
  readonly hints: Hints;
  readonly reaper: Reaper;
  readonly settling: Settling;
  /** Moves partitions when the members change; undefined: they never do. */
  readonly transfer: Transfer | undefined;
  /** Compares this node's replicas with those of others, and repairs what differs. */
  readonly antiEntropy: AntiEntropy;
  readonly peers: Peers;
  /** Goes through all keys of the cluster. */
  readonly walk: KeyspaceWalk;
  readonly #world: World;
  readonly #store: Store;
  readonly #forest: MerkleForest;
  readonly #coordination: Coordination;
  readonly #service: PeerService;
  readonly #identity: Identity;
  readonly #hybridClock: HybridClock;
  readonly #governor: ForegroundGovernor;
  readonly #windows: KeyWindows;
  readonly #tasks: readonly BackgroundTask[];

  /**
   * Opens the node on `store`, listens for peers and begins to dial them. A node that joins a cluster waits for its history
   * first. Rejects with `StoreError` when the store can't be used, or when the peer address can't be bound.
   */
  static async open(world: World, store: Store, options: NodeOptions): Promise<ClusterNode> {
    const membership = await membershipOf(world, store, options);
    const { partitionCount } = membership.ring();
    // Alone there is nobody who could have deleted anything meanwhile.
    const awayMaxMs = membership.members().length > 1 ? options.tombstoneGraceMs : Number.POSITIVE_INFINITY;
    const identity = await Identity.open(store, world, partitionCount, awayMaxMs);
    // What is to be set aside has to be in rows of its own.
    const memoryBytesMax = identity.aside?.moving === true ? 0 : options.memoryBytesMax;
    const recovered = await recoverJournal(store, world.log, { partitionCount, memoryBytesMax });
    const keyspaces = new Keyspaces(options.keyspaces);
    const forest = new MerkleForest(partitionCount, keyspaces);
    // What is yet to be set aside counts in the trees of the last run, and in none of this one's.
    await takeSavedForest(store, world.log, forest, keyspaces, identity.aside?.moving === true);
    if (identity.aside?.moving === true) await forgetReceived(store, world.log);
    await setAside(store, world.log, identity);
    const kept = await loadDatabases(store, world.log);
    const node = new ClusterNode(world, store, membership, identity, keyspaces, forest, recovered, kept, options);
    await node.settling.prepare();
    await node.transfer?.prepare();
    if (options.listen !== undefined) await node.#service.listen(options.listen);
    node.peers.start();
    for (const task of node.#tasks) task.start();
    return node;
  }

  private constructor(
    world: World,
    store: Store,
    membership: Membership,
    identity: Identity,
    keyspaces: Keyspaces,
    forest: MerkleForest,
    recovered: RecoveredRows,
    kept: KeptDatabases,
    options: NodeOptions,
  ) {
    const { partitionCount } = membership.ring();
    const wire = wireOf(options, partitionCount, membership.self.id, () => identity.actor);
    this.membership = membership;
    this.#identity = identity;
    const watch = new LinkWatch(world, options.requestTimeoutMs);
    this.peers = new Peers(
      membership,
      ({ id, host, peerPort }) => new Peer(world, wire, id, { host, port: peerPort }, watch),
    );
    this.keyspaces = keyspaces;
    this.keyspaceAgreement = new KeyspaceAgreement(world.log, options.keyspaces);
    this.portBook = new PortBook(membership.self, options.clientPorts);
    this.#store = store;
    this.#forest = forest;
    this.#world = world;
    this.tokens = new ContextTokens(options.secret);
    this.counters = new Counters();
    this.#hybridClock = new HybridClock(world.clock, identity.counterFloor, options.clockDriftMaxMs);
    const replicaOptions = {
      partitionCount,
      memoryBytesMax: options.memoryBytesMax,
      flushPeriodMs: options.flushPeriodMs,
    };
    this.replica = new Replica(world, store, identity, replicaOptions, recovered, forest);
    this.writes = new WritesUnderWay(this.replica, options.memoryBytesMax, options.requestTimeoutMs);
    const databases = new Databases(
      {
        world,
        store,
        peers: this.peers,
        replica: this.replica,
        hybridClock: this.#hybridClock,
        counters: this.counters,
        self: membership.self.id,
        clockDriftMaxMs: options.clockDriftMaxMs,
      },
      kept,
    );
    this.databases = databases;
    // Before all others that use a link: the first thing that goes over it is what this node knows of the databases.
    this.peers.onAdded((peer) => {
      peer.onReachableChange((reachable) => {
        if (reachable) databases.greet(peer);
      });
    });
    const routes = new Routes(membership, this.peers);
    this.routes = routes;
    this.#governor = new ForegroundGovernor(
      world,
      options.background,
      options.requestTimeoutMs,
      new PeerStrains(world.clock, this.peers),
      () => this.replica.stats().dirtyBytes / options.memoryBytesMax,
    );
    const handoff: HandoffNode = {
      world,
      store,
      replica: this.replica,
      peers: this.peers,
      routes,
      keyspaces: this.keyspaces,
      counters: this.counters,
      governor: this.#governor,
    };
    this.hints = new Hints(handoff, { bytesMax: options.hintBytesMax, windowMs: options.hintWindowMs });
    this.#coordination = {
      world,
      replica: this.replica,
      identity,
      hybridClock: this.#hybridClock,
      routes,
      keyspaces: this.keyspaces,
      counters: this.counters,
      hints: this.hints,
      databases,
      strayCopyMaxMs: options.tombstoneGraceMs,
      forwarding: {
        process: world.random.bytes(4).readUInt32LE(0),
        withinMs: Math.floor(options.requestTimeoutMs / 2),
        runMaxMs: 2 * options.requestTimeoutMs,
        lateness: new Lateness(world.clock),
      },
      hedges: new HedgeQueue(world.timers, world.clock, () => this.peers.values(), options.requestTimeoutMs),
      modifyQueues: new ModifyQueues(),
      writes: this.writes,
      clockEntriesMax: options.clockEntriesMax,
      // Merges may bring together what several nodes have let in, and that must still fit a frame.
      objectBytesMax: wire.frameBytesMax / OBJECTS_A_FRAME,
      valueBytesMax: options.valueBytesMax,
      getLatency: this.#governor.watching(world.latencies.recorder('coordinator get')),
      putLatency: this.#governor.watching(world.latencies.recorder('coordinator put')),
      isMember: (actor) => this.#isMember(actor),
    };
    const { tombstoneGraceMs, clockDriftMaxMs } = options;
    const ageMs = reapingAgeMs(tombstoneGraceMs, clockDriftMaxMs);
    const local = new LocalReaping(world.clock, this.replica, routes, keyspaces, this.counters, ageMs);
    const { replica } = this;
    this.reaper = new Reaper(
      { world, replica, routes, keyspaces, governor: this.#governor, local },
      tombstoneGraceMs,
      ageMs,
    );
    this.antiEntropy = new AntiEntropy(
      { ...handoff, world, forest, hybridClock: this.#hybridClock },
      options.exchangePeriodMs,
    );
    this.settling = new Settling(
      { world, store, identity, replica, routes, keyspaces, governor: this.#governor },
      tombstoneGraceMs,
    );
    const { retireAfterMs } = options;
    this.transfer = isElastic(membership)
      ? new Transfer({ ...handoff, world, forest, hybridClock: this.#hybridClock, membership }, this.hints, {
          retireAfterMs,
          graceMs: tombstoneGraceMs,
        })
      : undefined;
    const sweepParts = { world, replica, governor: this.#governor, counters: this.counters, partitionCount };
    this.flushSweep = new FlushSweep(sweepParts, databases);
    const gossip = membership instanceof GossipMembership ? membership : undefined;
    this.#tasks = [
      this.hints,
      new OrphanSweep(handoff, this.hints, tombstoneGraceMs, this.transfer?.clears),
      this.flushSweep,
      this.reaper,
      this.settling,
      this.antiEntropy,
      new SignOfLife(world.timers, identity, tombstoneGraceMs),
      new StampRounds(world, this.peers, this.#coordination.forwarding),
      ...(this.transfer === undefined ? [] : [this.transfer]),
      ...(gossip ? [gossip.over(gossipLinks(this.peers))] : []),
    ];
    this.#windows = new KeyWindows(world, replica, hashOfCluster(options.secret));
    const scanAnswers = new ScanAnswers(world, replica, keyspaces, partitionCount, this.#windows);
    this.walk = new KeyspaceWalk(this.#coordination, scanAnswers);
    const queries = new Queries();
    queries.on(QUERY_KIND.scan, scanAnswers.answer);
    if (gossip) queries.on(QUERY_KIND.gossip, gossip.answer);
    queries.on(QUERY_KIND.reap, local.answer);
    queries.on(QUERY_KIND.nodeState, answerNodeState(partitionCount, this.settling.stateOf));
    queries.on(QUERY_KIND.pull, answerPull(replica, keyspaces, partitionCount, this.transfer?.gave));
    queries.on(QUERY_KIND.stamp, answerStamp(this.#coordination.forwarding.lateness));
    this.peers.onAdded((peer) => {
      peer.onReachableChange((reachable) => {
        if (!reachable) return;
        greetWithStamp(peer, world.clock, this.#coordination.forwarding);
        gossip?.linkStands();
        void this.keyspaceAgreement.compare(peer);
        void this.portBook.learn(peer);
      });
    });
    queries.on(QUERY_KIND.databases, databases.answer);
    queries.on(QUERY_KIND.clientPorts, this.portBook.answer);
    queries.on(QUERY_KIND.keyspaces, this.keyspaceAgreement.answer);
    queries.on(QUERY_KIND.countKeys, answerKeyCount(this.replica));
    queries.on(
      QUERY_KIND.strain,
      answerStrain(() => this.#governor.strain()),
    );
    this.antiEntropy.answerOn(queries);
    const requests = new InboundRequests(this.#coordination, queries);
    this.#service = new PeerService(world, wire, requests, (id) => this.peers.get(id)?.dialSoon());
  }

  /** What one client connection talks to. */
  openSession(): Session {
    return new Session(this.#coordination);
  }

  /** Whether this node can talk to that node now. */
  isReachable(id: NodeId): boolean {
    return id === this.membership.self.id || this.peers.get(id)?.reachable() === true;
  }

  /** Live keys of database `db` in the whole cluster; `missing`: partitions that no reachable node holds. */
  countKeys(db: number, done: (count: number, missing: number) => void): void {
    countKeys(this.#coordination, db, done);
  }

  /** How many replicas beside the coordinator's hold what a session wrote last; see `heldWrites`. Never rejects. */
  heldWrites(session: Session, wait: HeldWait): Promise<number | Failure> {
    return heldWrites(this.#coordination, session, wait);
  }

  /** What background work is allowed now, and why. */
  background(): GovernorFigures {
    return this.#governor.figures();
  }

  /** The partitions that are moving to or from this node, by the other side. */
  transfers(): readonly TransferProgress[] {
    return this.transfer?.transfers() ?? [];
  }

  /** What each node of the key's preference list holds. Never rejects. */
  copiesOf(db: number, slot: Slot, key: string): Promise<Copy[]> {
    return copiesOf(this.#coordination, db, slot, key);
  }

  /** Resolves when all that was acknowledged until now is safe from a loss of power. Rejects with `StoreError`. */
  async persist(): Promise<void> {
    await this.replica.flush();
    await syncStore(this.#store, this.#world.clock.nowMs());
  }

  /** Stops, after everything that was acknowledged is in the store. The store itself stays open. */
  async close(): Promise<void> {
    // First: who has forwarded something here is to find this node gone and run it elsewhere, not to hear that it failed.
    await this.#service.close();
    // Together: background work that may not go on sees its peers go.
    this.#coordination.hedges.stop();
    this.#governor.stop();
    this.#windows.stop();
    this.peers.stop();
    await Promise.all(this.#tasks.map((task) => task.stop()));
    await this.replica.close();
    await saveForest(this.#store, this.#world.log, this.#forest, this.keyspaces);
    await this.#identity.close(this.#hybridClock.last);
  }

  #isMember(actor: ActorId): boolean {
    const life = lifeOf(actor);
    if (life === lifeOf(this.#identity.actor)) return true;
    for (const peer of this.peers.values()) {
      const other = peer.actor();
      if (other !== undefined && lifeOf(other) === life) return true;
    }
    return false;
  }
}

/** Who is in the cluster when the node opens. */
async function membershipOf(world: World, store: Store, options: NodeOptions): Promise<Membership> {
  const { membership } = options;
  if (!('founders' in membership)) {
    if (membership.members().length === 1) await refuseAlone(world.log, store, membership.ring().partitionCount);
    return membership;
  }
  // Only to ask a seed: the node itself will be another one.
  const actor = makeActor(world.random.bytes(LIFE_BYTES), 0);
  const wire = wireOf(options, membership.partitionCount, membership.self.id, () => actor);
  return openMembership(world, store, membership, {
    classes: options.keyspaces.map(({ n }) => n),
    clockDriftMaxMs: options.clockDriftMaxMs,
    contact: contactBy(world, wire),
  });
}
