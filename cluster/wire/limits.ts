/** Every cap and time limit of the peer protocol, and what must hold between them. */
import assert from 'node:assert';

/** Before the handshake is done a frame may be this long, and no longer. */
export const HANDSHAKE_FRAME_BYTES_MAX = 1024;
/** Accepted links whose handshake is not done. One more is closed at once. */
export const UNAUTHENTICATED_LINKS_MAX = 64;
/** From dialling or accepting to the end of the handshake. */
export const HANDSHAKE_TIME_LIMIT_MS = 1_500;
/** Longest text of a CLOSING frame. */
export const CLOSING_TEXT_BYTES_MAX = 400;

export const KEY_BYTES_MAX = 65_536;
export const DATABASES_MAX = 16;
export const DURABILITY_MAX = 2;
/** What may surround an object in a frame: the fields of PUT and the longest key. */
const FRAME_OVERHEAD_BYTES_MAX = KEY_BYTES_MAX + 1024;
/** No option may ask for longer frames: one frame is one Buffer. */
const FRAME_BYTES_LIMIT = 2 ** 30;
const FRAME_BYTES_MIN = 16 * 2 ** 20;
const VALUE_BYTES_LIMIT = 512 * 2 ** 20;

/** First size of an out buffer: a node has two for each other node, and most are idle. */
export const OUT_BYTES_INITIAL = 512;
/** A buffer that takes the place of one that was given away is as large as that, up to this. */
export const OUT_BYTES_USUAL = 32 * 1024;
/** An out buffer with this much in it is written without waiting for the end of the turn. */
export const OUT_BYTES_FLUSH = 256 * 1024;
/** A few frames of a turn wait for those of the next: until they are so many or so long, or have waited so many turns. */
export const HELD_FRAMES_MAX = 16;
export const HELD_BYTES_MAX = 16 * 1024;
export const HELD_TURNS_MAX = 3;
/** So many requests of one turn are one batch: they do not wait for each other. */
export const TURN_BATCH_MAX = 64;
/** A larger out buffer is let go once it is empty. */
export const OUT_BYTES_KEPT = 1024 * 1024;
/** A larger buffer for a cut frame is let go once the frame is whole. */
export const CUT_FRAME_BYTES_KEPT = 256 * 1024;

/** Requests to one peer that wait for their reply; one more is refused. A power of two. */
export const OUTSTANDING_MAX = 262_144;
export const OUTSTANDING_INITIAL = 16;

/** Nothing came from the peer for so long: it is asked with a PING. */
export const PING_AFTER_MS = 500;
/** Idle links are looked at in turn, the more of them the less often; but each of them once in this time. */
const IDLE_LOOK_PERIOD_MAX_MS = 16_000;
/** Times the cube of the number of links: how long a turn takes. */
const IDLE_LOOK_PERIOD_FACTOR_MS = 0.016;
/** A reply or PONG is due and nothing at all came for so long: the link is closed. */
export const SILENT_MAX_MS = 1_000;
/** The dialling side pings, so an accepted link that brings nothing for so long has lost its other end. */
export const ACCEPTED_SILENT_MAX_MS = 20_000;
/** What is first heard of a peer long after its handshake may be old: for so long no operation is taken from it. */
export const HELD_UP_MS = 100;
/** How often the listening side looks for late handshakes and silent links. */
export const SWEEP_PERIOD_MS = 250;
/** Links whose handshake is done are looked at in one of so many sweeps. */
export const SWEEPS_A_LOOK = 8;

export const RECONNECT_DELAY_MIN_MS = 50;
export const RECONNECT_DELAY_MAX_MS = 300;
/** A link that was lost earlier than this was not steady: the next one is on trial. */
export const STEADY_MS = 10_000;
/** For how long a link on trial must stand until its peer counts as reachable. */
export const TRIAL_MS = 1_000;
/** How often a link is looked at, at the least. */
export const TICK_MAX_MS = 100;
/** In which time a peer that is back must be noticed, also when the last attempt has just begun and hangs. */
const NOTICE_MS = 2_000;

/** Replies that a peer does not read: over this, its requests are not read either. */
export const REPLY_BYTES_PAUSE = 4 * 2 ** 20;
/** How often a paused link is looked at. */
export const RESUME_CHECK_MS = 5;

/** Lines of the log that strangers can cause in one window; the rest is counted. */
export const QUIET_LINES_MAX = 10;
export const QUIET_WINDOW_MS = 30_000;

/**
 * The longest frame that a node takes, from the longest value that its clients may write. An object can hold several
 * siblings, hence the factor. All nodes of a cluster should have the same.
 */
export function frameBytesMax(valueBytesMax: number): number {
  assert(valueBytesMax <= VALUE_BYTES_LIMIT, 'values are longer than a frame can be');
  return Math.min(FRAME_BYTES_LIMIT, Math.max(FRAME_BYTES_MIN, valueBytesMax * 4) + FRAME_OVERHEAD_BYTES_MAX);
}

/**
 * In which time each idle link of a node that has `links` of them is looked at. It grows with their cube: up to eighteen
 * each tick sees all of them, and up to eight hundred a node never sends more than 50 PINGs a second.
 */
export function idleLookPeriodMs(links: number): number {
  return Math.min(IDLE_LOOK_PERIOD_MAX_MS, links ** 3 * IDLE_LOOK_PERIOD_FACTOR_MS);
}

/** Bytes that one link may have waiting to leave; over this the other end does not read and the link is closed. */
export function queuedBytesMax(longestFrameBytes: number): number {
  return Math.max(64 * 2 ** 20, 2 * longestFrameBytes);
}

assert(CLOSING_TEXT_BYTES_MAX + 64 < HANDSHAKE_FRAME_BYTES_MAX);
assert(Number.isInteger(Math.log2(OUTSTANDING_MAX)) && Number.isInteger(Math.log2(OUTSTANDING_INITIAL)));
assert(OUTSTANDING_INITIAL <= OUTSTANDING_MAX);
assert(PING_AFTER_MS < SILENT_MAX_MS && PING_AFTER_MS * 4 < ACCEPTED_SILENT_MAX_MS);
assert(IDLE_LOOK_PERIOD_MAX_MS + PING_AFTER_MS + SILENT_MAX_MS < ACCEPTED_SILENT_MAX_MS);
assert(HANDSHAKE_TIME_LIMIT_MS + RECONNECT_DELAY_MAX_MS + TICK_MAX_MS < NOTICE_MS);
assert(RECONNECT_DELAY_MAX_MS + TRIAL_MS + TICK_MAX_MS < NOTICE_MS);
assert(SILENT_MAX_MS <= TRIAL_MS && TRIAL_MS < STEADY_MS);
assert(SWEEP_PERIOD_MS < HANDSHAKE_TIME_LIMIT_MS);
assert(OUT_BYTES_INITIAL <= OUT_BYTES_USUAL && OUT_BYTES_USUAL <= OUT_BYTES_FLUSH && OUT_BYTES_FLUSH < OUT_BYTES_KEPT);
assert(REPLY_BYTES_PAUSE < queuedBytesMax(frameBytesMax(0)));
assert(
  frameBytesMax(VALUE_BYTES_LIMIT) <= FRAME_BYTES_LIMIT &&
    VALUE_BYTES_LIMIT + FRAME_OVERHEAD_BYTES_MAX < FRAME_BYTES_LIMIT,
);
