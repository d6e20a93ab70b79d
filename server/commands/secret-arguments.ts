/** Which arguments of requests are secrets, so that no list of requests shows them: the slow log, `MONITOR`. */
import { optionRow } from '../config/config.js';
import type { Command } from './command-table.js';
import { keyword } from './keyword.js';

/** Stands in the place of a secret, as in Redis. */
const REDACTED = Buffer.from('(redacted)');

type IsSecret = (args: readonly Buffer[], at: number) => boolean;

/** By the full names of commands; all others are free of secrets. */
const SECRETS: ReadonlyMap<string, IsSecret> = new Map<string, IsSecret>([
  ['auth', () => true],
  // HELLO version AUTH user password
  ['hello', (args, at) => at > 2 && (keyword(args[at - 1]) === 'AUTH' || keyword(args[at - 2]) === 'AUTH')],
  ['acl|setuser', (_, at) => at > 1],
  // CONFIG SET name value name value
  ['config|set', (args, at) => at > 2 && at % 2 === 1 && isSecretOption(args[at - 1])],
]);

function isSecretOption(name: Buffer | undefined): boolean {
  return optionRow(name?.toString('latin1').toLowerCase() ?? '')?.secret === true;
}

/** The arguments as they may be shown: the same ones where the command takes no secrets. */
export function shownArguments(command: Command, args: readonly Buffer[]): readonly Buffer[] {
  const isSecret = SECRETS.get(command.fullName);
  if (isSecret === undefined) return args;
  return args.map((argument, at) => (at > 0 && isSecret(args, at) ? REDACTED : argument));
}
