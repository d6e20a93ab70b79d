import assert from 'node:assert/strict';
import type { Governor } from '../../../cluster/background/governor.js';
import { answerPull } from '../../../cluster/background/pull.js';
import { Counters } from '../../../cluster/coordinator/counters.js';
import { Routes } from '../../../cluster/coordinator/routes.js';
import { type KeyspaceRow, Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import type { Member, Membership } from '../../../cluster/membership/membership.js';
import { isPresumedToHold } from '../../../cluster/membership/presumed.js';
import { reapingAgeMs } from '../../../cluster/reaping/age.js';
import { LocalReaping } from '../../../cluster/reaping/local-reaping.js';
import { answerNodeState } from '../../../cluster/reaping/node-state.js';
import { Reaper } from '../../../cluster/reaping/reaper.js';
import { Settling } from '../../../cluster/reaping/settling.js';
import type { NodeId, Ring } from '../../../cluster/ring/ring.js';
import { STORAGE_KIND } from '../../../cluster/storage/layout.js';
import type { MemoryDisk } from '../../../cluster/storage/memory-store.js';
import type { ActorId } from '../../../cluster/version/actor.js';
import { encodeObject } from '../../../cluster/version/codec.js';
import type { Sibling } from '../../../cluster/version/object.js';
import type { Peer, ReplyHandler } from '../../../cluster/wire/peer.js';
import { QUERY_KIND, Queries } from '../../../cluster/wire/queries.js';
import { valuesOf } from '../coordinator/fake-peer.js';
import { OpenedReplica, PARTITIONS, partitionOfKey } from '../replica/opened-replica.js';
import { ManualWorld } from '../storage/manual-world.js';

export const GRACE_MS = 86_400_000;
const DRIFT_MAX_MS = 60_000;
export const AGE_MS = reapingAgeMs(GRACE_MS, DRIFT_MAX_MS);
const KEYSPACE: KeyspaceRow = {
  prefix: '',
  n: 3,
  r: 2,
  w: 2,
  sloppy: true,
  reconcile: 'newest',
  durability: 'log',
};

/** Lets everything run; `refuse` makes it end. */
class OpenGovernor implements Governor {
  refuse = false;
  units = 0;

  admit(_work: string, units: number): Promise<boolean> {
    this.units += units;
    return Promise.resolve(!this.refuse);
  }
}

/** One node as another sees it: its questions are answered by the parts of that node. */
class LinkedPeer {
  constructor(
    readonly to: LittleNode,
    readonly from: LittleNode,
  ) {}

  reachable(): boolean {
    return this.to.up && this.from.up;
  }

  query(handler: ReplyHandler, body: Buffer): void {
    const peer = this as unknown as Peer;
    if (!this.reachable()) {
      handler.failed(peer, 'unreachable');
      return;
    }
    const { to } = this;
    to.beforeAnswer?.(body);
    const lost = to.losesAnswers;
    to.queries.answer(this.from.id, Buffer.from(body), (reply) => {
      if (lost) handler.failed(peer, 'timeout');
      else handler.forwardReplied(peer, reply);
    });
  }
}

/** A node of the cluster: a replica over a store in memory, its reaper, and links to the others. */
export class LittleNode {
  up = true;
  /** Questions are answered, but no answer arrives. */
  losesAnswers = false;
  /** Runs before a question is answered. */
  beforeAnswer: ((body: Buffer) => void) | undefined;
  /** This node's clock is so far ahead. */
  skewMs = 0;
  readonly governor = new OpenGovernor();
  readonly counters = new Counters();
  readonly queries = new Queries();
  readonly keyspaces: Keyspaces;
  peers: ReadonlyMap<NodeId, Peer> = new Map();
  settling: Settling | undefined;
  disk: MemoryDisk | undefined;
  #holders: readonly NodeId[] | undefined;
  readonly #hearsOfHolders: (() => void)[] = [];

  constructor(
    readonly place: number,
    readonly world: ManualWorld,
    public opened: OpenedReplica,
    readonly members: readonly Member[],
    keyspaces: readonly KeyspaceRow[],
    readonly memoryBytesMax: number | undefined,
  ) {
    this.keyspaces = new Keyspaces(keyspaces);
  }

  get id(): NodeId {
    return idOf(this.place);
  }

  get clock() {
    return { nowMs: () => this.world.clock.nowMs() + this.skewMs, monotonicUs: () => this.world.clock.monotonicUs() };
  }

  routes(): Routes {
    const self = this.members[this.place];
    assert(self !== undefined);
    // Every partition has the same list, in the order of the nodes.
    const list = this.members.map(({ id }) => id);
    const firstOf = (_partition: number, count: number) => list.slice(0, count);
    const ring = { partitionCount: PARTITIONS, preferenceList: () => list, firstOf } as unknown as Ring;
    const membership: Membership = {
      self,
      members: () => this.members,
      nodes: () => this.members,
      ring: () => ring,
      holds: (id, partition, n) => this.#holders?.includes(id) ?? isPresumedToHold(ring, id, partition, n),
      onChange: (callback) => {
        this.#hearsOfHolders.push(callback);
      },
    };
    return new Routes(membership, this.peers);
  }

  /** As this node hears it: those at these places hold everything; undefined: as the ring has it. */
  hearHolders(places: readonly number[] | undefined): void {
    this.#holders = places?.map(idOf);
    for (const callback of this.#hearsOfHolders) callback();
  }

  reaper(): Reaper {
    const { opened, world } = this;
    const { replica } = opened;
    const routes = this.routes();
    const local = new LocalReaping(this.clock, replica, routes, this.keyspaces, this.counters, AGE_MS);
    this.queries.on(QUERY_KIND.reap, local.answer);
    const parts = {
      world: { clock: this.clock, timers: world.timers, random: world.random, log: world.log },
      replica,
      routes,
      keyspaces: this.keyspaces,
      governor: this.governor,
      local,
    };
    return new Reaper(parts, GRACE_MS, AGE_MS);
  }

  /** Opens the node on what its disk holds, as a process that starts does. */
  async start(): Promise<void> {
    const { world, disk } = this;
    this.opened = await OpenedReplica.openWarm(world, {
      ...(disk && { disk }),
      ...(this.memoryBytesMax !== undefined && { memoryBytesMax: this.memoryBytesMax }),
      awayMaxMs: GRACE_MS,
    });
    await this.settle();
  }

  /** Ends the process at once, or in good order. */
  async stop(how: 'orderly' | 'crash' = 'orderly'): Promise<void> {
    this.up = false;
    const stopped = this.settling?.stop() ?? Promise.resolve();
    this.governor.refuse = true;
    await this.world.timers.until(stopped);
    this.disk = how === 'orderly' ? await this.opened.stop() : this.opened.store.crash('process');
  }

  async settle(): Promise<Settling> {
    const { opened, world, keyspaces } = this;
    const { replica, store, identity } = opened;
    this.governor.refuse = false;
    const parts = { world, store, identity, replica, routes: this.routes(), keyspaces, governor: this.governor };
    const settling = new Settling(parts, GRACE_MS);
    await world.timers.until(settling.prepare());
    this.queries.on(QUERY_KIND.nodeState, answerNodeState(PARTITIONS, settling.stateOf));
    this.queries.on(QUERY_KIND.pull, answerPull(replica, keyspaces, PARTITIONS));
    this.up = true;
    settling.start();
    this.settling = settling;
    return settling;
  }

  /** Rows that are set aside. */
  aside(): number {
    return [...this.opened.store.disk.rows.keys()].filter((key) => key.charCodeAt(0) === STORAGE_KIND.aside).length;
  }

  /** The values of the key that this node may be read for, newest first; 'not served' where it may not. */
  async read(key: string): Promise<string[] | 'not served'> {
    if (!this.opened.replica.serves(partitionOfKey(key))) return 'not served';
    return valuesOf(await this.opened.get(key));
  }

  holds(key: string): boolean {
    const held = this.opened.peek(key);
    assert(held !== undefined, `${key} has to be loaded`);
    return held !== null;
  }
}

export interface LittleOptions {
  readonly nodes?: number;
  readonly keyspaces?: readonly Partial<KeyspaceRow>[];
  readonly memoryBytesMax?: number;
  readonly disks?: readonly (MemoryDisk | undefined)[];
  readonly world?: ManualWorld;
}

/** Nodes that share one world of manual timers. The first is the first primary of everything. */
export class LittleCluster {
  private constructor(
    readonly world: ManualWorld,
    readonly nodes: readonly LittleNode[],
  ) {}

  static async open(options: LittleOptions = {}): Promise<LittleCluster> {
    const { nodes: count = 3, keyspaces = [{}], memoryBytesMax, disks = [] } = options;
    const world = options.world ?? new ManualWorld();
    const members = Array.from({ length: count }, (_, place) => memberOf(place));
    const nodes: LittleNode[] = [];
    const rows = keyspaces.map((row) => ({ ...KEYSPACE, ...row }));
    for (let place = 0; place < count; place++) {
      const disk = disks[place];
      const opened = await OpenedReplica.openWarm(world, {
        ...(disk && { disk }),
        ...(memoryBytesMax !== undefined && { memoryBytesMax }),
      });
      nodes.push(new LittleNode(place, world, opened, members, rows, memoryBytesMax));
    }
    for (const from of nodes) {
      const others = nodes.filter((to) => to !== from);
      from.peers = new Map(others.map((to) => [to.id, new LinkedPeer(to, from) as unknown as Peer]));
    }
    for (const node of nodes) await node.settle();
    return new LittleCluster(world, nodes);
  }

  node(place: number): LittleNode {
    const node = this.nodes[place];
    assert(node !== undefined);
    return node;
  }

  /** Merges the object into the replicas at these places, and waits until the stores have it. */
  async hold(key: string, object: Buffer, places: readonly number[] = this.nodes.map(({ place }) => place)) {
    for (const place of places) this.node(place).opened.merge(key, object);
    await this.world.timers.advance(200);
  }

  /** A reaper on each node; gives that of the first. */
  reapers(): Reaper {
    const reapers = this.nodes.map((node) => node.reaper());
    assert(reapers[0] !== undefined);
    return reapers[0];
  }

  /** Time by the clocks, in which nothing runs. */
  skip(ms: number): void {
    this.world.timers.wallMs += ms;
  }

  /** What each node may be read for. */
  async readAll(key: string): Promise<(string[] | 'not served')[]> {
    const read: (string[] | 'not served')[] = [];
    for (const node of this.nodes) read.push(await node.read(key));
    return read;
  }

  /** Places whose node holds the key. */
  holders(key: string): number[] {
    return this.nodes.filter((node) => node.holds(key)).map(({ place }) => place);
  }
}

export interface Remembered {
  readonly writtenMs: number;
  readonly value?: string;
  readonly expiryMs?: number;
  readonly actor?: string;
}

/** An object whose siblings were written at these times; without a value one is a tombstone. */
export function objectOf(...siblings: readonly Remembered[]): Buffer {
  const made = siblings.map(({ writtenMs, value, expiryMs = 0, actor = 'ff00000000000001' }): Sibling => {
    const dot = { actor: actor as ActorId, counter: writtenMs * 1000 };
    return { dot, tombstone: value === undefined, expiryMs, value: Buffer.from(value ?? '') };
  });
  made.sort((a, b) => b.dot.counter - a.dot.counter);
  return encodeObject({ clock: new Map(made.map(({ dot }) => [dot.actor, dot.counter])), siblings: made });
}

export { partitionOfKey };

function idOf(place: number): NodeId {
  return String(place).repeat(40) as NodeId;
}

function memberOf(place: number): Member {
  return { id: idOf(place), host: `host${place}`, port: 6379, peerPort: 16379, zone: '', weight: 1 };
}
