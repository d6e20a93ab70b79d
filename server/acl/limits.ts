/** The same denial within that time is counted at its entry of `ACL LOG`, as in Redis. */
export const LOG_MERGE_MS = 60_000;
/** Of what was denied so many bytes are kept: strangers choose the names of users and keys. */
export const LOG_TEXT_BYTES_MAX = 1024;
/** So many of the newest entries are looked through for the same one. */
export const LOG_SCAN_MAX = 10;

/** Failed logins of an address that cost it nothing. */
export const FAILURES_FREE = 4;
/** What the next one costs; doubled with each, up to the option `login-delay-max-ms`. */
export const DELAY_FIRST_MS = 50;
/** One failure is forgotten every so often. */
export const FAILURE_FORGOTTEN_MS = 2_000;
/** More failures are not counted, so that an address is rid of them after a while. */
export const FAILURES_MAX = 24;
/** Addresses whose failures are remembered; the one that has been there longest goes first. */
export const ADDRESSES_MAX = 10_000;
/** Logins of one address that wait at a time; others wait as long and are refused unseen. */
export const WAITING_MAX = 16;
