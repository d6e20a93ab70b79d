import type { BitfieldStep } from '../../../cluster/coordinator/changes/string-change-bitfield.js';
import type { Server } from '../../server.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { NOT_AN_INTEGER, SYNTAX_ERROR } from '../error-text.js';
import { parseBitOffset } from './bit-offset.js';

const BAD_TYPE = 'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.';
const BAD_OVERFLOW = 'ERR Invalid OVERFLOW type specified';
const FIRST_STEP = 2;
const ARGUMENTS_MAX = 16_384;
const SIGNED = 105; // i
const UNSIGNED = 117; // u
const SIGNED_BITS_MAX = 64n;
const UNSIGNED_BITS_MAX = 63n;

const KINDS: ReadonlyMap<string, BitfieldStep['kind']> = new Map([
  ['GET', 'get'],
  ['SET', 'set'],
  ['INCRBY', 'incrby'],
]);
const OVERFLOWS: ReadonlyMap<string, BitfieldStep['overflow']> = new Map([
  ['WRAP', 'wrap'],
  ['SAT', 'sat'],
  ['FAIL', 'fail'],
]);
/** How many arguments stand behind each word. */
const ARGUMENT_COUNTS = { get: 2, set: 3, incrby: 3 } as const;

/** What `BITFIELD key …` is to do, step by step, or the text of the error: of the first argument that is wrong, as in Redis. */
export function parseBitfieldArguments(server: Server, args: readonly Buffer[]): BitfieldStep[] | string {
  // All of them are one change of one key, and so one turn of the event loop.
  if (args.length > ARGUMENTS_MAX) return `ERR BITFIELD takes at most ${ARGUMENTS_MAX - 1} arguments`;
  const steps: BitfieldStep[] = [];
  let overflow: BitfieldStep['overflow'] = 'wrap';
  let at = FIRST_STEP;
  while (at < args.length) {
    const word = keyword(args[at]);
    const left = args.length - at - 1;
    if (word === 'OVERFLOW' && left >= 1) {
      const said = OVERFLOWS.get(keyword(args[at + 1]));
      if (said === undefined) return BAD_OVERFLOW;
      overflow = said;
      at += 2;
      continue;
    }
    const kind = KINDS.get(word);
    if (kind === undefined || left < ARGUMENT_COUNTS[kind]) return SYNTAX_ERROR;
    const type = parseType(args[at + 1]);
    if (type === undefined) return BAD_TYPE;
    const offset = parseBitOffset(server, args[at + 2], type.bits);
    if (typeof offset === 'string') return offset;
    const value = kind === 'get' ? 0n : parseInt64(args[at + 3]);
    if (value === undefined) return NOT_AN_INTEGER;
    steps.push({ kind, ...type, offset, value, overflow });
    at += 1 + ARGUMENT_COUNTS[kind];
  }
  return steps;
}

/** `i16`, `u8`: up to `i64` and `u63`. */
function parseType(argument: Buffer): { signed: boolean; bits: number } | undefined {
  const signed = argument[0] === SIGNED;
  if (!signed && argument[0] !== UNSIGNED) return undefined;
  const bits = parseInt64(argument.subarray(1));
  if (bits === undefined || bits < 1n || bits > (signed ? SIGNED_BITS_MAX : UNSIGNED_BITS_MAX)) return undefined;
  return { signed, bits: Number(bits) };
}

/** Whether `BITFIELD` with these arguments only reads, as far as its words tell. */
export function onlyReads(args: readonly Buffer[]): boolean {
  let at = FIRST_STEP;
  while (at < args.length) {
    const word = keyword(args[at]);
    const left = args.length - at - 1;
    if (word === 'GET' && left >= 2) at += 3;
    else if (word === 'OVERFLOW' && left >= 1) at += 2;
    else return false;
  }
  return true;
}
