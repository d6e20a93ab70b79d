/**
 * Gossip (Dynamo §4.8.1): every second a node compares digests with another one, and both take from each other what they
 * lack. While nothing happens that is a hundred bytes, however many nodes there are. News goes on at once, so that it doubles
 * its hearers several times a second.
 */
import type { CallFault } from '../background/peer-calls.js';
import type { Timer } from '../ports/timers.js';
import type { World } from '../ports/world.js';
import type { NodeId } from '../ring/ring.js';
import { answerDigest, answerGive, digestOf, giveOf, kinshipOf, type Side } from './gossip-exchange.js';
import { decodeGossip, encodeGossip, type GossipMessage, type Parcel } from './gossip-message.js';
import type { Knowledge } from './knowledge.js';
import { GOSSIP_PERIOD_MS, NEWS_DELAY_MS, OWN_ZONE_PERCENT } from './limits.js';
import type { Member } from './membership.js';

/** Asks the other side of an exchange; a reason in words is no answer. */
export type AskGossip = (body: Buffer) => Promise<Buffer | CallFault>;

/** The other side of an exchange. */
export interface Speaker {
  readonly id: NodeId;
  /** Where it was heard: host:port. */
  readonly address: string;
}

/** Who takes part in an exchange: its knowledge, and what becomes of what it hears. */
export interface GossipParty {
  side(): Promise<Side>;
  /** Takes what a node of the same cluster knows. */
  learn(parcel: Parcel, from: Speaker): void;
  /**
   * Another node is about to take over the history of this side, which then stays with it for a while. Answers the reason
   * why it can not have it, else undefined.
   */
  lend(knowledge: Knowledge): string | undefined;
  /** Takes the history of another cluster in place of the own one. Resolves with the reason why not, else undefined. */
  adopt(parcel: Parcel, founders: Buffer, from: Speaker): Promise<string | undefined>;
  /** The exchange was refused by this side, or by the other. */
  refused(from: Speaker, reason: string): void;
}

const FOREIGN = 'the nodes are of different clusters: they were founded by other nodes, and neither is new and empty';

/** Asks another node. Resolves with the reason why nothing came of it, else undefined. */
export async function exchange(party: GossipParty, other: Speaker, ask: AskGossip): Promise<string | undefined> {
  const answer = readAnswer(await ask(digestOf(await party.side())));
  if (typeof answer === 'string') return answer;
  if (answer.step === 'same') return undefined;
  if (answer.step === 'refused') {
    party.refused(other, answer.text);
    return answer.text;
  }
  if (answer.step !== 'lists') return `a digest was answered by '${answer.step}'`;
  const own = await party.side();
  const kinship = kinshipOf(own, other.id, answer);
  if (kinship === 'foreign') {
    party.refused(other, FOREIGN);
    return FOREIGN;
  }
  const fault = kinship === 'is adopted' ? party.lend(own.knowledge) : undefined;
  if (fault !== undefined) return fault;
  const reply = readAnswer(await ask(giveOf(own, kinship, answer)));
  if (typeof reply === 'string') return reply;
  if (reply.step === 'refused') {
    party.refused(other, reply.text);
    return reply.text;
  }
  if (reply.step !== 'parcel') return `a parcel was answered by '${reply.step}'`;
  if (kinship === 'adopts') return party.adopt(reply, Buffer.from(answer.founders), other);
  if (kinship === 'same') party.learn(reply, other);
  return undefined;
}

/** Answers another node. */
export async function answerGossip(party: GossipParty, from: Speaker, body: Buffer): Promise<Buffer> {
  const message = decodeGossip(body);
  if (typeof message === 'string') return encodeGossip({ step: 'refused', text: message });
  if (message.step !== 'digest' && message.step !== 'give') {
    return encodeGossip({ step: 'refused', text: `'${message.step}' is no question` });
  }
  const own = await party.side();
  const kinship = kinshipOf(own, from.id, message);
  if (kinship === 'foreign') {
    party.refused(from, FOREIGN);
    return encodeGossip({ step: 'refused', text: FOREIGN });
  }
  if (message.step === 'digest') return answerDigest(own, message);
  if (kinship === 'same') party.learn(message, from);
  const fault =
    kinship === 'adopts'
      ? await party.adopt(message, message.founders, from)
      : kinship === 'is adopted'
        ? party.lend(own.knowledge)
        : undefined;
  if (fault !== undefined) return encodeGossip({ step: 'refused', text: fault });
  return answerGive(await party.side(), message);
}

