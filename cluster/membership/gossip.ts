/**
 * Gossip (Dynamo §4.8.1): every second a node compares digests with another one, and both take from each other what they
 * lack. While nothing happens that is a hundred bytes, however many nodes there are. News goes on at once, so that it doubles
 * its hearers several times a second.
 */
import { Pause } from '../background/pause.js';
import type { CallFault } from '../background/peer-calls.js';
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

/** Which node to talk to: a random one that can be reached, mostly of the own zone. Undefined: there is none. */
export function choosePartner(
  random: World['random'],
  self: Member,
  nodes: readonly Member[],
  reachable: (id: NodeId) => boolean,
): NodeId | undefined {
  const others = nodes.filter(({ id }) => id !== self.id && reachable(id));
  const near = others.filter(({ zone }) => zone === self.zone);
  const staysNear = near.length > 0 && (near.length === others.length || random.below(100) < OWN_ZONE_PERCENT);
  const among = staysNear ? near : others.filter(({ zone }) => zone !== self.zone);
  return among.length === 0 ? undefined : among[random.below(among.length)]?.id;
}

/** When to talk: once a period, and soon after news. */
export class GossipRounds {
  readonly #world: Pick<World, 'timers' | 'random' | 'clock'>;
  readonly #round: () => Promise<void>;
  readonly #pause: Pause;
  #hasNews = false;
  #startedUs = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(world: Pick<World, 'timers' | 'random' | 'clock'>, round: () => Promise<void>) {
    this.#world = world;
    this.#round = round;
    this.#pause = new Pause(world.timers);
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** There is news: the next round comes soon. */
  soon(): void {
    this.#hasNews = true;
  }

  async stop(): Promise<void> {
    this.#pause.stop();
    await this.#loop;
  }

  /** Wakes four times a second, which costs nothing, and talks when it is time to. */
  async #run(): Promise<void> {
    let waited = this.#world.random.below(GOSSIP_PERIOD_MS / NEWS_DELAY_MS);
    while (await this.#pause.sleep(NEWS_DELAY_MS)) {
      waited++;
      if (!this.#hasNews && waited * NEWS_DELAY_MS < GOSSIP_PERIOD_MS) continue;
      waited = 0;
      this.#hasNews = false;
      this.#startedUs = this.#world.clock.monotonicUs();
      await this.#round();
    }
  }

  /** When the last round began, monotonic µs. */
  get startedUs(): number {
    return this.#startedUs;
  }
}
