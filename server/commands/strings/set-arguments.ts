import { EXPIRY_OPTIONS, type GivenExpiry, positiveExpiryMs } from '../arguments/expiry.js';
import { SYNTAX_ERROR } from '../error-text.js';

/** The options of `SET key value …` (Redis 7.0's, and `CONTEXT token`). */
export interface SetArguments {
  condition: 'always' | 'absent' | 'present';
  /** `GET`: answer the value before. */
  get: boolean;
  keepTtl: boolean;
  /** Absolute, ms; 0: never. */
  expiryMs: number;
  token: Buffer | undefined;
}

const FIRST_OPTION = 3;

/** The options among `args` (from the fourth on), or the text of the error as Redis words it. */
export function parseSetArguments(args: readonly Buffer[], nowMs: number): SetArguments | string {
  const found: SetArguments = { condition: 'always', get: false, keepTtl: false, expiryMs: 0, token: undefined };
  let expiry: (GivenExpiry & { readonly word: string }) | undefined;
  for (let i = FIRST_OPTION; i < args.length; i++) {
    const word = args[i]?.toString('latin1').toUpperCase() ?? '';
    const next = args[i + 1];
    const expiryOption = EXPIRY_OPTIONS.get(word);
    if ((word === 'NX' || word === 'XX') && found.condition === 'always') {
      found.condition = word === 'NX' ? 'absent' : 'present';
    } else if ((word === 'NX' || word === 'XX') && found.condition === (word === 'NX' ? 'absent' : 'present')) {
      // Said twice, as Redis allows.
    } else if (word === 'GET') {
      found.get = true;
    } else if (word === 'KEEPTTL' && expiry === undefined) {
      found.keepTtl = true;
    } else if (
      expiryOption !== undefined &&
      (expiry ?? { word }).word === word &&
      !found.keepTtl &&
      next !== undefined
    ) {
      // Of the same option said twice the last one counts, as in Redis.
      expiry = { word, argument: next, ...expiryOption };
      i++;
    } else if (word === 'CONTEXT' && found.token === undefined && next !== undefined) {
      found.token = next;
      i++;
    } else {
      return SYNTAX_ERROR;
    }
  }
  if (expiry === undefined) return found;
  const expiryMs = positiveExpiryMs(expiry, 'set', nowMs);
  if (typeof expiryMs === 'string') return expiryMs;
  found.expiryMs = expiryMs;
  return found;
}
