import type { Server } from '../server.js';
import { NOT_AN_INTEGER } from './error-text.js';
import { parseInt64 } from './integer-argument.js';

const INT32_MIN = -(2n ** 31n);
const INT32_MAX = 2n ** 31n - 1n;
const NOT_AN_INT32 = `ERR value is out of range, value must between ${INT32_MIN} and ${INT32_MAX}`;

/** The number of a database, or the error that Redis answers with. */
export function databaseOf(server: Server, argument: Buffer): number | string {
  const db = parseInt64(argument);
  if (db === undefined) return NOT_AN_INTEGER;
  if (db < INT32_MIN || db > INT32_MAX) return NOT_AN_INT32;
  return db >= 0n && db < BigInt(server.config.databases) ? Number(db) : 'ERR DB index is out of range';
}
