import type { Server } from '../../server.js';
import { NOT_AN_INTEGER } from '../error-text.js';
import { INT32_MAX, INT32_MIN, parseInt64 } from './integer-argument.js';

const NOT_AN_INT32 = `ERR value is out of range, value must between ${INT32_MIN} and ${INT32_MAX}`;

/** The database with the number in `argument`, as it is stored (`ClientConnection.db`), or the error that Redis answers with. */
export function storedDatabaseOf(server: Server, argument: Buffer): number | string {
  const db = databaseOf(server, argument);
  return typeof db === 'string' ? db : server.node.databases.stored(db);
}

/** The number of a database as clients know it, or the error that Redis answers with. */
export function databaseOf(server: Server, argument: Buffer): number | string {
  const db = parseInt64(argument);
  if (db === undefined) return NOT_AN_INTEGER;
  if (db < INT32_MIN || db > INT32_MAX) return NOT_AN_INT32;
  return db >= 0n && db < BigInt(server.config.databases) ? Number(db) : 'ERR DB index is out of range';
}
