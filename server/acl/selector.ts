import { compileExactGlob } from '../commands/arguments/glob.js';
import type { CommandCatalogue, KnownCommand } from './catalogue.js';
import type { Category } from './categories.js';
import { describeCommands } from './describe-commands.js';

/** A pattern of keys, and what may be done with those that match. */
export interface KeyPattern {
  /** One char a byte. */
  readonly pattern: string;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly matches: (key: string) => boolean;
}

/** Which commands may be run, on which keys and channels. A user has one, the root, and perhaps more. */
export class Selector {
  /** All commands, those to come too; lost with the first command that is taken away. */
  allCommands = false;
  /** Whether `+@all` stands at the beginning: what a later version adds is allowed. */
  startsFromAll = false;
  allKeys = false;
  keyPatterns: readonly KeyPattern[] = [];
  channels: readonly string[] = [];
  readonly #allowed: Uint8Array;
  readonly #firstArguments = new Map<number, readonly string[]>();
  #described: string | undefined;

  constructor(
    readonly catalogue: CommandCatalogue,
    public allChannels: boolean,
  ) {
    this.#allowed = new Uint8Array(catalogue.count);
  }

  /** One that can be changed without changing this one. */
  copy(): Selector {
    const copy = new Selector(this.catalogue, this.allChannels);
    copy.allCommands = this.allCommands;
    copy.startsFromAll = this.startsFromAll;
    copy.allKeys = this.allKeys;
    copy.keyPatterns = this.keyPatterns;
    copy.channels = this.channels;
    copy.#allowed.set(this.#allowed);
    for (const [id, words] of this.#firstArguments) copy.#firstArguments.set(id, words);
    copy.#described = this.#described;
    return copy;
  }

  get isUnrestricted(): boolean {
    return this.allCommands && this.allKeys && this.allChannels;
  }

  /** Whether the bit of a command is set. */
  allows({ id }: KnownCommand): boolean {
    return this.#allowed[id] === 1;
  }

  /** The first arguments with which a command is allowed that is not allowed as such. */
  firstArgumentsOf({ id }: KnownCommand): readonly string[] {
    return this.#firstArguments.get(id) ?? [];
  }

  setAllCommands(allowed: boolean): void {
    this.allCommands = allowed;
    this.startsFromAll = allowed;
    this.#allowed.fill(allowed ? 1 : 0);
    this.#firstArguments.clear();
    this.#described = undefined;
  }

  /** A command and, of a container, all that is in it. */
  setCommand(command: KnownCommand, allowed: boolean): void {
    this.#set(command, allowed);
    this.#firstArguments.delete(command.id);
    for (const subcommand of command.subcommands.values()) this.#set(subcommand, allowed);
    this.#described = undefined;
  }

  /** All commands of a category; with a container that is in it, those that are in the container. */
  setCategory(category: Category, allowed: boolean): void {
    for (const command of this.catalogue.all) {
      if (command.categories.has(category)) this.setCommand(command, allowed);
    }
  }

  addFirstArgument(command: KnownCommand, argument: string): void {
    const before = this.firstArgumentsOf(command);
    if (before.some((known) => known.toLowerCase() === argument.toLowerCase())) return;
    this.#firstArguments.set(command.id, [...before, argument]);
    this.#described = undefined;
  }

  addKeyPattern(pattern: string, reads: boolean, writes: boolean): void {
    const at = this.keyPatterns.findIndex((known) => known.pattern === pattern);
    const before = this.keyPatterns[at];
    const added = {
      pattern,
      reads: reads || before?.reads === true,
      writes: writes || before?.writes === true,
      matches: before?.matches ?? compileExactGlob(pattern),
    };
    this.keyPatterns = before === undefined ? [...this.keyPatterns, added] : this.keyPatterns.with(at, added);
  }

  /** As `ACL LIST` shows it. */
  describe(): string {
    const keys = this.allKeys ? '~*' : this.keyRules();
    const channels = this.allChannels ? '&*' : ['resetchannels', this.channelRules()].filter(Boolean).join(' ');
    return [keys, channels, this.commandRules()].filter(Boolean).join(' ');
  }

  keyRules(): string {
    if (this.allKeys) return '~*';
    return this.keyPatterns
      .map(({ pattern, reads, writes }) => (reads && writes ? `~${pattern}` : `%${reads ? 'R' : 'W'}~${pattern}`))
      .join(' ');
  }

  channelRules(): string {
    return this.allChannels ? '&*' : this.channels.map((channel) => `&${channel}`).join(' ');
  }

  commandRules(): string {
    this.#described ??= describeCommands(this);
    return this.#described;
  }

  #set({ id }: KnownCommand, allowed: boolean): void {
    this.#allowed[id] = allowed ? 1 : 0;
    if (!allowed) this.allCommands = false;
  }
}
