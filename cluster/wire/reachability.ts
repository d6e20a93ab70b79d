/**
 * What this node makes of one peer: whether it counts as reachable, since when, and why. Pure but for the clock: told what
 * becomes of links, it says whether that changes the judgement.
 *
 * ```
 *              a link stands
 *   +------+ ------------------------------> +-----------+
 *   | away |                                 | reachable |
 *   +------+ <------------------------------ +-----------+
 *    |    ^      the link is lost: at once          ^
 *    |    |                                         |
 *    |    +-- lost: nothing changes --+             | stood for TRIAL_MS
 *    v                                |             |
 *   a link stands,                 +-------+        |
 *   the last was not steady -----> | trial | -------+
 *                                  +-------+
 * ```
 *
 * Steady is a link that has stood for STEADY_MS. So a peer that was started anew, or cut off once, is back with its first
 * link, and one whose link comes and goes stays away until a link lasts.
 */
import type { Clock } from '../ports/clock.js';
import { STEADY_MS, TRIAL_MS } from './limits.js';

type State = 'away' | 'trial' | 'reachable';

/** The judgement as operators see it. */
export interface PeerView {
  readonly reachable: boolean;
  /** Since when, in ms since 1970 by this node's clock. */
  readonly sinceMs: number;
  /** How often it has changed since the start of this node. */
  readonly changes: number;
  /** Why the peer is not reachable; '' while it is. */
  readonly reason: string;
}

export class Reachability implements PeerView {
  sinceMs: number;
  changes = 0;
  reason = 'not reached yet';
  private readonly clock: Clock;
  private state: State = 'away';
  /** How long this judgement stands, in monotonic µs. */
  private sinceUs: number;
  /** When the link that stands now, or stood last, began. */
  private linkSinceUs = 0;
  /** Nothing is held against a peer before its first link. */
  private lastWasSteady = true;
  private isFirst = true;

  constructor(clock: Clock) {
    this.clock = clock;
    this.sinceMs = clock.nowMs();
    this.sinceUs = clock.monotonicUs();
  }

  /** HOT PATH. */
  get reachable(): boolean {
    return this.state === 'reachable';
  }

  /** Whether the link that stands has yet to last. */
  get onTrial(): boolean {
    return this.state === 'trial';
  }

  /** For how long this judgement has stood, in ms. */
  get forMs(): number {
    return Math.round((this.clock.monotonicUs() - this.sinceUs) / 1000);
  }

  /**
   * A link stands and its handshake is done; `isNewLife`: the peer has been started anew since the last one. Answers whether
   * that changes the judgement.
   */
  linkStands(isNewLife: boolean): boolean {
    this.linkSinceUs = this.clock.monotonicUs();
    if (!this.lastWasSteady && !isNewLife) {
      this.state = 'trial';
      return false;
    }
    return this.change('reachable', '');
  }

  /** The link is gone, or could not be made. Answers whether that changes the judgement: once for each absence. */
  linkLost(reason: string): boolean {
    if (this.state !== 'away') this.lastWasSteady = this.stoodForMs() >= STEADY_MS;
    if (this.state === 'reachable' || this.isFirst) return this.change('away', reason);
    this.state = 'away';
    this.reason = reason;
    return false;
  }

  /**
   * Asked now and then; `heardUs`: when bytes came last over the link. Answers whether a trial has ended well, which changes
   * the judgement: the link has lasted, and the peer has said something since the handshake.
   */
  trialEnds(heardUs: number): boolean {
    if (this.state !== 'trial' || this.stoodForMs() < TRIAL_MS || heardUs <= this.linkSinceUs) return false;
    return this.change('reachable', '');
  }

  private stoodForMs(): number {
    return (this.clock.monotonicUs() - this.linkSinceUs) / 1000;
  }

  private change(state: State, reason: string): true {
    this.isFirst = false;
    this.state = state;
    this.reason = reason;
    this.changes++;
    this.sinceMs = this.clock.nowMs();
    this.sinceUs = this.clock.monotonicUs();
    return true;
  }
}
