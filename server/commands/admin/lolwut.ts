import { parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import { NOT_AN_INTEGER } from '../error-text.js';
import { REDIS_VERSION } from '../version.js';

/** How many numbers the picture of a version takes: columns and rows, for version 5 the squares in each. More are passed over. */
const NUMBERS_OF_PICTURE: ReadonlyMap<bigint, number> = new Map([
  [5n, 3],
  [6n, 2],
]);

/** Redis 7.0 draws nothing either, unless it is asked for the pictures of versions 5 and 6; what those take is checked, and not drawn. */
function lolwut({ server, args, slot }: Call) {
  if (keyword(args[1]) === 'VERSION' && args[2] !== undefined) {
    const version = parseInt64(args[2]);
    const numbers = args.slice(3, 3 + (NUMBERS_OF_PICTURE.get(version ?? 0n) ?? 0));
    if (version === undefined || numbers.some((number) => parseInt64(number) === undefined)) {
      return refuse(server, slot, NOT_AN_INTEGER);
    }
  }
  slot.out.verbatim('txt', `Redis ver. ${REDIS_VERSION}\n`);
  slot.complete();
}

export const lolwutCommands: readonly CommandRow[] = [
  {
    name: 'lolwut',
    arity: -1,
    flags: ['readonly', 'fast'],
    categories: ['@read', '@fast'],
    since: '5.0.0',
    group: 'server',
    complexity: 'O(1)',
    summary: 'Tells the version of Redis whose replies these are, without the pictures of earlier ones',
    arguments: [{ name: 'version', type: 'integer', token: 'VERSION', flags: ['optional'] }],
    run: lolwut,
  },
];
