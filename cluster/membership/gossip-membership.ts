/**
 * A membership that changes while nodes run: what this node knows (`knowledge.ts`), kept on its disk (`membership-rows.ts`),
 * made equal with what others know (`gossip.ts`).
 */
import type { BackgroundTask } from '../background/task.js';
import type { NodeId, Ring } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { AnswerQuery } from '../wire/queries.js';
import { THIS_NODE } from './audit.js';
import type { EventContent } from './event.js';
import { type AskGossip, answerGossip, exchange, GossipRounds, Partners, type Speaker } from './gossip.js';
import { FAREWELLS, LONELY_SEED_ROUNDS, SEED_ROUNDS } from './limits.js';
import type { Contact, GossipLinks } from './links.js';
import type {
  ElasticMembership,
  GossipFigures,
  HoldingChange,
  Member,
  MemberAddress,
  MemberState,
} from './membership.js';
import { nodeIdOf } from './node-id.js';
import type { OwnMembership } from './own-membership.js';
import type { MembershipPlan } from './plan.js';

/** For INFO, and for those who measure. */
export interface MembershipFigures extends GossipFigures {
  /** Exchanges that this node has begun, since it started. */
  readonly gossips: number;
  /** Bytes that it has sent and got in exchanges, asked or answering. */
  readonly gossipBytes: number;
}

const NO_LINKS: GossipLinks = { gossips: () => false, isDeaf: () => false, ask: async () => 'unreachable' };
const DEAF = 'a node that can be reached is of a version that knows no changes of the members: upgrade it first';

export class GossipMembership implements ElasticMembership {
  readonly #own: OwnMembership;
  readonly #plan: MembershipPlan;
  readonly #contact: Contact;
  readonly #rounds: GossipRounds;
  readonly #partners: Partners;
  /** Who has answered at an address: a seed may be named in another way than the node itself names its host. */
  readonly #answered = new Map<string, NodeId>();
  #links: GossipLinks = NO_LINKS;
  #roundCount = 0;
  #gossips = 0;
  #bytes = 0;
  #lastUs: number | undefined;

