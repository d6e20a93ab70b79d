/**
 * One exchange between two nodes, without input or output: each side's messages from what it knows. `gossip-message.ts` draws it.
 */
import type { NodeId } from '../ring/ring.js';
import { compareDots, type Dot, type MembershipEvent } from './event.js';
import { encodeGossip, type GossipMessage, type Introduction, type Marked, type Parcel } from './gossip-message.js';
import { encodeHolding, markOf } from './holding.js';
import type { Knowledge } from './knowledge.js';
import { GOSSIP_BYTES_MAX } from './limits.js';

/** One side of an exchange. */
export interface Side {
  readonly id: NodeId;
  readonly isFresh: boolean;
  readonly knowledge: Knowledge;
}

const SAME = encodeGossip({ step: 'same' });

/** The lists that were told last, and of what they are: a history and its events only grow. */
interface LastLists {
  readonly isFresh: boolean;
  readonly events: number;
  readonly revision: number;
  readonly bytes: Buffer;
}

const lastLists = new WeakMap<Knowledge, LastLists>();

/** What two nodes are to each other: of one cluster; one takes over the history of the other; or of two clusters. */
export type Kinship = 'same' | 'adopts' | 'is adopted' | 'foreign';

/** As the side sees it: it `adopts` the other's history, or `is adopted`: the other takes over its own. */
export function kinshipOf(own: Side, otherId: NodeId, other: Introduction): Kinship {
  const { foundersId } = own.knowledge.history;
  if (foundersId.equals(other.founders)) return 'same';
  if (isNobody(foundersId)) return 'adopts';
  if (isNobody(other.founders)) return 'is adopted';
  if (own.isFresh && other.isFresh) return otherId < own.id ? 'adopts' : 'is adopted';
  if (own.isFresh) return 'adopts';
  return other.isFresh ? 'is adopted' : 'foreign';
}

/** How an exchange begins. */
export function digestOf(own: Side): Buffer {
  const { history, holdings } = own.knowledge;
  return encodeGossip({
    step: 'digest',
    ...introductionOf(own),
    history: history.digest,
    events: history.events.length,
    holdings: holdings.digest,
  });
}

/** The answer to a digest from a node that is not foreign. */
export function answerDigest(own: Side, digest: GossipMessage & { step: 'digest' }): Buffer {
  const { history, holdings } = own.knowledge;
  const isSame =
    history.foundersId.equals(digest.founders) &&
    history.digest.equals(digest.history) &&
    history.events.length === digest.events &&
    holdings.digest.equals(digest.holdings);
  return isSame ? SAME : listsOf(own);
}

/** What is known is told to many before it changes. */
function listsOf(own: Side): Buffer {
  const { history, holdings } = own.knowledge;
  const last = lastLists.get(own.knowledge);
  const events = history.events.length;
  const { revision } = holdings;
  if (last?.isFresh === own.isFresh && last.events === events && last.revision === revision) return last.bytes;
  const marks: Marked[] = [];
  for (const holding of holdings.all()) marks.push({ node: holding.node, ...markOf(holding) });
  const dots = history.events.map(({ dot }) => dot);
  const bytes = encodeGossip({ step: 'lists', ...introductionOf(own), dots, marks });
  lastLists.set(own.knowledge, { isFresh: own.isFresh, events, revision, bytes });
  return bytes;
}

/** What the asker sends once it has the other's lists: what the other lacks, and what it lacks itself. */
export function giveOf(own: Side, kinship: Kinship, lists: GossipMessage & { step: 'lists' }): Buffer {
  const { history, holdings } = own.knowledge;
  const adopts = kinship === 'adopts';
  const isAdopted = kinship === 'is adopted';
  const { lacking, unknown } = apart(history.events, isAdopted ? [] : lists.dots);
  const marks = new Map(isAdopted ? [] : lists.marks.map((mark) => [mark.node, mark]));
  const untold: NodeId[] = [];
  if (!adopts) for (const { node } of holdings.all()) if (holdings.knowsMore(node, marks.get(node))) untold.push(node);
  return encodeGossip({
    step: 'give',
    ...introductionOf(own),
    ...parcelOf(own.knowledge, adopts ? [] : lacking, untold),
    dots: adopts ? lists.dots : unknown,
    nodes: isAdopted
      ? []
      : lists.marks.filter((mark) => adopts || holdings.knowsLess(mark.node, mark)).map(({ node }) => node),
  });
}

/**
 * Which of the events are not among the dots, and which dots name none of them. Both are in the order of the dots, as they
 * nearly always come; others are put in order first.
 */
function apart(
  events: readonly MembershipEvent[],
  dots: readonly Dot[],
): { readonly lacking: MembershipEvent[]; readonly unknown: Dot[] } {
  const isOrdered = dots.every((dot, at) => compareDots(dots[at - 1] ?? dot, dot) <= 0);
  const ordered = isOrdered ? dots : [...dots].sort(compareDots);
  const lacking: MembershipEvent[] = [];
  const unknown: Dot[] = [];
  let at = 0;
  for (const dot of ordered) {
    let event = events[at];
    while (event !== undefined && compareDots(event.dot, dot) < 0) {
      lacking.push(event);
      event = events[++at];
    }
    if (event !== undefined && compareDots(event.dot, dot) === 0) at++;
    else unknown.push(dot);
  }
  for (const event of events.slice(at)) lacking.push(event);
  return { lacking, unknown };
}

/** The answer to a `give`, after what it brought was taken: what it asks for. */
export function answerGive(own: Side, give: GossipMessage & { step: 'give' }): Buffer {
  const events = give.dots.flatMap((dot) => own.knowledge.history.get(dot) ?? []);
  return encodeGossip({ step: 'parcel', ...parcelOf(own.knowledge, events, give.nodes) });
}

/** Up to the cap, in the order of the events: so the founders come whole. What is left waits for another exchange. */
function parcelOf(knowledge: Knowledge, wanted: readonly MembershipEvent[], nodes: readonly NodeId[]): Parcel {
  let bytes = 0;
  const fits = (part: Buffer): boolean => {
    bytes += part.length;
    return bytes <= GOSSIP_BYTES_MAX;
  };
  const events = wanted.map((event) => event.bytes).filter(fits);
  const holdings = nodes
    .flatMap((node) => knowledge.holdings.get(node) ?? [])
    .map((holding) => encodeHolding(holding, knowledge.partitionCount))
    .filter(fits);
  return { events, holdings };
}

function introductionOf({ isFresh, knowledge }: Side): Introduction {
  return { isFresh, founders: knowledge.history.foundersId };
}

function isNobody(founders: Buffer): boolean {
  return founders.every((byte) => byte === 0);
}
