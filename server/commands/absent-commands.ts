/** Commands of Redis that need what there is not here, Lua: they are no rows, `COMMAND` does not list them, and who sends one is told why. */
import { wrongArity } from './error-text.js';

const NOT_SUPPORTED = 'is not supported: this server runs no Lua scripts and no functions';
/** On this clients send the script itself, which is then answered plainly. */
const NO_SCRIPT = 'NOSCRIPT No matching script. Please use EVAL.';
const NO_FUNCTION = 'ERR Function not found';

interface AbsentCommand {
  /** Fewest arguments, the name and the subcommand's among them. */
  readonly least: number;
  /** The error; without one it is said that the command is not supported. */
  readonly error?: string;
}

/** By full name, in lower case. */
const ABSENT: ReadonlyMap<string, AbsentCommand> = new Map([
  ['eval', { least: 3 }],
  ['eval_ro', { least: 3 }],
  ['evalsha', { least: 3, error: NO_SCRIPT }],
  ['evalsha_ro', { least: 3, error: NO_SCRIPT }],
  ['fcall', { least: 3, error: NO_FUNCTION }],
  ['fcall_ro', { least: 3, error: NO_FUNCTION }],
  ['script|load', { least: 3 }],
  ['script|debug', { least: 3 }],
  ['function|load', { least: 3 }],
  ['function|dump', { least: 2 }],
  ['function|restore', { least: 3 }],
]);

/** What a request for an absent command is answered; undefined: it is for none of them. */
export function absentCommandText(args: readonly Buffer[], container?: string): string | undefined {
  const word = (args[container === undefined ? 0 : 1] ?? Buffer.alloc(0)).toString('latin1').toLowerCase();
  const fullName = container === undefined ? word : `${container}|${word}`;
  const absent = ABSENT.get(fullName);
  if (absent === undefined) return undefined;
  if (args.length < absent.least) return wrongArity(fullName);
  return absent.error ?? `ERR ${fullName.toUpperCase().replace('|', ' ')} ${NOT_SUPPORTED}`;
}
