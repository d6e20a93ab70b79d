import { absoluteExpiryMs, type ExpiryUnit } from './expiry.js';
import { parseInt64 } from './integer-argument.js';

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

const SYNTAX_ERROR = 'ERR syntax error';
const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';
const INVALID_EXPIRE = "ERR invalid expire time in 'set' command";
const FIRST_OPTION = 3;

const EXPIRY_OPTIONS: Readonly<
  Record<string, { readonly unit: ExpiryUnit; readonly isAbsolute: boolean } | undefined>
> = {
  EX: { unit: 'seconds', isAbsolute: false },
  PX: { unit: 'milliseconds', isAbsolute: false },
  EXAT: { unit: 'seconds', isAbsolute: true },
  PXAT: { unit: 'milliseconds', isAbsolute: true },
};

/** The options among `args` (from the fourth on), or the text of the error as Redis words it. */
export function parseSetArguments(args: readonly Buffer[], nowMs: number): SetArguments | string {
  const found: SetArguments = { condition: 'always', get: false, keepTtl: false, expiryMs: 0, token: undefined };
  let expiry: { word: string; argument: Buffer; unit: ExpiryUnit; isAbsolute: boolean } | undefined;
  for (let i = FIRST_OPTION; i < args.length; i++) {
    const word = args[i]?.toString('latin1').toUpperCase() ?? '';
    const next = args[i + 1];
    const expiryOption = Object.hasOwn(EXPIRY_OPTIONS, word) ? EXPIRY_OPTIONS[word] : undefined;
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
  const value = parseInt64(expiry.argument);
  if (value === undefined) return NOT_AN_INTEGER;
  const expiryMs = value <= 0n ? undefined : absoluteExpiryMs(value, expiry.unit, expiry.isAbsolute, nowMs);
  if (expiryMs === undefined) return INVALID_EXPIRE;
  found.expiryMs = expiryMs;
  return found;
}