  constructor(own: OwnMembership, plan: MembershipPlan, contact: Contact) {
    this.#own = own;
    this.#plan = plan;
    this.#contact = contact;
    this.#rounds = new GossipRounds(own.world, () => this.#round());
    this.#partners = new Partners(own.world.random);
    own.onNews(() => this.#rounds.soon());
  }

  get self(): Member {
    return this.#own.self;
  }

  members(): readonly Member[] {
    return this.#own.knowledge.members();
  }

  nodes(): readonly Member[] {
    return this.#own.knowledge.nodes();
  }

  ring(): Ring {
    return this.#own.knowledge.ring();
  }

  holds(id: NodeId, partition: Partition, n: number): boolean {
    return this.#own.knowledge.holds(id, partition, n);
  }

  onChange(callback: () => void): void {
    this.#own.onChange(callback);
  }

  state(): MemberState {
    return this.#own.state();
  }

  unchangedSinceUs(): number {
    return this.#own.changedUs;
  }

  declare(changes: readonly HoldingChange[]): Promise<void> {
    return this.#own.declare(changes);
  }

  /** Gossip over these links: from its start on this node talks to others, and enters the cluster if it has to. */
  over(links: GossipLinks): BackgroundTask {
    return {
      start: () => {
        this.#links = links;
        this.#rounds.start();
      },
      stop: async () => {
        await this.#rounds.stop();
        await this.#own.settled();
      },
    };
  }

  /** A link stands: it may be to one who knows news, or who waits for some. */
  linkStands(): void {
    this.#rounds.soon();
  }

  /** Answers `QUERY_KIND.gossip`. */
  readonly answer: AnswerQuery = (from, body, answer, address = from) => {
    this.#bytes += body.length;
    answerGossip(this.#own, { id: from, address }, Buffer.from(body)).then(
      (reply) => {
        this.#bytes += reply.length;
        answer(reply);
      },
      (error: unknown) => {
        this.#own.failed(error, 'gossip could not be answered');
        answer(Buffer.alloc(0));
      },
    );
  };

  async leave(): Promise<string | undefined> {
    if (this.state() === 'leaving' || this.state() === 'gone') return undefined;
    const fault = this.state() === 'member' ? this.#deafFault() : 'this node is no member';
    if (fault !== undefined) return fault;
    if (this.members().length === 1) return 'the last member can not leave';
    await this.#own.say({ kind: 'leave', node: this.self.id });
    return undefined;
  }

  async forget(id: NodeId): Promise<string | undefined> {
    const state = this.#own.knowledge.stateOf(id);
    const fault = this.#forgetFault(id, state) ?? this.#deafFault();
    if (fault !== undefined) this.#own.audit.refused('forget', id, THIS_NODE, fault);
    else if (state !== 'gone' && state !== 'forgotten') await this.#own.say({ kind: 'forget', node: id });
    return fault;
  }

  async meet(address: MemberAddress): Promise<string | undefined> {
    const id = nodeIdOf(address.host, address.peerPort);
    const fault = this.#meetFault(id) ?? (await this.#meet(address));
    if (fault !== undefined) {
      this.#own.audit.refused('meet', undefined, `${address.host}:${address.peerPort}`, fault);
    }
    return fault;
  }

  async gone(): Promise<void> {
    if (this.state() !== 'leaving') return;
    await this.#own.say({ kind: 'gone', node: this.self.id });
    const others = this.nodes().filter(({ id }) => this.#links.gossips(id));
    await Promise.all(others.slice(0, FAREWELLS).map(({ id }) => this.#talkTo(id)));
  }

  figures(): MembershipFigures {
    const { history, holdings } = this.#own.knowledge;
    return {
      events: history.events.length,
      historyDigest: history.digest.toString('hex'),
      holdingsDigest: holdings.digest.toString('hex'),
      gossips: this.#gossips,
      gossipBytes: this.#bytes,
      lastGossipMsAgo: this.#lastUs && Math.round((this.#own.world.clock.monotonicUs() - this.#lastUs) / 1000),
    };
  }

  async #round(): Promise<void> {
    try {
      await this.#enter();
      this.#roundCount++;
      const partner = this.#partners.choose(this.self, this.nodes(), this.#links.gossips);
      if (partner !== undefined) await this.#talkTo(partner);
      const seedRounds = partner === undefined ? LONELY_SEED_ROUNDS : SEED_ROUNDS;
      if (this.#roundCount % seedRounds === 0) await this.#visitSeed();
    } catch (error) {
      this.#own.failed(error, 'a round of gossip has failed');
    }
  }

  /** Says that this node joins, once it can tell another one; and what has changed about it since it ran last. */
  async #enter(): Promise<void> {
    if (this.state() === 'member') return this.#own.sayChanges();
    if (this.state() !== 'joining') return;
    const isHeard = this.nodes().some(({ id }) => id !== this.self.id && this.#links.gossips(id));
    const fault = this.#deafFault() ?? this.#replaceFault();
    if (fault !== undefined) this.#own.audit.refused('join', this.self.id, THIS_NODE, fault);
    else if (isHeard) await this.#own.enter(this.#entrance());
  }

  #entrance(): EventContent {
    const { self, replace } = this.#plan;
    const replaced = replace === self.id ? undefined : replace;
    if (replaced === undefined) return { kind: 'join', node: self.id, member: self };
    return { kind: 'replace', node: self.id, member: self, replaced };
  }

  #replaceFault(): string | undefined {
    const { replace, self } = this.#plan;
    if (replace === undefined || replace === self.id) return undefined;
    if (this.#own.knowledge.find(replace) === undefined) return `the cluster knows no node ${replace} to replace`;
    return this.#links.gossips(replace) ? `the node to replace is up: ${replace}` : undefined;
  }

  #forgetFault(id: NodeId, state: MemberState): string | undefined {
    if (id === this.self.id) return 'a node can not forget itself';
    if (state === 'joining') return 'the cluster knows no such node';
    if (this.#links.gossips(id)) return 'the node is up: let it leave (DYNAMO LEAVE, asked of itself)';
    const isLast = state === 'member' && this.members().length === 1;
    return isLast ? 'it is the last member' : undefined;
  }

  #meetFault(id: NodeId): string | undefined {
    if (id === this.self.id) return 'this is the node itself';
    const state = this.state();
    if (state === 'gone' || state === 'forgotten')
      return 'this node is no member any more: it joins again on an empty folder';
    return this.#deafFault();
  }

  #deafFault(): string | undefined {
    return this.nodes().some(({ id }) => this.#links.isDeaf(id)) ? DEAF : undefined;
  }

  async #meet(address: MemberAddress): Promise<string | undefined> {
    const id = nodeIdOf(address.host, address.peerPort);
    if (this.nodes().some((node) => node.id === id)) {
      return this.#links.gossips(id) ? this.#talkTo(id) : 'the node is known, and can not be reached';
    }
    return this.#visit({ host: address.host, port: address.peerPort });
  }

  /** Seeds are asked now and then though all goes well: so two halves that know nothing of each other find together. */
  async #visitSeed(): Promise<void> {
    const { seeds, self } = this.#plan;
    const unknown = seeds.filter(({ host, port }) => {
      const id = this.#answered.get(`${host}:${port}`) ?? nodeIdOf(host, port);
      return id !== self.id && this.#own.knowledge.find(id) === undefined;
    });
    const seed = unknown[this.#own.world.random.below(Math.max(1, unknown.length))];
    if (seed === undefined) return;
    const fault = await this.#visit(seed);
    if (fault !== undefined) this.#own.world.log.debug({ seed: `${seed.host}:${seed.port}`, reason: fault }, 'no seed');
  }

  async #visit(address: { readonly host: string; readonly port: number }): Promise<string | undefined> {
    const node = await this.#contact(address);
    if (typeof node === 'string') return node;
    const name = `${address.host}:${address.port}`;
    this.#answered.set(name, node.id);
    try {
      return await this.#exchange({ id: node.id, address: name }, (body) => node.ask(body));
    } finally {
      node.close();
    }
  }

  #talkTo(id: NodeId): Promise<string | undefined> {
    const member = this.#own.knowledge.find(id);
    const address = member === undefined ? id : `${member.host}:${member.peerPort}`;
    return this.#exchange({ id, address }, (body) => this.#links.ask(id, body));
  }

  #exchange(other: Speaker, ask: AskGossip): Promise<string | undefined> {
    this.#gossips++;
    this.#lastUs = this.#own.world.clock.monotonicUs();
    return exchange(this.#own, other, async (body) => {
      const reply = await ask(body);
      this.#bytes += body.length + (typeof reply === 'string' ? 0 : reply.length);
      return reply;
    });
  }
}
