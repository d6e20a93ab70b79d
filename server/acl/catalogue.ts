import type { CommandRow } from '../commands/command.js';
import type { Command, CommandTable } from '../commands/command-table.js';
import { type Category, isCategory } from './categories.js';
import { REDIS_COMMANDS } from './redis-commands.js';

/** A command that a rule can name: one of this server, or one that only Redis has. */
export interface KnownCommand {
  /** Its place in the bitmaps of selectors. */
  readonly id: number;
  /** `get`, or `config|get`. */
  readonly fullName: string;
  readonly categories: ReadonlySet<Category>;
  /** Whether this server has it. */
  readonly isOwn: boolean;
  /** Whether Redis has it: not so for what only a store like this one needs. */
  readonly isOfRedis: boolean;
  readonly container: KnownCommand | undefined;
  /** By name in lower case; empty where it is no container. */
  readonly subcommands: ReadonlyMap<string, KnownCommand>;
}

interface Entry extends KnownCommand {
  readonly subcommands: Map<string, KnownCommand>;
}

const NAMES_OF_REDIS: ReadonlySet<string> = new Set(REDIS_COMMANDS.flatMap(([, names]) => names.split(' ')));

/** All commands that rules can name, each container followed by its subcommands. */
export class CommandCatalogue {
  readonly all: readonly KnownCommand[];
  readonly #byName = new Map<string, Entry>();
  readonly #ofCommand = new Map<Command, KnownCommand>();
  #count = 0;

  constructor(commands: CommandTable) {
    for (const command of commands.withSubcommands()) {
      this.#ofCommand.set(command, this.#add(command.fullName, categoriesOf(command.row), true));
    }
    for (const [categories, names] of REDIS_COMMANDS) {
      const known = new Set(categories.split(' ').filter(isCategory));
      // Containers come first: the names of one line are in order, but those of a subcommand may stand in an earlier line.
      for (const name of names.split(' ')) if (!name.includes('|')) this.#add(name, known, false);
    }
    for (const [categories, names] of REDIS_COMMANDS) {
      const known = new Set(categories.split(' ').filter(isCategory));
      for (const name of names.split(' ')) if (name.includes('|')) this.#add(name, known, false);
    }
    this.all = [...this.#byName.values()]
      .filter((entry) => entry.container === undefined)
      .flatMap((entry) => [entry, ...entry.subcommands.values()]);
  }

  get count(): number {
    return this.#count;
  }

  /** The command of a full name such as `config|get`, in any letter case. */
  find(fullName: string): KnownCommand | undefined {
    return this.#byName.get(fullName.toLowerCase());
  }

  of(command: Command): KnownCommand {
    const known = this.#ofCommand.get(command);
    if (known === undefined) throw new Error(`the catalogue has no ${command.fullName}`);
    return known;
  }

  #add(fullName: string, categories: ReadonlySet<Category>, isOwn: boolean): Entry {
    const before = this.#byName.get(fullName);
    if (before !== undefined) return before;
    const [containerName = '', name] = fullName.split('|');
    const container = name === undefined ? undefined : this.#byName.get(containerName);
    const isOfRedis = NAMES_OF_REDIS.has(fullName);
    const entry = { id: this.#count++, fullName, categories, isOwn, isOfRedis, container, subcommands: new Map() };
    this.#byName.set(fullName, entry);
    if (name !== undefined) container?.subcommands.set(name, entry);
    return entry;
  }
}

function categoriesOf({ categories }: CommandRow): ReadonlySet<Category> {
  return new Set(categories.map((category) => category.slice(1)).filter(isCategory));
}
