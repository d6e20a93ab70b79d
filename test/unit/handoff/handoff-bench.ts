import type { BackgroundWork, Governor } from '../../../cluster/background/governor.js';
import type { HandoffNode } from '../../../cluster/handoff/handoff-node.js';
import { type HintOptions, Hints } from '../../../cluster/handoff/hints.js';
import { OrphanSweep } from '../../../cluster/handoff/orphan-sweep.js';
import { type Durability, LOG } from '../../../cluster/replica/replica.js';
import type { Slot } from '../../../cluster/ring/slots.js';
import type { MemoryDisk } from '../../../cluster/storage/memory-store.js';
import type { ObjectBytes } from '../../../cluster/version/codec.js';
import { type FakePeer, FakePeers, type SentPut } from '../coordinator/fake-peer.js';
import {
  actorNamed,
  counterAt,
  objectWith,
  partitionOfSlot,
  ScriptedNode,
  type ScriptedOptions,
  SLOT_OF_OTHERS,
  SLOT_OF_OWN,
} from '../coordinator/scripted-node.js';
import { Acknowledgement } from '../replica/opened-replica.js';

export interface BenchOptions extends ScriptedOptions {
  readonly hints?: Partial<HintOptions>;
  /** The store can't be read from the start of the hints on. */
  readonly failReads?: string;
  /** The wall clock is so far ahead. */
  readonly wallMs?: number;
}

export const GRACE_MS = 86_400_000;

/** Admits all that it is asked for, and keeps it in mind. */
class CountingGovernor implements Governor {
  readonly admitted: [BackgroundWork, number][] = [];
  stopped = false;

  admit(work: BackgroundWork, units: number): Promise<boolean> {
    this.admitted.push([work, units]);
    return Promise.resolve(!this.stopped);
  }
}

/**
 * The hints of a node among four, with peers that the test plays. Keys are in SLOT_OF_OTHERS: peers 2, 1 and 0 are the
 * primaries, and the node under test is the fallback.
 */
export class HandoffBench {
  readonly scripted: ScriptedNode;
  readonly peers: FakePeers;
  readonly governor = new CountingGovernor();
  readonly hints: Hints;
  readonly sweep: OrphanSweep;
  #written = 0;

  private constructor(scripted: ScriptedNode, options: Partial<HintOptions>) {
    this.scripted = scripted;
    this.peers = new FakePeers(scripted.peers);
    const { world, opened, node } = scripted;
    const handoff: HandoffNode = {
      world,
      store: opened.store,
      replica: node.replica,
      peers: this.peers,
      routes: node.routes,
      keyspaces: node.keyspaces,
      counters: node.counters,
      governor: this.governor,
    };
    this.hints = new Hints(handoff, { bytesMax: 1_000_000, windowMs: 3_600_000, ...options });
    this.sweep = new OrphanSweep(handoff, this.hints, GRACE_MS);
  }

  /** All peers are down; the hints of the disk are read. */
  static async open(options: BenchOptions = {}): Promise<HandoffBench> {
    const scripted = await ScriptedNode.open({ nodes: 4, ...options });
    for (const peer of scripted.peers) peer.up = false;
    const bench = new HandoffBench(scripted, options.hints ?? {});
    scripted.opened.store.failReads = options.failReads;
    scripted.world.timers.wallMs += options.wallMs ?? 0;
    bench.hints.start();
    await scripted.advance(10);
    return bench;
  }

  get counters() {
    return this.scripted.node.counters;
  }

  peer(index: number): FakePeer {
    return this.scripted.peer(index);
  }

  /** The node takes an object in the place of a peer; gives whether that is acknowledged. */
  standIn(peer: FakePeer, key: string, value: string, durability: Durability = LOG, slot: Slot = SLOT_OF_OTHERS) {
    const partition = partitionOfSlot(slot);
    this.scripted.hold(key, this.objectOf(value), slot);
    const acknowledgement = new Acknowledgement();
    const answer = this.hints.keep(peer.id, partition, 0, key, durability, acknowledgement);
    if (answer === 0) acknowledgement.stored(undefined);
    return acknowledgement;
  }

  /** Values are versions of one actor, in the order of the calls. */
  objectOf(value: string): Buffer {
    this.#written++;
    const counter = counterAt(this.scripted.world) + this.#written;
    return objectWith({ actor: actorNamed('a'), counter, value });
  }

  /** The same for an object that this node has as one of its primaries. */
  note(peer: FakePeer, key: string, value: string): void {
    this.scripted.hold(key, this.objectOf(value), SLOT_OF_OWN);
    this.hints.note(peer.id, partitionOfSlot(SLOT_OF_OWN), 0, key);
  }

  advance(ms: number): Promise<void> {
    return this.scripted.advance(ms);
  }

  held(key: string): ObjectBytes | null | undefined {
    return this.scripted.held(key, SLOT_OF_OTHERS);
  }

  /** Stops in good order and gives the disk. */
  async stop(): Promise<MemoryDisk> {
    const { opened, world } = this.scripted;
    this.governor.stopped = true;
    await world.timers.until(Promise.all([this.hints.stop(), this.sweep.stop()]));
    return opened.stop();
  }

  /** The process dies; gives the disk. */
  kill(lost: 'process' | 'power'): MemoryDisk {
    return this.scripted.opened.store.crash(lost);
  }
}

/** What a peer was sent, as `key value` lines. */
export function sentTo(peer: FakePeer): string[] {
  return peer.puts.map((put) => `${put.key} ${put.values().join(',')}`);
}

/** Answers all that waits at the peer; gives how much that was. */
export function acknowledge(peer: FakePeer, status = 0): number {
  const waiting = peer.puts.filter((put: SentPut) => !put.isAnswered);
  for (const put of waiting) put.reply(status);
  return waiting.length;
}
