import { REPLY_CHUNK_BYTES, type RequestLimits } from '../resp/limits.js';

/** Bounds that an operator may change, read anew at each use: whoever gives them may hand over getters. */
export interface ClientLimits extends RequestLimits {
  /** Most clients at a time (`maxclients`). */
  readonly clientsMax: number;
  /** Seconds until an idle client is closed; 0: never (`timeout`). */
  readonly idleTimeoutS: number;
  /** Seconds between keep-alive probes; 0: none (`tcp-keepalive`). */
  readonly keepAliveS: number;
  /** Most bytes of replies that wait for one client; beyond, it is closed (`client-output-buffer-limit`). */
  readonly outputBytesMax: number;
}

/** Most commands of one connection that may be without an answer; beyond, its requests are not read. */
export const OUTSTANDING_MAX = 1024;
/** Most bytes that those commands may have come in. */
export const OUTSTANDING_REQUEST_BYTES_MAX = 16 * 1024 * 1024;
/**
 * Replies that may wait for one client before its requests are not read any more. Generous, because simple clients
 * send a whole pipeline before they read the first reply. Never more than a quarter of `outputBytesMax`.
 */
export const OUTPUT_HOLD_BYTES = 16 * 1024 * 1024;
export const OUTPUT_HOLD_SHARE = 4;
/** Once the replies that wait for all clients are more than this, a client is held from the small bound on. */
export const ALL_OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
export const OUTPUT_HOLD_BYTES_SMALL = 64 * 1024;
/**
 * What the answers may take that one client waits for: the bytes of replies, or of what those are made from. Many answers come with
 * the bytes of one read from another node, and so in one turn of the event loop. A single one may be longer.
 */
export const AWAITED_BYTES_MAX = 2 * 1024 * 1024;
/** An answer is taken to be this long until the first ones of the connection have told better. */
export const ANSWER_BYTES_GUESSED = 512 * 1024;
/** A client that is held and has taken no byte for so long is closed. */
export const OUTPUT_STALL_US = 60_000_000;
/** A client that was told goodbye has so long to close its end. */
export const LINGER_US = 2_000_000;
/** What is read at most of a client whose command waits for the end of a pause; beyond, it is not heard of until then. */
export const LISTENING_BYTES_MAX = 64 * 1024;
/** How often it is looked whether writes that wait have room by now, or have waited too long. */
export const ROOM_CHECK_MS = 10;
/** A write waits for as many request timeouts in which none at all was let go, and is refused then. */
export const ROOM_TIMEOUTS_MAX = 5;
/** Writes that are let go in one turn, at the most. */
export const WRITES_LET_GO_MAX = 128;
/** A pause of clients is looked at again after so long: no timer may be longer than 2^31 ms. */
export const PAUSE_STEP_MS_MAX = 3_600_000;
/** How often idle, stalled and lingering clients are looked for. */
export const SWEEP_PERIOD_MS = 1000;
/** Reply slots that a connection keeps for later commands. */
export const SLOTS_KEPT = 64;
/** Replies are given to the socket in pieces of this size, so that a slow reader is seen to make progress. */
export const WRITE_BYTES_MAX = REPLY_CHUNK_BYTES;
/** What the socket of one client is given at a stretch, and a piece more: a client that reads as fast as it is written to takes its turns. */
export const TURN_BYTES_MAX = 1024 * 1024;
/** Clients beyond `clientsMax` that are being told so at a time; others are closed without a word. */
export const REFUSED_MAX = 256;

/** What one client may send between `MULTI` and `EXEC`. */
export const TRANSACTION_REQUESTS_MAX = 100_000;
export const TRANSACTION_BYTES_MAX = 64 * 1024 * 1024;
/** Keys that one client may watch, each time that it names one counted. */
export const WATCHED_KEYS_MAX = 100_000;
