import { createHash, timingSafeEqual } from 'node:crypto';

const HASH_BYTES = 32;

/** SHA-256 of a password as 64 hex digits: all that is kept of it, as in Redis. */
export function hashPassword(password: Buffer): string {
  return createHash('sha256').update(password).digest('hex');
}

/** Whether that is how a hash is written: 64 hex digits in lower case. */
export function isPasswordHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Whether the password is one of those. How long that takes tells nothing about them but their number. */
export function isOneOf(password: Buffer, hashes: readonly string[]): boolean {
  const given = createHash('sha256').update(password).digest();
  const other = Buffer.alloc(HASH_BYTES);
  let isKnown = false;
  // A user without any takes as long as one with a single password.
  for (const hash of hashes.length === 0 ? [undefined] : hashes) {
    const known = hash === undefined ? other : Buffer.from(hash, 'hex');
    if (timingSafeEqual(given, known) && hash !== undefined) isKnown = true;
  }
  return isKnown;
}