function readAnswer(bytes: Buffer | CallFault): GossipMessage | string {
  if (typeof bytes === 'string') return bytes === 'refused' ? 'the other node knows no gossip' : bytes;
  return bytes.length === 0 ? 'the other node gave no answer' : decodeGossip(bytes);
}

/** Which node to talk to: a random one that can be reached, mostly of the own zone. */
export class Partners {
  readonly #random: World['random'];
  /** What follows is of these nodes, and of this one among them. */
  #nodes: readonly Member[] = [];
  #self: Member | undefined;
  #near: readonly Member[] = [];
  #far: readonly Member[] = [];

  constructor(random: World['random']) {
    this.#random = random;
  }

  /** One of `nodes`, undefined: none of the others is `reachable`. */
  choose(self: Member, nodes: readonly Member[], reachable: (id: NodeId) => boolean): NodeId | undefined {
    if (nodes !== this.#nodes || self !== this.#self) this.#divide(self, nodes);
    const staysNear = this.#far.length === 0 || this.#random.below(100) < OWN_ZONE_PERCENT;
    const [first, second] = staysNear ? [this.#near, this.#far] : [this.#far, this.#near];
    return this.#oneOf(first, reachable) ?? this.#oneOf(second, reachable);
  }

  #divide(self: Member, nodes: readonly Member[]): void {
    this.#nodes = nodes;
    this.#self = self;
    const others = nodes.filter(({ id }) => id !== self.id);
    this.#near = others.filter(({ zone }) => zone === self.zone);
    this.#far = others.filter(({ zone }) => zone !== self.zone);
  }

  #oneOf(members: readonly Member[], reachable: (id: NodeId) => boolean): NodeId | undefined {
    if (members.length === 0) return undefined;
    // Nearly always the first that is drawn can be reached.
    const drawn = members[this.#random.below(members.length)];
    if (drawn !== undefined && reachable(drawn.id)) return drawn.id;
    const among = members.filter(({ id }) => reachable(id));
    return among.length === 0 ? undefined : among[this.#random.below(among.length)]?.id;
  }
}

/** When to talk: once a period, and soon after news. */
export class GossipRounds {
  readonly #world: Pick<World, 'timers' | 'random' | 'clock'>;
  readonly #round: () => Promise<void>;
  #timer: Timer | undefined;
  #hasNews = false;
  #isStopped = false;
  /** The moments at which news may be told lie a whole number of its delays behind this one. */
  #beatUs = 0;
  #talking: Promise<void> = Promise.resolve();

  constructor(world: Pick<World, 'timers' | 'random' | 'clock'>, round: () => Promise<void>) {
    this.#world = world;
    this.#round = round;
  }

  start(): void {
    this.#beatUs = this.#world.clock.monotonicUs();
    const beats = GOSSIP_PERIOD_MS / NEWS_DELAY_MS;
    this.#wait(this.#hasNews ? NEWS_DELAY_MS : (1 + this.#world.random.below(beats)) * NEWS_DELAY_MS);
  }

  /** There is news: the next round comes soon. */
  soon(): void {
    if (this.#hasNews) return;
    this.#hasNews = true;
    if (this.#timer === undefined) return;
    this.#timer.stop();
    const sinceMs = (this.#world.clock.monotonicUs() - this.#beatUs) / 1000;
    this.#wait(NEWS_DELAY_MS - (sinceMs % NEWS_DELAY_MS));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.stop();
    await this.#talking;
  }

  #wait(delayMs: number): void {
    this.#timer = this.#world.timers.after(delayMs, () => {
      this.#timer = undefined;
      this.#talking = this.#talk();
    });
  }

  async #talk(): Promise<void> {
    this.#hasNews = false;
    this.#beatUs = this.#world.clock.monotonicUs();
    await this.#round();
    if (!this.#isStopped) this.#wait(this.#hasNews ? NEWS_DELAY_MS : GOSSIP_PERIOD_MS);
  }
}
