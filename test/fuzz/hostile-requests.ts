/** Requests drawn by a seed: sound ones with odd arguments, and sound ones with damaged bytes. */
import type { CommandRow } from '../../server/commands/command.js';
import { commandRows } from '../../server/commands/table.js';
import { requestOf } from '../commands/request.js';
import type { Prng } from '../simulation/prng.js';
import { hostileKey, hostileWord } from './hostile-words.js';

/**
 * What an operator may do and what therefore ends, changes or empties a node as it should: the clients beside could not be
 * told from broken ones.
 */
const NOT_SENT = new Set([
  ...[
    'shutdown',
    'flushall',
    'flushdb',
    'swapdb',
    'move',
    'monitor',
    'sync',
    'psync',
    'replicaof',
    'slaveof',
    'failover',
  ],
  ...['client|kill', 'client|pause', 'client|no-evict', 'config|set', 'config|rewrite', 'config|resetstat'],
  ...['acl|setuser', 'acl|deluser', 'acl|load', 'acl|save', 'dynamo|leave', 'dynamo|forget', 'dynamo|pull'],
  ...['cluster|forget', 'cluster|meet', 'cluster|reset', 'cluster|failover', 'debug|sleep', 'debug|segfault'],
]);

interface Callable {
  readonly words: readonly string[];
  readonly row: CommandRow;
}

/** All commands that are sent, subcommands by themselves. */
const CALLABLE: readonly Callable[] = commandRows.flatMap((row): Callable[] => {
  if (NOT_SENT.has(row.name) || row.name === 'debug') return [];
  if (row.subcommands === undefined) return [{ words: [row.name], row }];
  return row.subcommands
    .filter((inner) => !NOT_SENT.has(`${row.name}|${inner.name}`))
    .map((inner) => ({ words: [row.name, inner.name], row: inner }));
});

const EXTRA_WORDS_MAX = 6;
const DAMAGES_MAX = 5;

/** A command with odd arguments, well framed. Most have a number of words that the command takes. */
export function oddCommand(prng: Prng): Buffer[] {
  const { words, row } = prng.pick(CALLABLE);
  const least = Math.abs(row.arity);
  const extra = row.arity < 0 ? prng.below(EXTRA_WORDS_MAX) : 0;
  const count = prng.chance(0.05) ? prng.below(12) : least + extra;
  const request: Buffer[] = words.map((word) => Buffer.from(prng.chance(0.5) ? word.toUpperCase() : word));
  while (request.length < count) request.push(hostileWord(prng));
  const keyAt = row.keys?.first;
  if (keyAt !== undefined && keyAt < request.length && prng.chance(0.8)) request[keyAt] = hostileKey(prng);
  return request;
}

/** `oddCommand` as bytes; now and then as an inline request. */
export function oddRequest(prng: Prng): Buffer {
  const words = oddCommand(prng);
  if (!prng.chance(0.1)) return requestOf(words);
  const end = prng.pick(['\r\n', '\n', '\r\r\n', '\0\r\n']);
  return Buffer.concat([...words.flatMap((word) => [word, Buffer.from(' ')]), Buffer.from(end)]);
}

/** What stands where a header has a number. */
const HEADER_NUMBERS = [
  ...[
    '-1',
    '-2',
    '0',
    '-0',
    '00',
    '+1',
    '01',
    '1 ',
    ' 1',
    '',
    '-',
    'a',
    '1a',
    '1\0',
    '\0',
    '1.0',
    '1e3',
    '0x1',
    '2',
    '3',
    '99',
  ],
  ...[
    '1048576',
    '1048577',
    '2147483647',
    '2147483648',
    '4294967295',
    '4294967296',
    '536870912',
    '536870913',
    '67108864',
  ],
  ...[
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551615',
    '18446744073709551617',
    '-9223372036854775808',
  ],
  ...['9'.repeat(30), '9'.repeat(1000), '0'.repeat(1000), '9'.repeat(70_000)],
];

/** A request whose counts and lengths are not those that it has. */
export function wrongHeaders(prng: Prng): Buffer {
  const words = oddCommand(prng).slice(0, 4);
  const parts: string[] = [];
  const header = (mark: string, right: number): void => {
    const number = prng.chance(0.35) ? prng.pick(HEADER_NUMBERS) : String(right);
    const written = prng.chance(0.05) ? prng.pick(['*', '$', ':', '+', '-', '\0', '\r', '\n', '%']) : mark;
    parts.push(written, number, prng.chance(0.1) ? prng.pick(['\n', '\r', '\n\r', '\r\r\n', '']) : '\r\n');
    // Headers that come twice.
    if (prng.chance(0.05)) parts.push(mark, String(right), '\r\n');
  };
  header('*', words.length);
  for (const word of words) {
    header('$', word.length);
    parts.push(word.toString('latin1'), prng.chance(0.05) ? prng.pick(['', '\n', 'xx', '\r']) : '\r\n');
  }
  return Buffer.from(parts.join(''), 'latin1');
}

/** The bytes with some of them changed, cut out, doubled or moved; `other` is what pieces are taken from. */
export function damaged(bytes: Buffer, other: Buffer, prng: Prng): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let left = prng.between(1, DAMAGES_MAX); left > 0; left--) {
    const at = prng.below(result.length + 1);
    const end = Math.min(result.length, at + prng.below(30));
    switch (prng.below(7)) {
      case 0:
        if (at < result.length) result[at] = (result[at] ?? 0) ^ (1 << prng.below(8));
        break;
      case 1:
        result = result.subarray(0, at);
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, at), result.subarray(end)]);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, end), result.subarray(at)]);
        break;
      case 4: {
        const from = prng.below(other.length + 1);
        result = Buffer.concat([
          result.subarray(0, at),
          other.subarray(from, from + prng.below(60)),
          result.subarray(end),
        ]);
        break;
      }
      case 5:
        result = Buffer.concat([result.subarray(0, at), prng.bytes(prng.below(8)), result.subarray(at)]);
        break;
      default: {
        const insert = Buffer.from(
          prng.pick(['\0', '\r', '\n', '\r\n', '*1\r\n', '$-1\r\n', '$0\r\n', 'PING\r\n', '"']),
        );
        result = Buffer.concat([result.subarray(0, at), insert, result.subarray(at)]);
      }
    }
  }
  return result;
}
