/**
 * HOT PATH. Which replica a get asks next: the one that is to be expected to answer first, by how long its answers took of
 * late and how many requests it has yet to answer. The rank is that of C3 (Suresh et al., NSDI 2015, section 3.1): the third
 * power of the queue keeps a replica that is fast now from being sent everything. Nothing is allocated.
 */
import type { Peer } from '../wire/peer.js';
import type { Placement } from './placement.js';

/** Answers that are faster than this are equally fast: the shorter queue decides. */
const EQUAL_UNDER_US = 1000;
/** Above each rank. */
const HIGHEST = Number.POSITIVE_INFINITY;
/** A replica that is passed over is tried again after so long, for it may have become fast. */
export const TRY_AGAIN_US = 500_000;
/** A replica so many times slower than the one that is asked is passed over for its slowness, not by chance. */
const SLOWER_TIMES = 4;

/** The lower the sooner it is asked. `expectedUs`: how long an answer is likely to take; `outstanding`: requests in flight. */
export function rankOf(expectedUs: number, outstanding: number): number {
  const queue = 1 + outstanding;
  // `**` would be a call into the engine.
  return Math.max(expectedUs, EQUAL_UNDER_US) * queue * queue * queue;
}

/** The place of the reachable primary to be asked next; -1: all are in `askedMask` (a bit a place) or can't be reached. */
export function nextPrimary({ n, targets }: Placement, askedMask: number, nowUs: number): number {
  let best = -1;
  let lowest = HIGHEST;
  for (let place = 0; place < n; place++) {
    const peer = targets[place]?.peer;
    if (peer === undefined || (askedMask & (1 << place)) !== 0 || !peer.reachable()) continue;
    const rank = rankOf(peer.expectedUs(nowUs), peer.queueAhead());
    if (rank < lowest) {
      lowest = rank;
      best = place;
    }
  }
  return best;
}

/**
 * The place of a primary that has been passed over for its slowness for so long that it is to be tried: asked on top of the
 * others, so that nobody waits for it. -1: none.
 */
export function primaryToTry({ n, targets }: Placement, askedMask: number, nowUs: number): number {
  let askedUs = 0;
  let tried = -1;
  for (let place = 0; place < n; place++) {
    const peer = targets[place]?.peer;
    if (peer === undefined) continue;
    if ((askedMask & (1 << place)) !== 0) askedUs = Math.max(askedUs, peer.recentGetUs());
    else if (nowUs - peer.askedUs() > TRY_AGAIN_US && peer.reachable() && isSlow(peer)) tried = place;
  }
  const peer = targets[tried]?.peer;
  return peer !== undefined && peer.recentGetUs() > SLOWER_TIMES * askedUs ? tried : -1;
}

function isSlow(peer: Peer): boolean {
  return peer.recentGetUs() > EQUAL_UNDER_US;
}
