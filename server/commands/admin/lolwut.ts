import { parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import { NOT_AN_INTEGER } from '../error-text.js';
import { REDIS_VERSION } from '../version.js';

/** Redis 7.0 draws nothing either, unless it is asked for the pictures of versions 5 and 6. */
function lolwut({ server, args, slot }: Call) {
  const [, option, version] = args;
  if (keyword(option) === 'VERSION' && version !== undefined && parseInt64(version) === undefined) {
    return refuse(server, slot, NOT_AN_INTEGER);
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
