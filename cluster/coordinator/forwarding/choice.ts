/**
 * Whether a forwarded operation has to be coordinated by the first primary of the list and by no other, and which one should
 * answer first where it has not. Changes have to: they are one at a time for a key.
 */
import type { Peer } from '../../wire/peer.js';
import { VERSION_OF_ASKED, VERSION_OF_ASKED_PUTS } from '../../wire/versions.js';
import type { Coordination } from '../coordination.js';
import { LATE_MIN_US } from '../hedge.js';
import type { Placement } from '../placement.js';
import { nextPrimary } from '../replica-choice.js';
import { countReachable, firstReachable, type Target } from '../routes.js';
import type { ForwardedRequest } from './forwarded.js';

/** A coordinator that is given less time to begin a put is passed over too often by what holds up a node now and then. */
const BEGIN_WITHIN_MIN_US = 20_000;

/**
 * Whether the peer, a primary, does as well as the first: for gets whose quorum meets that of the writes before, and for puts,
 * whose quorum meets that of the gets that follow. A put may follow one that the peer has yet to hear of: it has to be told to
 * mint a counter above that one's.
 */
export function mayCoordinate(node: Coordination, { kind, key }: ForwardedRequest, peer: Peer): boolean {
  if (kind === 'modify' || (kind === 'put' && !knows(peer, VERSION_OF_ASKED_PUTS))) return false;
  const { r, w, n } = node.keyspaces.of(key);
  return r + w > n;
}

/** The primary that should answer first, where the first of the list is late with what it was asked. */
export function fasterPrimary(node: Coordination, placement: Placement, request: ForwardedRequest): Target | undefined {
  if (request.kind === 'modify') return undefined;
  const { targets, n } = placement;
  const nowUs = node.world.clock.monotonicUs();
  const first = firstReachable(targets, n);
  if (first?.peer === undefined || first.peer.expectedUs(nowUs) < LATE_MIN_US) return undefined;
  const target = targets[nextPrimary(placement, 0, nowUs)];
  return target?.peer !== undefined && mayCoordinate(node, request, target.peer) ? target : undefined;
}

/** How long a put is left to its first coordinator. */
export interface TimeAlone {
  /** So long after it was sent it may be begun. */
  readonly withinMs: number;
  /** So long after it was sent it is certain not to be begun any more, in µs. */
  readonly aloneUs: number;
}

/**
 * The time that a put's first coordinator has for itself at `nowUs`. undefined: as long as any operation's. It is shorter where
 * another primary can run the put soon after, and nobody would see that it was run twice.
 */
export function timeAlone(
  node: Coordination,
  { targets, n }: Placement,
  request: ForwardedRequest,
  peer: Peer,
  nowUs: number,
): TimeAlone | undefined {
  if (!isPlainPut(node, request) || !mayCoordinate(node, request, peer)) return undefined;
  const roundTripUs = peer.roundTripUs();
  if (roundTripUs === 0 || countReachable(targets, 0, n) < 2) return undefined;
  const withinMs = Math.ceil(Math.max(node.hedges.patienceUs(peer, nowUs), BEGIN_WITHIN_MIN_US) / 1000);
  // As much again for what the clocks of the two have drifted apart, and for the way there, which lateness does not count.
  const aloneUs = 2 * withinMs * 1000 + roundTripUs;
  return aloneUs < node.forwarding.withinMs * 1000 ? { withinMs, aloneUs } : undefined;
}

/** Whether a second run of it leaves no equal sibling that anybody would see. */
function isPlainPut({ keyspaces }: Coordination, request: ForwardedRequest): boolean {
  if (request.kind !== 'put' || request.context !== undefined) return false;
  return keyspaces.of(request.key).reconcile === 'newest';
}

/** As a coordinator of the peer's version takes it. */
export function readableAt(peer: Peer, request: ForwardedRequest): ForwardedRequest {
  if (request.kind === 'get') return request;
  const isRead = knows(peer, request.kind === 'put' ? VERSION_OF_ASKED_PUTS : VERSION_OF_ASKED);
  return isRead ? request : { ...request, asked: 0 };
}

function knows(peer: Peer, version: number): boolean {
  return (peer.version() ?? version) >= version;
}
