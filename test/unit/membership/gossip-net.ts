/** Many memberships in one process, without nodes and sockets: they talk through this net. Time is manual. */
import assert from 'node:assert/strict';
import type { BackgroundTask } from '../../../cluster/background/task.js';
import type { GossipMembership } from '../../../cluster/membership/gossip-membership.js';
import type { Contact, GossipLinks } from '../../../cluster/membership/links.js';
import type { Member } from '../../../cluster/membership/membership.js';
import { openMembership } from '../../../cluster/membership/open-membership.js';
import type { MembershipPlan } from '../../../cluster/membership/plan.js';
import type { PeerAddress } from '../../../cluster/ports/transport.js';
import type { World } from '../../../cluster/ports/world.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import { type MemoryDisk, MemoryStore } from '../../../cluster/storage/memory-store.js';
import { writeRows } from '../../../cluster/storage/store-calls.js';
import { KeptLog, ManualTimers } from '../storage/manual-world.js';
import { PARTITIONS } from './histories.js';

const CLASSES = [3];

/** One node: its folder lasts, its processes come and go. */
export class GossipNode {
  readonly log = new KeptLog();
  membership: GossipMembership | undefined;
  #gossip: BackgroundTask | undefined;
  disk: MemoryDisk | undefined;
  #store: MemoryStore | undefined;
  #generator: number;

  constructor(
    readonly net: GossipNet,
    readonly member: Member,
  ) {
    this.#generator = Number.parseInt(member.id.slice(0, 8), 16);
  }

  get id(): NodeId {
    return this.member.id;
  }

  get open(): GossipMembership {
    assert(this.membership !== undefined, 'the node is not open');
    return this.membership;
  }

  /** Starts a process; resolves once it is open and gossips. Rejects as `openMembership` does. */
  async start(plan: Partial<MembershipPlan>): Promise<void> {
    const store = new MemoryStore(this.net.timers, this.disk ? { disk: this.disk } : {});
    this.#store = store;
    const whole = { self: this.member, founders: [this.member], seeds: [], replace: undefined, ...plan };
    const opening = openMembership(
      this.#world(),
      store,
      { ...whole, partitionCount: PARTITIONS },
      { classes: CLASSES, clockDriftMaxMs: 60_000, contact: this.#contact },
    );
    const membership = await this.net.timers.until(opening);
    this.membership = membership;
    this.#gossip = membership.over(this.#links);
    this.#gossip.start();
  }

  /** As kill -9: what was not written is lost. */
  crash(): void {
    this.disk = this.#store?.crash('process');
    this.membership = undefined;
    // It ends its rounds at once; what it was writing never answers.
    void this.#gossip?.stop();
    this.#gossip = undefined;
  }

  async stop(): Promise<void> {
    await this.#gossip?.stop();
  }

  /** The folder is empty from now on; the process does not run. */
  loseDisk(): void {
    this.crash();
    this.disk = undefined;
  }

  /** A client has written a key. */
  writeKey(): Promise<void> {
    assert(this.#store !== undefined);
    const key = storageKey(STORAGE_KIND.data, 0, 0, 'key');
    return this.net.timers.until(writeRows(this.#store, [{ key, value: Buffer.from('value') }], false));
  }

  /** The messages of its log that are about a change or a refusal. */
  audits(): string[] {
    return this.log.lines.filter(({ fields }) => fields.audit === true).map(({ fields }) => String(fields.what));
  }

  readonly #links: GossipLinks = {
    gossips: (id) => this.net.connects(this.id, id) && !this.net.deaf.has(id),
    isDeaf: (id) => this.net.connects(this.id, id) && this.net.deaf.has(id),
    ask: (id, body) => this.net.ask(this.id, id, body),
  };

  readonly #contact: Contact = async (address: PeerAddress) => {
    const node = this.net.at(address);
    this.net.contacts++;
    if (node === undefined || !this.net.connects(this.id, node.id)) return 'connection refused';
    return { id: node.id, ask: (body) => this.net.ask(this.id, node.id, body), close: () => undefined };
  };

  #world(): World {
    const { net, log } = this;
    return {
      clock: net.timers,
      timers: net.timers,
      log,
      random: {
        bytes: (count) => Buffer.from(Array.from({ length: count }, () => this.#below(256))),
        below: (n) => this.#below(n),
      },
      transport: { dial: () => assert.fail('no sockets'), listen: () => assert.fail('no sockets') },
      latencies: { recorder: () => ({ record: () => undefined }) },
    };
  }

  #below(bound: number): number {
    this.#generator = (Math.imul(this.#generator, 1_103_515_245) + 12_345) >>> 0;
    return (this.#generator >>> 8) % bound;
  }
}

export class GossipNet {
  readonly timers = new ManualTimers();
  readonly nodes: GossipNode[] = [];
  /** Nodes of a version that knows no gossip. */
  readonly deaf = new Set<NodeId>();
  /** Which side of a cut each node is on; those that are not named are all on one. */
  readonly sides = new Map<NodeId, number>();
  bytes = 0;
  /** Other names of hosts. */
  readonly aliases = new Map<string, string>();
  /** How often an address was dialled beside the links. */
  contacts = 0;

  add(member: Member): GossipNode {
    const node = new GossipNode(this, member);
    this.nodes.push(node);
    return node;
  }

  at({ host, port }: PeerAddress): GossipNode | undefined {
    const name = this.aliases.get(host) ?? host;
    return this.nodes.find(({ member }) => member.host === name && member.peerPort === port);
  }

  connects(a: NodeId, b: NodeId): boolean {
    const isUp = (id: NodeId) => this.nodes.some((node) => node.id === id && node.membership !== undefined);
    return (isUp(a) || isUp(b)) && isUp(b) && (this.sides.get(a) ?? 0) === (this.sides.get(b) ?? 0);
  }

  ask(from: NodeId, to: NodeId, body: Buffer): Promise<Buffer | 'unreachable'> {
    const there = this.nodes.find(({ id }) => id === to)?.membership;
    if (there === undefined || !this.connects(from, to)) return Promise.resolve('unreachable');
    this.bytes += body.length;
    return new Promise((resolve) => {
      const answer = (reply: Buffer) => {
        this.bytes += reply.length;
        resolve(Buffer.from(reply));
      };
      there.answer(from, body, answer, `from ${from}`);
    });
  }

  /** Lets time pass until all open nodes know the same, and gives how long that took, ms. */
  async agree(limitMs = 60_000): Promise<number> {
    const startMs = this.timers.elapsedMs;
    while (!this.agrees()) {
      assert(this.timers.elapsedMs - startMs < limitMs, 'the nodes do not come to agree');
      await this.timers.advance(250);
    }
    return this.timers.elapsedMs - startMs;
  }

  agrees(): boolean {
    return this.digests().size === 1;
  }

  digests(): Set<string> {
    const texts = this.nodes.flatMap(({ membership }) => {
      if (membership === undefined) return [];
      const { events, historyDigest, holdingsDigest } = membership.figures();
      return `${events} ${historyDigest} ${holdingsDigest}`;
    });
    return new Set(texts);
  }

  async stop(): Promise<void> {
    await this.timers.until(Promise.all(this.nodes.map((node) => node.stop())));
  }
}
