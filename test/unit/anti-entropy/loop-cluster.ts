/** Replicas with trees that exchange in one process, without links: what would go over the wire is counted. */
import assert from 'node:assert/strict';
import { AntiEntropy } from '../../../cluster/anti-entropy/anti-entropy.js';
import { MerkleForest } from '../../../cluster/anti-entropy/merkle-forest.js';
import { saveForest, takeSavedForest } from '../../../cluster/anti-entropy/saved-forest.js';
import type { Governor } from '../../../cluster/background/governor.js';
import { Counters } from '../../../cluster/coordinator/counters.js';
import { Routes } from '../../../cluster/coordinator/routes.js';
import type { Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import { StaticMembership } from '../../../cluster/membership/static-membership.js';
import type { Store } from '../../../cluster/ports/store.js';
import type { World } from '../../../cluster/ports/world.js';
import { recoverJournal } from '../../../cluster/replica/journal-recovery.js';
import { BUFFER, Replica, STORED } from '../../../cluster/replica/replica.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { type Partition, partitionOf, slotOf } from '../../../cluster/ring/slots.js';
import { Identity } from '../../../cluster/storage/identity.js';
import type { ObjectBytes } from '../../../cluster/version/codec.js';
import { objectLength, versionFingerprint } from '../../../cluster/version/encoded.js';
import { HybridClock } from '../../../cluster/version/hybrid-clock.js';
import { FRAME_HEADER_BYTES } from '../../../cluster/wire/frames.js';
import { getBodyBytes, putBodyBytes } from '../../../cluster/wire/messages.js';
import type { Peer, ReplyHandler } from '../../../cluster/wire/peer.js';
import { Queries } from '../../../cluster/wire/queries.js';

/** What went between two nodes, both ways. */
export class Traffic {
  /** Objects: what had to be moved. */
  objectBytes = 0;
  objects = 0;
  /** Everything else: headers, keys, questions and their answers. */
  otherBytes = 0;
  messages = 0;

  message(bytes: number, object: ObjectBytes | undefined = undefined): void {
    const objectBytes = object === undefined ? 0 : objectLength(object);
    this.messages++;
    this.objectBytes += objectBytes;
    if (objectBytes > 0) this.objects++;
    this.otherBytes += FRAME_HEADER_BYTES + bytes - objectBytes;
  }
}

/** Lets all through, and counts. */
class OpenGovernor implements Governor {
  units = 0;
  stopped = false;

  admit(_work: string, units: number): Promise<boolean> {
    this.units += units;
    return Promise.resolve(!this.stopped);
  }
}

export interface LoopOptions {
  readonly keyspaces: Keyspaces;
  readonly partitionCount: number;
  readonly memoryBytesMax: number;
  /** 0: exchanges only when asked. */
  readonly exchangePeriodMs?: number;
}

type LoopWorld = Omit<World, 'transport'>;

export class LoopNode {
  readonly counters = new Counters();
  readonly queries = new Queries();
  readonly governor = new OpenGovernor();
  readonly peers = new Map<NodeId, Peer>();
  readonly id: NodeId;
  antiEntropy: AntiEntropy | undefined;

  private constructor(
    readonly world: LoopWorld,
    readonly store: Store,
    readonly membership: StaticMembership,
    readonly options: LoopOptions,
    readonly forest: MerkleForest,
    readonly replica: Replica,
    readonly hybridClock: HybridClock,
  ) {
    this.id = membership.self.id;
  }

  /** Opens node `place` of `hosts` on its store. */
  static async open(
    world: LoopWorld,
    store: Store,
    hosts: readonly string[],
    place: number,
    options: LoopOptions,
  ): Promise<LoopNode> {
    const { partitionCount, keyspaces, memoryBytesMax } = options;
    const listed = hosts.map((host) => ({ host, port: 1, peerPort: 2 }));
    const self = listed[place];
    assert(self !== undefined);
    const membership = new StaticMembership(self, listed, partitionCount);
    const identity = await Identity.open(store, world, partitionCount);
    const forest = new MerkleForest(partitionCount, keyspaces);
    await takeSavedForest(store, world.log, forest, keyspaces, false);
    const recovered = await recoverJournal(store, world.log, { partitionCount, memoryBytesMax });
    const replicaOptions = { partitionCount, memoryBytesMax, flushPeriodMs: 100 };
    const replica = new Replica(world, store, identity, replicaOptions, recovered, forest);
    const hybridClock = new HybridClock(world.clock, identity.counterFloor, 60_000);
    return new LoopNode(world, store, membership, options, forest, replica, hybridClock);
  }

  /** Begins to exchange with these. */
  meet(others: readonly LoopNode[], traffic: Traffic): void {
    for (const other of others) {
      if (other !== this) this.peers.set(other.id, new LoopPeer(this, other, traffic) as unknown as Peer);
    }
    const { world, replica, forest, peers, hybridClock, counters, governor, membership } = this;
    const routes = new Routes(membership, peers);
    // Nothing here dials: the transport is the peers' own.
    const whole = { transport: undefined, ...world } as unknown as World;
    const node = { world: whole, replica, forest, peers, routes, hybridClock, counters, governor };
    this.antiEntropy = new AntiEntropy(node, this.options.exchangePeriodMs ?? 0);
    this.antiEntropy.answerOn(this.queries);
    this.antiEntropy.start();
  }

  partitionOf(key: string): Partition {
    return partitionOf(slotOf(Buffer.from(key, 'latin1')), this.options.partitionCount);
  }

  /** Puts an object from elsewhere into the replica. */
  hold(key: string, object: Buffer, db = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        stored: (failure: unknown) => (failure === undefined ? resolve() : reject(new Error('not stored'))),
      };
      if (this.replica.merge(this.partitionOf(key), db, key, object, BUFFER, waiter) === STORED) resolve();
    });
  }

  /** All that the replica holds: the object of each database and key, in hex. */
  async held(): Promise<Map<string, string>> {
    const held = new Map<string, string>();
    for (let partition = 0; partition < this.options.partitionCount; partition++) {
      await this.replica.scans.scanPartition(partition as Partition, (rows) => {
        for (const { db, key, record } of rows)
          held.set(`${db} ${key}`, record.toString('hex', 0, objectLength(record)));
        return true;
      });
    }
    return held;
  }

  /** A stop in good order. */
  async close(): Promise<void> {
    this.governor.stopped = true;
    await this.antiEntropy?.stop();
    await this.replica.close();
    await saveForest(this.store, this.world.log, this.forest, this.options.keyspaces);
  }
}

