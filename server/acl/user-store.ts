import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { CommandTable } from '../commands/command-table.js';
import type { Config } from '../config/config.js';
import { ConfigError, splitWords } from '../config/config-lines.js';
import type { Settings } from '../config/settings.js';
import { printAclFile, readAclFile } from './acl-file.js';
import { CommandCatalogue } from './catalogue.js';
import { RULE_FAULTS, type RuleFault } from './rule-fault.js';
import { hasSpaces } from './selector-rules.js';
import { User } from './user.js';
import { applyUserRule, mergeSelectors, withoutPassword } from './user-rules.js';

/** Whom a connection acts for that has not logged in. */
export const DEFAULT_USER = 'default';
const BOTH =
  'Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or declare users directly in your redis.conf, but not both.';
/** Only its owner may read the file: hashes of weak passwords can be guessed. */
const FILE_MODE = 0o600;

interface RefusedRule {
  readonly rule: string;
  readonly fault: RuleFault;
}

/** The users of this node. Names have one char a byte. */
export class UserStore {
  readonly catalogue: CommandCatalogue;
  /** The same object for ever, whatever its rules become. */
  readonly default: User;
  readonly #settings: Settings;
  readonly #users = new Map<string, User>();
  readonly #listeners: (() => void)[] = [];
  /** The option as it was last applied. */
  #requirepass: string;

  /** Reads the users of the configuration, or of the ACL file. Throws `ConfigError`. */
  constructor(settings: Settings, commands: CommandTable) {
    const { config } = settings;
    this.catalogue = new CommandCatalogue(commands);
    this.#settings = settings;
    this.default = this.#create(DEFAULT_USER);
    this.#users.set(DEFAULT_USER, this.default);
    this.#applyOwn(this.default, ['allkeys', 'allchannels', 'allcommands', 'on', 'nopass']);
    // A file is read as UTF-8; what `CONFIG SET` brings has one char a byte.
    this.#requirepass = config.requirepass;
    this.#usePassword(Buffer.from(config.requirepass, 'utf8').toString('latin1'));
    const lines = config.user.split('\n').filter((line) => line.trim() !== '');
    if (lines.length > 0 && config.aclfile !== '') throw new ConfigError(BOTH);
    this.#declare(lines);
    if (config.aclfile !== '') {
      const outcome = this.load();
      if (typeof outcome === 'string') throw new ConfigError(outcome);
    }
    settings.onChange(({ requirepass }) => {
      if (requirepass === this.#requirepass) return;
      this.#requirepass = requirepass;
      this.#usePassword(requirepass);
      this.#changed();
    });
  }

  /** Calls `listener` after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  find(name: string): User | undefined {
    return this.#users.get(name);
  }

  /** In the order of their names. */
  all(): User[] {
    return [...this.#users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Makes or changes a user: all rules are taken, or none. Why none was, in Redis's words without their code. */
  set(name: string, words: readonly string[]): string | undefined {
    const refusal = this.#set(name, words);
    if (refusal === undefined) this.#changed();
    if (refusal === undefined || typeof refusal === 'string') return refusal;
    return `Error in ACL SETUSER modifier '${refusal.rule}': ${RULE_FAULTS[refusal.fault]}`;
  }

  /** Removes those of the users who exist, and gives them. */
  delete(names: readonly string[]): ReadonlySet<User> {
    const removed = new Set<User>();
    for (const name of names) {
      const user = this.#users.get(name);
      if (user === undefined || user === this.default) continue;
      this.#users.delete(name);
      removed.add(user);
    }
    this.#changed();
    return removed;
  }

  /** Takes the users of the ACL file in place of all; gives those who were replaced, or what is wrong with the file. */
  load(): ReadonlySet<User> | string {
    const path = this.#config.aclfile;
    const content = readText(path);
    if (content instanceof Error) return `Error loading ACLs, opening file '${path}': ${reasonOf(content)}`;
    const create = (name: string): User => this.#create(name);
    const users = readAclFile({ path, content, allChannels: this.#allChannels, create });
    if (typeof users === 'string') return users;
    const replaced = new Set([...this.#users.values()].filter((user) => user !== this.default));
    const newDefault = users.get(DEFAULT_USER) ?? this.#create(DEFAULT_USER);
    if (!users.has(DEFAULT_USER)) this.#applyOwn(newDefault, ['allkeys', 'allchannels', 'allcommands', 'on', 'nopass']);
    this.default.become(newDefault);
    this.#users.clear();
    for (const [name, user] of users) this.#users.set(name, user);
    this.#users.set(DEFAULT_USER, this.default);
    this.#changed();
    return replaced;
  }

  /** Writes the ACL file anew, whole or not at all. Throws where that fails. */
  save(): void {
    const path = this.#config.aclfile;
    const beside = `${path}.tmp-${process.pid}`;
    const file = openSync(beside, 'w', FILE_MODE);
    try {
      writeSync(file, Buffer.from(printAclFile(this.all()), 'latin1'));
      fsyncSync(file);
      renameSync(beside, path);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  }

  get #config(): Config {
    return this.#settings.config;
  }

  get #allChannels(): boolean {
    return this.#config.aclPubsubDefault === 'allchannels';
  }

  #create(name: string): User {
    return new User(name, this.catalogue, this.#allChannels);
  }

  /** What is wrong with the name or the brackets, or with which rule. */
  #set(name: string, words: readonly string[]): string | RefusedRule | undefined {
    if (hasSpaces(name)) return "Usernames can't contain spaces or null characters";
    const merged = mergeSelectors(words);
    if ('unmatchedAt' in merged) {
      return `Unmatched parenthesis in acl selector starting at '${words[merged.unmatchedAt] ?? ''}'.`;
    }
    const user = this.#users.get(name) ?? this.#create(name);
    const changed = user.copy();
    for (const rule of merged.rules) {
      const fault = applyUserRule(changed, rule, this.#allChannels);
      if (fault !== undefined) return { rule, fault };
    }
    user.become(changed);
    this.#users.set(name, user);
    return undefined;
  }

  /** The `user` lines of the configuration. What is told of a bad one goes to a log, and has no password in it. */
  #declare(lines: readonly string[]): void {
    const declared = new Set<string>();
    for (const line of lines) {
      const [name = '', ...words] = splitWords(line, 'user …').map((word) => Buffer.from(word).toString('latin1'));
      const refusal = declared.has(name) ? RULE_FAULTS.duplicate : this.#set(name, words);
      if (refusal !== undefined) throw new ConfigError(`Error in user declaration '${name}': ${reasonFor(refusal)}`);
      declared.add(name);
    }
  }

  #usePassword(password: string): void {
    this.#applyOwn(this.default, password === '' ? ['nopass'] : ['resetpass', `>${password}`]);
  }

  #applyOwn(user: User, rules: readonly string[]): void {
    for (const rule of rules) {
      const fault = applyUserRule(user, rule, true);
      if (fault !== undefined) throw new Error(`the rule ${rule} of our own is no good: ${fault}`);
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function reasonFor(refusal: string | RefusedRule): string {
  return typeof refusal === 'string' ? refusal : `'${withoutPassword(refusal.rule)}': ${RULE_FAULTS[refusal.fault]}`;
}

function readText(path: string): string | Error {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** `ENOENT: no such file or directory, open …` as the C library says it. */
function reasonOf({ message }: Error): string {
  const reason = /^\w+: ([^,]*)/.exec(message)?.[1] ?? message;
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
