import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeClock, encodeClock } from './codec.js';
import type { VersionVector } from './object.js';

const TOKEN_FORMAT = 1;
const MAC_BYTES = 16;
const KEY_DERIVATION = 'cartwheel context token v1';

/**
 * Context tokens (Dynamo §4: the context that get returns and put takes): a version vector, opaque to clients.
 *
 * ```
 *   format u8 | clock (u8 count, entries) | HMAC-SHA-256 over db, key and all before it, cut to 16 bytes
 * ```
 *
 * as base64url. A token is bound to its database and key, and any node of the cluster can open it. It is signed because
 * a forged history would make replicas drop siblings that no client has seen.
 */
export class ContextTokens {
  readonly #signingKey: Buffer;

  /** `secret`: the cluster's secret, the same on all nodes. */
  constructor(secret: string) {
    this.#signingKey = createHmac('sha256', secret).update(KEY_DERIVATION).digest();
  }

  /** The token for `clock`, a version vector of `key` (binary string) in database `db`. */
  issue(db: number, key: string, clock: VersionVector): string {
    const payload = Buffer.concat([Buffer.of(TOKEN_FORMAT), encodeClock(clock)]);
    return Buffer.concat([payload, this.#mac(db, key, payload)]).toString('base64url');
  }

  /** The version vector inside, or undefined when the token is not ours, is for another key or was changed. */
  open(db: number, key: string, token: Buffer): VersionVector | undefined {
    const text = token.toString('latin1');
    const bytes = Buffer.from(text, 'base64url');
    // Decoding skips what is not base64url; a token has exactly one spelling.
    if (bytes.toString('base64url') !== text) return undefined;
    const payload = bytes.subarray(0, Math.max(0, bytes.length - MAC_BYTES));
    if (payload.length === 0 || payload.readUInt8(0) !== TOKEN_FORMAT) return undefined;
    if (!timingSafeEqual(bytes.subarray(payload.length), this.#mac(db, key, payload))) return undefined;
    return decodeClock(payload.subarray(1));
  }

  #mac(db: number, key: string, payload: Buffer): Buffer {
    const hmac = createHmac('sha256', this.#signingKey);
    hmac.update(Buffer.of(db)).update(payload).update(key, 'latin1');
    return hmac.digest().subarray(0, MAC_BYTES);
  }
}
