/** Every cap and time limit of transport security. */
import assert from 'node:assert';
import { HANDSHAKE_TIME_LIMIT_MS, UNAUTHENTICATED_LINKS_MAX } from '../../cluster/wire/limits.js';

/** How many connections may be in their handshake at a time, and for how long each. */
export interface DoorLimits {
  readonly pendingMax: number;
  readonly timeLimitMs: number;
}

/** Beyond, the oldest goes: who only holds places open does not keep others out. */
export const CLIENT_DOOR: DoorLimits = { pendingMax: 1024, timeLimitMs: 10_000 };
/** The handshake of the peer protocol, with its own limits, comes after that of TLS. */
export const PEER_DOOR: DoorLimits = {
  pendingMax: 2 * UNAUTHENTICATED_LINKS_MAX,
  timeLimitMs: HANDSHAKE_TIME_LIMIT_MS,
};
/** Who is turned away has so long to read why. */
export const FAREWELL_MS = 1_000;

/** Links are moved over to TLS one in so long: each stands again, and counts, before the next goes. */
export const LINK_MOVE_PERIOD_MS = 3_000;

/** How often the files are looked at. A change counts once two looks in a row have seen the same. */
export const FILES_LOOK_PERIOD_MS = 1_000;
/** The longest file that is read, in bytes. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** Files of `tls-ca-cert-dir`. */
export const CA_FILES_MAX = 1_000;

/** From so many days before the end of a certificate on, the log warns of it. */
export const EXPIRY_WARNING_DAYS = 30;
/** How often the end of certificates is looked at. */
export const EXPIRY_LOOK_PERIOD_MS = 3_600_000;
/** How often the log warns, as long as the certificate is the same. */
export const EXPIRY_WARNING_PERIOD_MS = 86_400_000;
/** An hour, where it has ended. */
export const EXPIRED_WARNING_PERIOD_MS = 3_600_000;

assert(PEER_DOOR.timeLimitMs <= CLIENT_DOOR.timeLimitMs);
assert(EXPIRY_LOOK_PERIOD_MS <= EXPIRED_WARNING_PERIOD_MS && EXPIRED_WARNING_PERIOD_MS <= EXPIRY_WARNING_PERIOD_MS);
