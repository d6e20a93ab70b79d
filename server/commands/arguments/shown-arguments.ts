import { optionRow } from '../../config/config.js';
import type { CommandRow } from '../command.js';
import { keyword } from './keyword.js';

const REDACTED = Buffer.from('(redacted)');

/** A request as others may see it (`MONITOR`, `SLOWLOG`, logs): its secrets are replaced, as in Redis. */
export function shownArguments(row: CommandRow, args: readonly Buffer[]): readonly Buffer[] {
  const secrets = new Set(row.secretArguments?.(args));
  return secrets.size === 0 ? args : args.map((argument, at) => (secrets.has(at) ? REDACTED : argument));
}

/** The positions from `first` on. */
export function allFrom(first: number): (args: readonly Buffer[]) => number[] {
  return (args) => args.map((_, at) => at).slice(first);
}

/** Name and password behind each `AUTH` of a `HELLO`. */
export function afterAuth(args: readonly Buffer[]): number[] {
  return args.flatMap((argument, at) => (at >= 2 && keyword(argument) === 'AUTH' ? [at + 1, at + 2] : []));
}

/** The values of secret options in a `CONFIG SET`. */
export function secretValues(args: readonly Buffer[]): number[] {
  return args.flatMap((name, at) =>
    at >= 2 && at % 2 === 0 && optionRow(name.toString('latin1').toLowerCase())?.secret === true ? [at + 1] : [],
  );
}
