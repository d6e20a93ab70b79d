/** LCS: what two strings have in common. */
import type { ReplySlot } from '../../net/reply-slot.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type CommandRow, type Handler, refuse } from '../command.js';
import { NOT_AN_INTEGER, SYNTAX_ERROR } from '../error-text.js';
import { Gather } from '../gather.js';
import { shownValue } from '../shown-sibling.js';
import { type CommonPiece, commonLength, commonPieces } from './common-subsequence.js';

/** Of its table, one for each pair of bytes: Redis says by it how long the strings may be. */
const REDIS_CELL_BYTES = 4;
const FIRST_OPTION = 3;
const NOTHING = Buffer.alloc(0);

interface LcsOptions {
  readonly answer: 'string' | 'length' | 'pieces';
  readonly pieceBytesMin: bigint;
  readonly withLengths: boolean;
}

/** The options behind the two keys, or the text of the error. */
function parseOptions(args: readonly Buffer[]): LcsOptions | string {
  const said = new Set<string>();
  let pieceBytesMin = 0n;
  for (let i = FIRST_OPTION; i < args.length; i++) {
    const word = keyword(args[i]);
    if (word === 'MINMATCHLEN' && i + 1 < args.length) {
      i++;
      const least = parseInt64(args[i]);
      if (least === undefined) return NOT_AN_INTEGER;
      pieceBytesMin = least;
    } else if (word === 'IDX' || word === 'LEN' || word === 'WITHMATCHLEN') {
      said.add(word);
    } else {
      return SYNTAX_ERROR;
    }
  }
  if (said.has('IDX') && said.has('LEN')) {
    return 'ERR If you want both the length and indexes, please just use IDX.';
  }
  const answer = said.has('IDX') ? 'pieces' : said.has('LEN') ? 'length' : 'string';
  return { answer, pieceBytesMin, withLengths: said.has('WITHMATCHLEN') };
}

const lcs: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1]) || refusesKey(call, args[2])) return;
  const options = parseOptions(args);
  if (typeof options === 'string') return refuse(server, slot, options);
  const gather = new Gather<Buffer>(
    server,
    slot,
    2,
    ([a = NOTHING, b = NOTHING]) => writeCommon(slot, a, b, options),
    ([a = NOTHING, b = NOTHING]) => {
      const bytes = (a.length + 1) * (b.length + 1) * REDIS_CELL_BYTES;
      return bytes <= server.config.protoMaxBulkLen
        ? undefined
        : 'ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len';
    },
  );
  for (const index of [0, 1]) {
    const key = keyOf(args[1 + index]);
    connection.session.get(connection.db, key.slot, key.text, undefined, (_state, failure, object) => {
      const value = shownValue(server, key.text, object);
      server.statistics.countLookup(value !== undefined);
      // A copy: the object is good for this turn, and the other key may take longer.
      gather.arrived(index, failure, value && Buffer.from(value));
    });
  }
};

function* writeCommon(slot: ReplySlot, a: Buffer, b: Buffer, options: LcsOptions): Generator<void> {
  if (options.answer === 'length') {
    const length = yield* commonLength(a, b);
    slot.out.integer(length);
    return;
  }
  const pieces = yield* commonPieces(a, b);
  if (options.answer === 'pieces') {
    writePieces(slot.out, pieces, options);
    return;
  }
  const parts = pieces.map(({ aStart, length }) => a.subarray(aStart, aStart + length));
  slot.out.bulk(Buffer.concat(parts.reverse()));
}

function writePieces(out: ReplyBuffer, pieces: readonly CommonPiece[], options: LcsOptions): void {
  const shown = pieces.filter(({ length }) => BigInt(length) >= options.pieceBytesMin);
  out.map(2);
  out.bulkText('matches');
  out.array(shown.length);
  for (const { aStart, bStart, length } of shown) {
    out.array(options.withLengths ? 3 : 2);
    for (const start of [aStart, bStart]) {
      out.array(2);
      out.integer(start);
      out.integer(start + length - 1);
    }
    if (options.withLengths) out.integer(length);
  }
  out.bulkText('len');
  out.integer(pieces.reduce((sum, { length }) => sum + length, 0));
}

/** LCS. */
export const lcsCommands: readonly CommandRow[] = [
  {
    name: 'lcs',
    arity: -3,
    flags: ['readonly'],
    keys: { first: 1, last: 2, step: 1, flags: ['RO', 'access'] },
    categories: ['@read', '@string', '@slow'],
    since: '7.0.0',
    group: 'string',
    complexity: 'O(N*M) where N and M are the lengths of s1 and s2, respectively',
    summary: 'Find longest common substring',
    arguments: [
      { name: 'key1', type: 'key' },
      { name: 'key2', type: 'key' },
      { name: 'len', type: 'pure-token', token: 'LEN', flags: ['optional'] },
      { name: 'idx', type: 'pure-token', token: 'IDX', flags: ['optional'] },
      { name: 'len', type: 'integer', token: 'MINMATCHLEN', flags: ['optional'] },
      { name: 'withmatchlen', type: 'pure-token', token: 'WITHMATCHLEN', flags: ['optional'] },
    ],
    run: lcs,
  },
];
