/** What the operator's log says of changes of the membership and of refusals: one line each, marked `audit`. */
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { EventKind, MembershipEvent } from './event.js';
import { REFUSAL_LOG_PERIOD_MS } from './limits.js';
import type { Member } from './membership.js';

const REFUSALS_REMEMBERED_MAX = 1_000;

const WORDS: Record<EventKind, string> = {
  found: 'a node has founded the cluster',
  join: 'a node joins the cluster',
  leave: 'a node leaves the cluster',
  forget: 'a node is forgotten',
  gone: 'a node has left the cluster',
  replace: 'a node takes the place of another one',
  update: 'a node has changed',
};

export class Audit {
  readonly #log: Log;
  readonly #clock: Clock;
  /** When each refusal was logged last, monotonic µs. */
  readonly #refusals = new Map<string, number>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** An event that is new here. `from`: the node that told it, or 'this node'. */
  happened({ by, dot, content }: MembershipEvent, member: Member | undefined, from: string): void {
    const event = content?.kind ?? 'unknown';
    const replaced = content?.kind === 'replace' ? content.replaced : undefined;
    const at = member && `${member.host}:${member.peerPort}`;
    const fields = { audit: true, event, node: content?.node, at, zone: member?.zone, replaced, by, from };
    const words = content === undefined ? 'an event that only a newer version knows' : WORDS[content.kind];
    this.#log.info({ ...fields, counter: dot.counter }, words);
  }

  /** Something else that changes what this node is part of. */
  note(event: string, from: string, message: string): void {
    this.#log.warn({ audit: true, event, from }, message);
  }

  /** A refusal; the same one by or of the same node is said again only after a while. */
  refused(event: string, from: string, reason: string): void {
    const nowUs = this.#clock.monotonicUs();
    const name = `${event} ${from} ${reason}`;
    const loggedUs = this.#refusals.get(name);
    if (loggedUs !== undefined && nowUs - loggedUs < REFUSAL_LOG_PERIOD_MS * 1000) return;
    if (this.#refusals.size >= REFUSALS_REMEMBERED_MAX) this.#refusals.clear();
    this.#refusals.set(name, nowUs);
    this.#log.warn({ audit: true, event, from, reason }, 'refused');
  }
}
