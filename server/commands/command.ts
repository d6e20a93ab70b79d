import type { ClientConnection } from '../net/connection.js';
import type { ReplySlot } from '../net/reply-slot.js';
import type { Server } from '../server.js';

/** What `COMMAND INFO` says about a command, in the order in which Redis 7.0 prints the flags. */
export type CommandFlag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'admin'
  | 'noscript'
  | 'loading'
  | 'stale'
  | 'skip_slowlog'
  | 'no_async_loading'
  | 'fast'
  | 'no_auth'
  | 'no_multi'
  | 'allow_busy';

/** What a command does with its keys; the words and their order are those of Redis 7.0's key specifications. */
export type KeyFlag = 'RO' | 'RW' | 'OW' | 'RM' | 'access' | 'update' | 'insert' | 'delete' | 'variable_flags';

/** Where the keys stand among the arguments: from `first` to `last` (negative: counted from the end), each `step`-th. */
export interface KeySpec {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly flags: readonly KeyFlag[];
  /** What holds for a request of these arguments, where `flags` has `variable_flags`. */
  readonly flagsFor?: (args: readonly Buffer[]) => readonly KeyFlag[];
  readonly notes?: string;
  /** Where the command does different things with its keys: each kind of them by itself, in place of `flags`. */
  readonly parts?: readonly KeySpec[];
}

/** One argument in `COMMAND DOCS`; `redis-cli` makes its hints from these. */
export interface ArgumentRow {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'double' | 'key' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block';
  readonly token?: string;
  /** Of a key: which of the command's `KeySpec.parts` says where it stands; 0 if absent. */
  readonly keyPart?: number;
  readonly since?: string;
  /** Since when Redis advises against it. */
  readonly deprecatedSince?: string;
  readonly flags?: readonly ('optional' | 'multiple' | 'multiple_token')[];
  readonly arguments?: readonly ArgumentRow[];
}

/** One command, or one subcommand of a container such as `CLIENT`. */
export interface CommandRow {
  /** In lower case; a subcommand's name is its own word only, e.g. `setname`. */
  readonly name: string;
  /** The number of arguments with the command's name; negative: at least so many. A subcommand counts the container's name too. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  /** Absent: the command takes no keys. */
  readonly keys?: KeySpec;
  /**
   * The positions of values that the command refuses by their length alone where they are longer than a value may be: `first`, and each
   * `step`-th behind it; without `step` no others. Those are not kept when they come in.
   */
  readonly values?: { readonly first: number; readonly step?: number };
  /** The positions of what must be shown to nobody, as passwords. */
  readonly secretArguments?: (args: readonly Buffer[]) => readonly number[];
  /** Access categories with their `@`. */
  readonly categories: readonly string[];
  readonly since: string;
  readonly group: string;
  readonly complexity: string;
  readonly summary: string;
  /** Hints for cluster clients, e.g. `request_policy:multi_shard`. */
  readonly tips?: readonly string[];
  readonly arguments?: readonly ArgumentRow[];
  /** Since when Redis advises against the command, and what takes its place. */
  readonly deprecated?: { readonly since: string; readonly replacedBy: string };
  /** Only for who runs the server, says `COMMAND DOCS`. */
  readonly isForSystem?: true;
  /** A container's subcommands. A container with an arity of -1 also runs by itself. */
  readonly subcommands?: readonly CommandRow[];
  readonly run: Handler;
}

/**
 * Runs one command whose arity has been checked. Answers by writing one reply to `call.slot.out` (errors with `refuse`)
 * and then calling `call.slot.complete()`, at once or later. `call` is reused as soon as the handler returns: whoever
 * answers later keeps the slot and what else is needed, not the call. `call.args` themselves belong to the handler.
 */
export type Handler = (call: Call) => void;

export interface Call {
  readonly server: Server;
  readonly connection: ClientConnection;
  /** `args[0]` is the command's name. */
  readonly args: readonly Buffer[];
  readonly slot: ReplySlot;
}

/**
 * Answers with an error: `text` begins with its code (`ERR …`) and counts in the statistics of errors. Text that quotes
 * the client's bytes, one char each, is 'latin1'.
 */
export function refuse(server: Server, slot: ReplySlot, text: string, encoding: 'utf8' | 'latin1' = 'utf8'): void {
  const { command } = slot;
  if (command !== undefined) command.failedCalls++;
  server.statistics.countError(text);
  slot.out.error(text, encoding);
  slot.complete();
}

/** The handler of a container: `dispatch` runs its subcommands, so that this is never reached. */
export const runSubcommand: Handler = () => {
  throw new Error('a container was run without its subcommand');
};
