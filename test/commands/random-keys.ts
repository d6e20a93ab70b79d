/** Random commands on keys as such, on databases and on connections. */
import fc from 'fast-check';
import { payloadOf } from './cases/keys.js';
import { key, several, time, value, words } from './random-words.js';

const database = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '1', '2') },
  { weight: 1, arbitrary: fc.constantFrom('16', '-1', 'x', '""', '01', '2147483648') },
);
const pattern = fc.constantFrom('*', 'k*', '?', 'k?', '[k]*', '{t}*', '""', '[^k]*', 'K', '"\\\\k"', '*2');
const payload = fc.constantFrom(
  ...['v', '', '7', 'abc'.repeat(30), '-129'].map((text) => payloadOf(text)),
  'abc',
  '""',
);
const scanOption = fc.oneof(
  words('COUNT', fc.constantFrom('1000', '1000', '100', '0', '-1', 'x')),
  words('MATCH', pattern),
  words('TYPE', fc.constantFrom('string', 'STRING', 'list', 'foo')),
  fc.constantFrom('COUNT', 'foo'),
);
const restoreOption = fc.oneof(
  fc.constantFrom('REPLACE', 'replace', 'REPLACE', 'foo', 'FREQ'),
  words('IDLETIME', fc.constantFrom('1', '-1', 'x')),
  words('FREQ', fc.constantFrom('1', '255', '256', 'x')),
);

/** Commands that take keys to other names, other databases, or out of the server and in again. */
export const keyCommand: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: words(fc.constantFrom('RENAME', 'RENAMENX'), key, key) },
  { weight: 3, arbitrary: words('COPY', key, key, several(fc.constantFrom('REPLACE', 'replace', 'foo'), 1)) },
  { weight: 2, arbitrary: words('COPY', key, key, 'DB', database, several(fc.constantFrom('REPLACE', 'DB', 'x'), 1)) },
  { weight: 2, arbitrary: words('MOVE', key, database) },
  { weight: 1, arbitrary: words('TOUCH', several(key, 3)) },
  { weight: 1, arbitrary: words('OBJECT', fc.constantFrom('ENCODING', 'FREQ', 'foo'), several(key, 2)) },
  { weight: 2, arbitrary: words('DUMP', several(key, 1)) },
  { weight: 2, arbitrary: words('RESTORE', key, '0', payload, several(restoreOption, 2)) },
  { weight: 1, arbitrary: words('RESTORE', key, time(false, true), payload, 'REPLACE') },
  { weight: 1, arbitrary: words('RESTORE', key, time(true, true), payload, 'ABSTTL', 'REPLACE') },
);

/** Commands that look at all keys of a database, or change which keys are there. */
export const databaseCommand: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: words('KEYS', pattern) },
  { weight: 2, arbitrary: words('SCAN', '0', 'COUNT', '1000', several(scanOption, 2)) },
  { weight: 1, arbitrary: words('RANDOMKEY') },
  { weight: 3, arbitrary: words('SELECT', database) },
  { weight: 1, arbitrary: words('SWAPDB', database, database) },
  {
    weight: 1,
    arbitrary: words(fc.constantFrom('FLUSHDB', 'FLUSHALL'), fc.constantFrom('', '', 'SYNC', 'ASYNC', 'foo')),
  },
  { weight: 1, arbitrary: words('DBSIZE') },
);

const asked = fc.oneof(
  words('GET', key),
  words('SET', key, value, 'GET'),
  words('MSET', several(words(key, value), 3)),
  words('BITOP', 'NOT', key, key),
  words('COPY', key, key),
  words('PING'),
  words('NOSUCH'),
);

/** Commands about the connection, the server and its commands whose answers are the same for all who ask. */
export const serverCommand: fc.Arbitrary<string> = fc.oneof(
  words('PING', several(value, 1)),
  words('ECHO', value),
  words('CLIENT', fc.constantFrom('SETNAME', 'setname'), value),
  words('CLIENT', 'GETNAME'),
  words('CLIENT', 'NO-EVICT', fc.constantFrom('on', 'off', 'maybe')),
  words('CONFIG', 'GET', fc.constantFrom('maxclients', 'timeout', 'databases', 'requirepass', 'nosuch', 'max[c]*')),
  words('COMMAND', fc.constantFrom('GETKEYS', 'GETKEYSANDFLAGS'), asked),
  words('ACL', fc.constantFrom('WHOAMI', 'USERS', 'LIST', 'GETUSER nosuch', 'CAT nosuch', 'DRYRUN default GET k')),
  words('HELLO', fc.constantFrom('4', 'x', '3 AUTH a', '3 SETNAME', '3 foo')),
  words('AUTH', several(value, 3)),
  words('SLOWLOG', fc.constantFrom('GET x', 'GET -2', 'foo')),
  words('LATENCY', fc.constantFrom('HISTORY x', 'RESET x', 'foo')),
  words('RESET'),
);
