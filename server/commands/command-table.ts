/** HOT PATH: `find` allocates nothing. */
import type { Recording } from '../latency/recording.js';
import type { CommandRow } from './command.js';

const UPPER_A = 65;
const UPPER_Z = 90;
const TO_LOWER = 32;
/** No command's name is longer. */
const NAME_BYTES_MAX = 32;

/** One command or subcommand of a running server, with what has been counted about it. */
export class Command {
  readonly row: CommandRow;
  /** `get`, or `client|list`. */
  readonly fullName: string;
  readonly subcommands: NameIndex<Command> | undefined;
  /** Times that the handler ran. */
  calls = 0;
  /** Time until the replies were complete, in µs. */
  totalUs = 0;
  /** Times that the handler answered with an error. */
  failedCalls = 0;
  /** Times that the handler was not even called: wrong number of arguments. */
  rejectedCalls = 0;
  /** How long each call took; undefined before the first. */
  recording: Recording | undefined = undefined;

  constructor(row: CommandRow, container?: string) {
    this.row = row;
    this.fullName = container === undefined ? row.name : `${container}|${row.name}`;
    this.subcommands =
      row.subcommands && new NameIndex(row.subcommands.map((subcommand) => new Command(subcommand, row.name)));
  }

  resetCounts(): void {
    this.calls = 0;
    this.totalUs = 0;
    this.failedCalls = 0;
    this.rejectedCalls = 0;
  }

  /** Whether `argumentCount`, which counts the name, is acceptable. */
  takes(argumentCount: number): boolean {
    const { arity } = this.row;
    return arity >= 0 ? argumentCount === arity : argumentCount >= -arity;
  }
}

/** Finds things by name in any letter case, straight from the bytes of a request. */
export class NameIndex<T extends { readonly row: { readonly name: string } }> {
  readonly all: readonly T[];
  readonly #slots: readonly (T | undefined)[];
  readonly #names: readonly (Buffer | undefined)[];

  constructor(all: readonly T[]) {
    this.all = all;
    // A quarter full at most, so that nearly every name is found at the first look.
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, all.length * 4)));
    const slots: (T | undefined)[] = new Array<T | undefined>(size).fill(undefined);
    const names: (Buffer | undefined)[] = new Array<Buffer | undefined>(size).fill(undefined);
    for (const item of all) {
      const name = Buffer.from(item.row.name, 'latin1');
      if (name.length > NAME_BYTES_MAX) throw new Error(`the name ${item.row.name} is too long`);
      let at = hash(name) & (size - 1);
      while (names[at] !== undefined) {
        if (names[at]?.equals(name)) throw new Error(`the name ${item.row.name} stands twice`);
        at = (at + 1) & (size - 1);
      }
      slots[at] = item;
      names[at] = name;
    }
    this.#slots = slots;
    this.#names = names;
  }

  /** The item of that name. */
  find(name: Buffer): T | undefined {
    if (name.length > NAME_BYTES_MAX) return undefined;
    const mask = this.#slots.length - 1;
    for (let at = hash(name) & mask; ; at = (at + 1) & mask) {
      const known = this.#names[at];
      if (known === undefined) return undefined;
      if (sameName(name, known)) return this.#slots[at];
    }
  }
}

function lower(byte: number): number {
  return byte >= UPPER_A && byte <= UPPER_Z ? byte + TO_LOWER : byte;
}

/** Three letters and the length tell nearly all names apart; `sameName` looks at the rest. */
function hash(name: Buffer): number {
  const { length } = name;
  if (length === 0) return 0;
  const first = (name[0] ?? 0) | TO_LOWER;
  const middle = (name[length >> 1] ?? 0) | TO_LOWER;
  const last = (name[length - 1] ?? 0) | TO_LOWER;
  return first * 7 + middle * 61 + last * 13 + length * 97;
}

function sameName(name: Buffer, known: Buffer): boolean {
  if (name.length !== known.length) return false;
  for (let i = 0; i < name.length; i++) {
    const byte = name[i];
    if (byte !== known[i] && lower(byte ?? 0) !== known[i]) return false;
  }
  return true;
}

/** All commands of a server. */
export class CommandTable {
  readonly #index: NameIndex<Command>;

  constructor(rows: readonly CommandRow[]) {
    this.#index = new NameIndex(rows.map((row) => new Command(row)));
  }

  /** The command that a request begins with, in any letter case. */
  find(name: Buffer): Command | undefined {
    return this.#index.find(name);
  }

  /** A command by its full name: `get`, `client|list`, in any letter case. */
  findFull(fullName: string): Command | undefined {
    const [name = '', subcommand, ...rest] = fullName.split('|');
    const command = this.#index.find(Buffer.from(name));
    if (subcommand === undefined) return command;
    return rest.length > 0 ? undefined : command?.subcommands?.find(Buffer.from(subcommand));
  }

  /** Commands without subcommands. */
  get all(): readonly Command[] {
    return this.#index.all;
  }

  /** Commands, each followed by its subcommands. */
  *withSubcommands(): Generator<Command> {
    for (const command of this.#index.all) {
      yield command;
      if (command.subcommands !== undefined) yield* command.subcommands.all;
    }
  }
}
