/** What the operator's log says of changes of the membership and of refusals: one line each, in the shape of `audit`. */
import type { Clock } from '../ports/clock.js';
import { audit, type Log } from '../ports/log.js';
import type { NodeId } from '../ring/ring.js';
import type { EventKind, MembershipEvent } from './event.js';
import { REFUSAL_LOG_PERIOD_MS } from './limits.js';
import type { Member } from './membership.js';

const REFUSALS_REMEMBERED_MAX = 1_000;

/** `from` of what this node has done or found by itself, or its operator has asked it for. */
export const THIS_NODE = 'this node';

const WORDS: Record<EventKind, string> = {
  found: 'a node has founded the cluster',
  join: 'a node joins the cluster',
  leave: 'a node leaves the cluster',
  forget: 'a node is forgotten',
  gone: 'a node has left the cluster',
  replace: 'a node takes the place of another one',
  update: 'a node has changed',
};

/** What can be refused. */
export type Refused = 'gossip' | 'event' | 'holding' | 'history' | 'forget' | 'meet' | 'join';

export class Audit {
  readonly #log: Log;
  readonly #clock: Clock;
  /** When each refusal was logged last, monotonic µs. */
  readonly #refusals = new Map<string, number>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** An event that is new here. `from`: the address of the node that told it, or `THIS_NODE`. */
  happened({ by, dot, content }: MembershipEvent, member: Member | undefined, from: string): void {
    const replaced = content?.kind === 'replace' ? content.replaced : undefined;
    const at = member && `${member.host}:${member.peerPort}`;
    const fields = {
      ...audit(content?.node, from, content?.kind ?? 'unknown event'),
      at,
      zone: member?.zone,
      replaced,
    };
    const words = content === undefined ? 'an event that only a newer version knows' : WORDS[content.kind];
    this.#log.info({ ...fields, by, counter: dot.counter }, words);
  }

  /** Something else that changes what this node, `who`, is part of. */
  note(what: string, who: NodeId, from: string, message: string): void {
    this.#log.warn(audit(who, from, what), message);
  }

  /** A refusal; the same one of the same node is said again only after a while. */
  refused(refused: Refused, who: NodeId | undefined, from: string, reason: string): void {
    const nowUs = this.#clock.monotonicUs();
    const name = `${refused} ${who} ${from} ${reason}`;
    const loggedUs = this.#refusals.get(name);
    if (loggedUs !== undefined && nowUs - loggedUs < REFUSAL_LOG_PERIOD_MS * 1000) return;
    if (this.#refusals.size >= REFUSALS_REMEMBERED_MAX) this.#refusals.clear();
    this.#refusals.set(name, nowUs);
    this.#log.warn({ ...audit(who, from, `${refused} refused`), reason }, 'refused');
  }
}
