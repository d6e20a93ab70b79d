import assert from 'node:assert/strict';
import type { Change } from '../../../cluster/coordinator/changes/change.js';
import { ModifyQueues } from '../../../cluster/coordinator/changes/modify.js';
import type { Coordination, HintKeeper } from '../../../cluster/coordinator/coordination.js';
import { Counters } from '../../../cluster/coordinator/counters.js';
import { Lateness } from '../../../cluster/coordinator/forwarding/forward-stamp.js';
import { HedgeQueue } from '../../../cluster/coordinator/hedge.js';
import { Routes } from '../../../cluster/coordinator/routes.js';
import { Session } from '../../../cluster/coordinator/session.js';
import { WritesUnderWay } from '../../../cluster/coordinator/writes-under-way.js';
import type { Failure } from '../../../cluster/failure.js';
import { type KeyspaceRow, Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import type { Member } from '../../../cluster/membership/membership.js';
import type { World } from '../../../cluster/ports/world.js';
import {
  BUFFER,
  type Durability,
  PENDING,
  STORED,
  type StoreAnswer,
  type WriteWaiter,
} from '../../../cluster/replica/replica.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { type Partition, SLOT_COUNT, type Slot } from '../../../cluster/ring/slots.js';
import type { MemoryDisk } from '../../../cluster/storage/memory-store.js';
import type { ActorId } from '../../../cluster/version/actor.js';
import { encodeObject, type ObjectBytes } from '../../../cluster/version/codec.js';
import { HybridClock } from '../../../cluster/version/hybrid-clock.js';
import type { VersionVector } from '../../../cluster/version/object.js';
import { OpenedReplica, PARTITIONS } from '../replica/opened-replica.js';
import { ManualWorld } from '../storage/manual-world.js';
import { ChangingMembership } from './changing-membership.js';
import { FakePeer, FakePeers, valuesOf } from './fake-peer.js';

export const HEDGE_DELAY_MS = 20;
export const VALUE_BYTES_MAX = 1_000_000;
export const FORWARD_WITHIN_MS = 50;
export const DRIFT_MAX_MS = 60_000;
const DEFAULT_KEYSPACE: KeyspaceRow = {
  prefix: '',
  n: 3,
  r: 2,
  w: 2,
  sloppy: true,
  reconcile: 'newest',
  durability: 'buffer',
};

export interface ScriptedOptions {
  /** Nodes of the cluster; the node under test is one of them. 3 if absent. */
  readonly nodes?: number;
  readonly keyspace?: Partial<KeyspaceRow>;
  readonly clockEntriesMax?: number;
  readonly memoryBytesMax?: number;
  readonly disk?: MemoryDisk;
  /** Leaves the cache cold: what the disk holds has to be loaded. */
  readonly cold?: boolean;
  readonly storeLatencyMs?: number;
  readonly forwardWithinMs?: number;
  /** Without it what a fallback holds is never too old. */
  readonly strayCopyMaxMs?: number;
  /** Nodes of different numbers draw different random bytes. */
  readonly draw?: number;
}

/** Keeps hints in mind, and answers as the test says. */
export class KeptHints implements HintKeeper {
  /** `target db key`, in order; those that this node stands in with are marked by their durability. */
  readonly kept: string[] = [];
  /** Those who wait to hear that their hint is safe. */
  readonly waiters: WriteWaiter[] = [];

  note(target: NodeId, _partition: Partition, db: number, key: string): void {
    this.kept.push(`${target} ${db} ${key}`);
  }

  keep(
    target: NodeId,
    _partition: Partition,
    db: number,
    key: string,
    durability: Durability,
    waiter: WriteWaiter,
  ): StoreAnswer {
    this.kept.push(`${target} ${db} ${key} ${durability}`);
    if (durability === BUFFER) return STORED;
    this.waiters.push(waiter);
    return PENDING;
  }

  isHinted({ db, key }: { readonly db: number; readonly key: string }): boolean {
    return this.kept.some((line) => line.includes(` ${db} ${key}`));
  }
}

/**
 * A coordinator with a real replica over a store in memory, among peers that the test plays. The node's place in the
 * preference list is that of the slot: with three nodes SLOT_OF_OWN, SLOT_OF_PEER; with four also SLOT_OF_OTHERS.
 */
export class ScriptedNode {
  readonly world: ManualWorld;
  readonly opened: OpenedReplica;
  readonly peers: readonly FakePeer[];
  readonly membership: ChangingMembership;
  readonly node: Coordination;
  readonly hints: KeptHints;

  private constructor(
    world: ManualWorld,
    opened: OpenedReplica,
    peers: readonly FakePeer[],
    membership: ChangingMembership,
    node: Coordination,
    hints: KeptHints,
  ) {
    this.membership = membership;
    this.hints = hints;
    this.world = world;
    this.opened = opened;
    this.peers = peers;
    this.node = node;
  }

  static async open(options: ScriptedOptions = {}): Promise<ScriptedNode> {
    const { nodes = 3, keyspace = {}, clockEntriesMax = 10, memoryBytesMax = 1_000_000, disk, cold = false } = options;
    const { forwardWithinMs = FORWARD_WITHIN_MS } = options;
    const world = new ManualWorld();
    for (let drawn = 0; drawn < (options.draw ?? 0); drawn++) world.random.below(1);
    const latencyMs = (): number => options.storeLatencyMs ?? 1;
    const openOptions = disk === undefined ? { memoryBytesMax, latencyMs } : { memoryBytesMax, latencyMs, disk };
    const opened = cold
      ? await OpenedReplica.open(world, openOptions)
      : await OpenedReplica.openWarm(world, openOptions);
    const members = Array.from({ length: nodes }, (_, place) => memberOf(place));
    const peers = members.slice(1).map(({ id }) => new FakePeer(id));
    const membership = membershipOf(members);
    const { replica, identity } = opened;
    const hints = new KeptHints();
    const coordination: Coordination = {
      // No coordinator dials: the transport is the peers' own.
      world: world as unknown as World,
      replica,
      identity,
      hybridClock: new HybridClock(world.clock, identity.counterFloor, DRIFT_MAX_MS),
      routes: new Routes(membership, new FakePeers(peers)),
      databases: { stored: (db) => db },
      keyspaces: new Keyspaces([{ ...DEFAULT_KEYSPACE, ...keyspace }]),
      counters: new Counters(),
      hints,
      strayCopyMaxMs: options.strayCopyMaxMs ?? Number.POSITIVE_INFINITY,
      forwarding: {
        process: 1,
        withinMs: forwardWithinMs,
        runMaxMs: 4 * forwardWithinMs,
        lateness: new Lateness(world.clock),
      },
      hedges: new HedgeQueue(world.timers, world.clock, () => peers.map((peer) => peer.asPeer()), 1000),
      modifyQueues: new ModifyQueues(),
      writes: new WritesUnderWay(replica, memoryBytesMax, 1000),
      clockEntriesMax,
      objectBytesMax: 1_000_000,
      valueBytesMax: VALUE_BYTES_MAX,
      getLatency: world.latencies.recorder('coordinator get'),
      putLatency: world.latencies.recorder('coordinator put'),
      isMember: () => true,
    };
    return new ScriptedNode(world, opened, peers, membership, coordination, hints);
  }

  peer(index: number): FakePeer {
    const peer = this.peers[index];
    assert(peer !== undefined, `there is no peer ${index}`);
    return peer;
  }

  /** From now on these hold every partition: `own`, or the number of a peer. */
  heldBy(...holders: readonly ('own' | number)[]): void {
    const ids = holders.map((each) => (each === 'own' ? this.membership.self.id : this.peer(each).id));
    this.membership.change({ holders: () => ids });
  }

  openClient(slot: Slot = SLOT_OF_OWN): Client {
    return new Client(this, slot);
  }

  /** What the own replica holds, from memory. */
  held(key: string, slot: Slot = SLOT_OF_OWN, db = 0): ObjectBytes | null | undefined {
    return this.node.replica.peek(partitionOfSlot(slot), db, key);
  }

  heldValues(key: string, slot: Slot = SLOT_OF_OWN): string[] {
    return valuesOf(this.held(key, slot));
  }

  /** Puts an object from elsewhere into the own replica. */
  hold(key: string, object: ObjectBytes, slot: Slot = SLOT_OF_OWN): void {
    this.node.replica.merge(partitionOfSlot(slot), 0, key, object, 0, { stored: () => undefined });
  }

  advance(ms: number): Promise<void> {
    return this.world.timers.advance(ms);
  }
}

/** How an operation ended. */
export interface Outcome {
  readonly name: string;
  readonly failure: Failure | undefined;
  readonly values: string[];
  readonly object: ObjectBytes | undefined;
  readonly applied: boolean | undefined;
  readonly previous: string | undefined;
}

/** A client connection. Outcomes stand in the order in which they came. */
export class Client {
  readonly session: Session;
  readonly outcomes: Outcome[] = [];
  readonly #slot: Slot;

  constructor(scripted: ScriptedNode, slot: Slot) {
    this.session = new Session(scripted.node);
    this.#slot = slot;
  }

  get(key: string, name = `get ${key}`, db = 0): void {
    this.session.get(db, this.#slot, key, name, (ended, failure, object) => this.#take(ended, failure, object));
  }

  /** `context` null: all that the coordinator has. */
  put(key: string, value: string, context: VersionVector | null = null, name = `put ${key} ${value}`): void {
    const written = { tombstone: false, expiryMs: 0, value: Buffer.from(value) };
    this.session.put(0, this.#slot, key, context ?? undefined, written, name, (ended, failure, object) =>
      this.#take(ended, failure, object),
    );
  }

  modify(key: string, change: Change, name = `modify ${key}`): void {
    this.session.modify(0, this.#slot, key, change, name, (ended, failure, applied, previous, object) =>
      this.#take(ended, failure, object, applied, previous),
    );
  }

  /** Names of the operations that have ended, in order. */
  ended(): string[] {
    return this.outcomes.map(({ name }) => name);
  }

  last(): Outcome {
    const outcome = this.outcomes.at(-1);
    assert(outcome !== undefined, 'nothing has ended');
    return outcome;
  }

  #take(
    name: string,
    failure: Failure | undefined,
    object: ObjectBytes | undefined,
    applied?: boolean,
    previous?: Buffer,
  ): void {
    const values = valuesOf(object);
    this.outcomes.push({ name, failure, values, object, applied, previous: previous?.toString() });
  }
}

// The walk of odd partitions goes the other way round the ring: see `membershipOf`.
/** The node under test comes first, then peers 0, 1, ... */
export const SLOT_OF_OWN = 0 as Slot;
/** Peer 0 comes first, then the node under test. */
export const SLOT_OF_PEER = (SLOT_COUNT / PARTITIONS) as Slot;
/** Of four nodes: peers 1, 2, the node under test, then peer 0. */
export const SLOT_OF_TWO_OTHERS = ((2 * SLOT_COUNT) / PARTITIONS) as Slot;
/** Of four nodes: peers 2, 1, 0, then the node under test. */
export const SLOT_OF_OTHERS = ((3 * SLOT_COUNT) / PARTITIONS) as Slot;

export function partitionOfSlot(slot: Slot): Partition {
  return Math.floor((slot * PARTITIONS) / SLOT_COUNT) as Partition;
}

function memberOf(place: number): Member {
  const id = String(place).repeat(40) as NodeId;
  return { id, host: `host${place}`, port: 6379, peerPort: 16379, zone: '', weight: 1 };
}

function membershipOf(members: readonly Member[]): ChangingMembership {
  const [self] = members;
  assert(self !== undefined);
  const owners = Array.from({ length: PARTITIONS }, (_, i) => members[i % members.length]?.id ?? self.id);
  return new ChangingMembership(members, owners);
}

/** An actor that no node of these tests has. */
export function actorNamed(digit: string): ActorId {
  return digit.repeat(16) as ActorId;
}

/** Counters of these tests: around the wall clock of the manual world. */
export function counterAt(world: ManualWorld, offsetMs = 0): number {
  return (world.clock.nowMs() + offsetMs) * 1000;
}

export interface Entry {
  readonly actor: ActorId;
  readonly counter: number;
  readonly value?: string;
  readonly expiryMs?: number;
  readonly tombstone?: true;
}

/** The object with these siblings (newest first); an entry without a value that is no tombstone is in the clock only. */
export function objectWith(...entries: readonly Entry[]): Buffer {
  return encodeObject({
    clock: new Map(entries.map(({ actor, counter }) => [actor, counter])),
    siblings: entries
      .filter(({ value, tombstone }) => value !== undefined || tombstone)
      .map(({ actor, counter, value = '', expiryMs = 0, tombstone = false }) => ({
        dot: { actor, counter },
        tombstone,
        expiryMs,
        value: Buffer.from(value),
      })),
  });
}