/** The way from one node to another. */
export class LoopPeer {
  readonly id: NodeId;
  up = true;
  readonly #from: LoopNode;
  readonly #to: LoopNode;
  readonly #traffic: Traffic;

  constructor(from: LoopNode, to: LoopNode, traffic: Traffic) {
    this.id = to.id;
    this.#from = from;
    this.#to = to;
    this.#traffic = traffic;
  }

  reachable(): boolean {
    return this.up;
  }

  put(
    handler: ReplyHandler,
    partition: Partition,
    db: number,
    durability: 0 | 1 | 2,
    key: string,
    object: Buffer,
    length: number,
  ): void {
    if (this.#fails(handler)) return;
    const copy = Buffer.from(object.subarray(0, length));
    this.#traffic.message(putBodyBytes(key, length), copy);
    const reply = (status: number): void => {
      this.#traffic.message(1);
      this.#later(handler, () => handler.putReplied(this.#asPeer(), status));
    };
    const waiter = { stored: (failure: unknown) => reply(failure === undefined ? 0 : 1) };
    if (this.#to.replica.merge(partition, db, key, copy, durability, waiter) === STORED) reply(0);
  }

  get(handler: ReplyHandler, partition: Partition, db: number, key: string, fingerprint: number): void {
    if (this.#fails(handler)) return;
    this.#traffic.message(getBodyBytes(key));
    this.#to.replica.load(partition, db, key, {
      loaded: (_failure, object) => {
        const held = object && Buffer.from(object.subarray(0, objectLength(object)));
        const isSame = held !== undefined && versionFingerprint(held) === fingerprint;
        this.#traffic.message(1 + (isSame ? 0 : (held?.length ?? 0)), isSame ? undefined : held);
        this.#later(handler, () => handler.getReplied(this.#asPeer(), isSame, isSame ? undefined : held));
      },
    });
  }

  query(handler: ReplyHandler, body: Buffer): void {
    if (this.#fails(handler)) return;
    this.#traffic.message(body.length);
    this.#to.queries.answer(this.#from.id, Buffer.from(body), (reply) => {
      this.#traffic.message(reply.length);
      this.#later(handler, () => handler.forwardReplied(this.#asPeer(), reply));
    });
  }

  #later(handler: ReplyHandler, reply: () => void): void {
    this.#from.world.timers.endOfTurn(() => {
      if (!this.#fails(handler)) reply();
    });
  }

  #fails(handler: ReplyHandler): boolean {
    if (!this.up) handler.failed(this.#asPeer(), 'unreachable');
    return !this.up;
  }

  #asPeer(): Peer {
    return this as unknown as Peer;
  }
}
