/** Nodes that hand partitions to each other, in one process. Who is a member, and who holds what, all hear at once. */
import assert from 'node:assert/strict';
import type { Governor } from '../../../cluster/background/governor.js';
import type { Placement } from '../../../cluster/coordinator/placement.js';
import { type KeyspaceRow, Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import type { Member } from '../../../cluster/membership/membership.js';
import { FSYNC, STORED } from '../../../cluster/replica/replica.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { type Partition, partitionOf, slotOf } from '../../../cluster/ring/slots.js';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import type { MemoryDisk } from '../../../cluster/storage/memory-store.js';
import { writeRows } from '../../../cluster/storage/store-calls.js';
import { CHECKS_A_RETIREMENT } from '../../../cluster/transfer/limits.js';
import { numberOf } from '../../../cluster/transfer/transfer-rows.js';
import { foreignObject, shownValue } from '../replica/opened-replica.js';
import { ManualWorld } from '../storage/manual-world.js';
import { LinkedPeer } from './linked-peer.js';
import { SharedTruth, SharedView } from './shared-view.js';
import { OpenGovernor, RETIRE_AFTER_MS, TransferMachine } from './transfer-machine.js';

const KEYSPACE: KeyspaceRow = {
  prefix: '',
  n: 3,
  r: 2,
  w: 2,
  sloppy: true,
  reconcile: 'newest',
  durability: 'log',
};

export interface ClusterOptions {
  readonly partitionCount?: number;
  readonly keyspaces?: readonly Partial<KeyspaceRow>[];
  /** Members at the beginning, which hold what the ring makes them primaries of. */
  readonly founders?: number;
  /** Of each node that starts from now on; without it all background work is let through. */
  readonly governor?: (world: ManualWorld, name: string) => Governor;
}

export class TransferCluster {
  readonly world = new ManualWorld();
  readonly keyspaces: Keyspaces;
  readonly truth: SharedTruth;
  /** Those that run, by their name. */
  readonly machines = new Map<string, TransferMachine>();
  /** The value of each key that was acknowledged last. */
  readonly acknowledged = new Map<string, string>();
  /** By key: the nodes that were to take the last write of it, and did not; a stray one is promised to nobody until it is handed on. */
  readonly #missed = new Map<string, ReadonlySet<NodeId> | 'stray'>();
  readonly #disks = new Map<string, MemoryDisk>();
  readonly #views = new Map<string, SharedView>();
  #counter = 0;

  readonly #governor: ClusterOptions['governor'];

  private constructor({ partitionCount = 8, keyspaces = [{}], governor }: ClusterOptions) {
    this.#governor = governor;
    this.truth = new SharedTruth(this.world, partitionCount);
    this.keyspaces = new Keyspaces(keyspaces.map((row) => ({ ...KEYSPACE, ...row })));
  }

  static async open(options: ClusterOptions = {}): Promise<TransferCluster> {
    const cluster = new TransferCluster(options);
    const names = Array.from({ length: options.founders ?? 3 }, (_, i) => `n${i}`);
    cluster.truth.change(names.map(memberNamed), []);
    for (const name of names) {
      const held = new Set<number>();
      const { id } = memberNamed(name);
      for (let partition = 0; partition < cluster.truth.partitionCount; partition++) {
        for (const n of cluster.keyspaces.ns) {
          const wanted = cluster.truth.ring?.preferenceList(partition as Partition).slice(0, n);
          if (wanted?.includes(id)) held.add(numberOf({ partition: partition as Partition, n }));
        }
      }
      cluster.truth.holdings.set(id, held);
    }
    for (const self of cluster.truth.members) cluster.#views.set(self.host, new SharedView(self, cluster.truth));
    for (const name of names) await cluster.start(name);
    return cluster;
  }

  node(name: string): TransferMachine {
    const machine = this.machines.get(name);
    assert(machine !== undefined, `${name} does not run`);
    return machine;
  }

  governorOf(name: string): Governor {
    return this.#governor?.(this.world, name) ?? new OpenGovernor();
  }

  /** A process begins on what the disk of the node holds. */
  async start(name: string): Promise<TransferMachine> {
    const view =
      this.#views.get(name) ??
      new SharedView(this.truth.members.find((m) => m.host === name) ?? memberNamed(name), this.truth);
    this.#views.set(name, view);
    const machine = await TransferMachine.open(this, view, this.#disks.get(name));
    for (const { id, host } of [...this.#views.values()].map(({ self }) => self)) {
      if (host !== name) machine.peers.put(new LinkedPeer(machine, id, this.machines.get(host)));
    }
    for (const other of this.machines.values()) other.peers.put(new LinkedPeer(other, machine.id, machine));
    const mark = { key: storageKey(STORAGE_KIND.membership, 0, 0, 'own'), value: Buffer.of(1) };
    view.sync = () => writeRows(machine.store, [mark], true);
    this.machines.set(name, machine);
    this.truth.tell();
    await this.world.timers.until(machine.replica.whenWarm());
    machine.start();
    return machine;
  }

  /** A new node takes its tokens. */
  async join(name: string): Promise<TransferMachine> {
    const machine = await this.start(name);
    this.truth.change([...this.truth.members, machine.view.self], this.truth.leaving);
    return machine;
  }

  /** The process dies, or the power fails. */
  crash(name: string, lost: 'process' | 'power' = 'process'): void {
    const machine = this.node(name);
    this.#disks.set(name, machine.store.crash(lost));
    this.machines.delete(name);
    if (machine.governor instanceof OpenGovernor) machine.governor.stopped = true;
    void machine.transfer.stop();
    void machine.hints.stop();
    void machine.sweep.stop();
    for (const other of this.machines.values()) other.peers.link(machine.id)?.setUp(false);
    machine.peers.allDown();
  }

  /** The link between two nodes, both ways. */
  link(a: string, b: string, up: boolean): void {
    this.node(a).peers.link(this.node(b).id)?.setUp(up);
    this.node(b).peers.link(this.node(a).id)?.setUp(up);
  }

  async put(key: string, value: string): Promise<void> {
    await this.world.timers.until(this.#put(key, value, []));
  }

  /** Whether so many primaries of the key run as a put needs. */
  canPut(key: string): boolean {
    const { w } = this.keyspaces.of(key);
    const placement = this.#placementOf(key);
    const running = new Set([...this.machines.values()].map(({ id }) => id));
    const up = placement.targets.slice(0, placement.n).filter(({ id }) => running.has(id));
    return up.length >= Math.min(w, placement.n);
  }

  /** These nodes miss it. */
  async putPast(key: string, value: string, ...names: readonly string[]): Promise<void> {
    await this.world.timers.until(this.#put(key, value, names));
  }

  /** `key 0` and so on, each with `value`. */
  async fill(keys: number, value: string, prefix = ''): Promise<void> {
    const puts = Array.from({ length: keys }, (_, i) => this.#put(`${prefix}key ${i}`, value, []));
    await this.world.timers.until(Promise.all(puts));
  }

  /** A put as a coordinator does it: to all that are to be written and run; W of the primaries, and all others, acknowledge. */
  async #put(key: string, value: string, missing: readonly string[]): Promise<void> {
    const partition = this.partitionOf(key);
    const { w } = this.keyspaces.of(key);
    const placement = this.#placementOf(key);
    const object = this.#object(value);
    const running = [...this.machines.values()];
    const written = placement.targets
      .slice(0, placement.written)
      .flatMap(({ id }) => running.filter((machine) => machine.id === id && !missing.includes(machine.view.self.host)));
    assert(written.length >= Math.min(w, placement.n), `too few nodes for ${key}`);
    const took = new Set(written.map(({ id }) => id));
    const { targets, n, receivers, written: count } = placement;
    // Receivers find at the end what they missed; who holds the key already is a primary at once when it is wanted again.
    const holders = [...targets.slice(0, n), ...targets.slice(n + receivers, count)].map(({ id }) => id);
    this.#missed.set(key, new Set(holders.filter((id) => !took.has(id))));
    await Promise.all(
      written.map(
        ({ replica }) =>
          new Promise<void>((resolve) => {
            const waiter = { stored: () => resolve() };
            if (replica.merge(partition, 0, key, object, FSYNC, waiter) === STORED) resolve();
          }),
      ),
    );
    this.acknowledged.set(key, value);
  }

  /** A coordinator that has not heard of anything writes to this node alone, and is told that it is done. */
  async putAt(key: string, value: string, name: string): Promise<void> {
    const object = this.#object(value);
    const done = new Promise<void>((resolve) => {
      const waiter = { stored: () => resolve() };
      if (this.node(name).replica.merge(this.partitionOf(key), 0, key, object, FSYNC, waiter) === STORED) resolve();
    });
    this.#missed.set(key, 'stray');
    await this.world.timers.until(done);
    this.acknowledged.set(key, value);
  }

  /** Whether every coordinator has heard of the ring by now, as the nodes rely on. */
  isRingOld(): boolean {
    return this.world.clock.monotonicUs() - this.truth.ringUs >= (RETIRE_AFTER_MS * 1000) / CHECKS_A_RETIREMENT;
  }

  /** Who is yet to receive the key's partition. */
  receiversOf(key: string): string[] {
    const placement = this.#placementOf(key);
    const ids = placement.targets.slice(placement.n, placement.n + placement.receivers).map(({ id }) => id);
    return [...this.machines].filter(([, { id }]) => ids.includes(id)).map(([name]) => name);
  }

  /** A node that runs and has nothing to do with the key. */
  strangerTo(key: string): string | undefined {
    const { targets, written } = this.#placementOf(key);
    const ids = targets.slice(0, written).map(({ id }) => id);
    return [...this.machines].find(([, { id, view }]) => !ids.includes(id) && view.state() === 'member')?.[0];
  }

  #placementOf(key: string): Placement {
    const [any] = this.machines.values();
    assert(any !== undefined);
    return any.routes.placement(this.partitionOf(key), this.keyspaces.of(key).n);
  }

  memberOf(name: string): Member {
    const view = this.#views.get(name);
    assert(view !== undefined);
    return view.self;
  }

  #object(value: string): Buffer {
    return foreignObject('ff00000000000001', this.world.clock.nowMs() * 1000 + ++this.#counter, value);
  }

  partitionOf(key: string): Partition {
    return partitionOf(slotOf(Buffer.from(key, 'latin1')), this.truth.partitionCount);
  }

  advance(ms: number): Promise<void> {
    return this.world.timers.advance(ms);
  }

  /** Until nothing is under way any more. */
  async settle(limitMs = 240_000): Promise<void> {
    for (let elapsedMs = 0; elapsedMs < limitMs; elapsedMs += 1_000) {
      await this.advance(1_000);
      if (this.#isSettled()) return;
    }
    const figures = [...this.machines].map(([name, { transfer }]) => `${name} ${JSON.stringify(transfer.figures())}`);
    throw new Error(`transfers have not come to their end: ${figures.join(', ')}`);
  }

  /** Every node exchanges with every other. */
  async exchangeAll(): Promise<void> {
    for (const { antiEntropy } of this.machines.values()) await this.world.timers.until(antiEntropy.exchangeNow());
  }

  /** The names of those that are the primaries of the key by the ring. */
  wanted(key: string): string[] {
    const { ring } = this.truth;
    const ids = ring?.preferenceList(this.partitionOf(key)).slice(0, this.keyspaces.of(key).n) ?? [];
    return ids.map((id) => this.truth.members.find((member) => member.id === id)?.host ?? id).sort();
  }

  /** The keys that are not, with their last acknowledged value, at their primaries and nowhere else; with those that have them. */
  async misplaced(): Promise<string[]> {
    const held = new Map<string, Map<string, string | undefined>>();
    for (const [name, machine] of this.machines) held.set(name, await machine.rows());
    const wrong: string[] = [];
    for (const [key, value] of this.acknowledged) {
      const having = [...held].filter(([, rows]) => rows.has(key)).map(([name]) => name);
      const current = [...held].filter(([, rows]) => rows.get(key) === value).map(([name]) => name);
      const wanted = this.wanted(key).join();
      if (having.sort().join() !== wanted || current.sort().join() !== wanted) {
        wrong.push(`${key}=${value}: wanted at ${wanted}, held at ${having}, current at ${current}`);
      }
    }
    return wrong;
  }

  /** Processes that have said so end. */
  forgetGone(): void {
    for (const [name, { isGone, view }] of this.machines) if (isGone && view.state() === 'gone') this.crash(name);
  }

  /** Primaries that run, and lack the last acknowledged value of a key that they did not miss. */
  lacking(): string[] {
    const wrong: string[] = [];
    for (const [key, value] of this.acknowledged) {
      const missed = this.#missed.get(key);
      if (missed === 'stray') continue;
      const partition = this.partitionOf(key);
      const placement = this.#placementOf(key);
      for (const { id } of placement.targets.slice(0, placement.n)) {
        const machine = [...this.machines.values()].find((running) => running.id === id);
        const holds = machine?.view.holds(id, partition, this.keyspaces.of(key).n) === true;
        if (machine === undefined || !holds || missed?.has(id) === true) continue;
        const held = shownValue(machine.replica.peek(partition, 0, key));
        if (held !== value) wrong.push(`${key}=${value}: ${machine.view.self.host} holds ${held}`);
      }
    }
    return wrong;
  }

  #isSettled(): boolean {
    this.forgetGone();
    for (const { transfer, view } of this.machines.values()) {
      const { receiving, retiring, clearing } = transfer.figures();
      if (receiving + retiring + clearing > 0 || view.state() !== 'member') return false;
    }
    return this.#wantedHold();
  }

  /** The figures follow the membership a second later. */
  #wantedHold(): boolean {
    const { ring, holdings, members, partitionCount } = this.truth;
    for (let partition = 0; partition < partitionCount; partition++) {
      for (const n of this.keyspaces.ns) {
        const wanted = ring?.preferenceList(partition as Partition).slice(0, n) ?? [];
        for (const { id } of members) {
          const holds = holdings.get(id)?.has(numberOf({ partition: partition as Partition, n })) === true;
          if (holds !== wanted.includes(id)) return false;
        }
      }
    }
    return true;
  }
}

function memberNamed(name: string): Member {
  const id = Buffer.from(name.padEnd(20, '.')).toString('hex') as NodeId;
  return { id, host: name, port: 6379, peerPort: 16379, zone: '', weight: 1 };
}
