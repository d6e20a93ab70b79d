/** The rules about commands, keys and channels, one char a byte, as `ACL SETUSER` of Redis 7.0 reads them. */
import { isCategory } from './categories.js';
import type { RuleFault } from './rule-fault.js';
import type { Selector } from './selector.js';

/** Words that mean the same whatever stands behind them. */
const WORDS: Readonly<Record<string, (selector: Selector) => void>> = {
  allkeys: (selector) => setKeys(selector, true),
  '~*': (selector) => setKeys(selector, true),
  resetkeys: (selector) => setKeys(selector, false),
  allchannels: (selector) => setChannels(selector, true),
  '&*': (selector) => setChannels(selector, true),
  resetchannels: (selector) => setChannels(selector, false),
  allcommands: (selector) => selector.setAllCommands(true),
  '+@all': (selector) => selector.setAllCommands(true),
  nocommands: (selector) => selector.setAllCommands(false),
  '-@all': (selector) => selector.setAllCommands(false),
};

/** Changes the selector as one rule says; what is wrong with the rule, if anything. */
export function applySelectorRule(selector: Selector, rule: string): RuleFault | undefined {
  const word = rule.toLowerCase();
  if (Object.hasOwn(WORDS, word)) {
    WORDS[word]?.(selector);
    return undefined;
  }
  const isGrant = rule.startsWith('+');
  switch (rule.charAt(0)) {
    case '~':
    case '%':
      return addKeyPattern(selector, rule);
    case '&':
      return addChannel(selector, rule.slice(1));
    case '+':
    case '-':
      if (rule.charAt(1) === '@') return setCategory(selector, word.slice(2), isGrant);
      return isGrant ? grant(selector, rule.slice(1)) : setCommand(selector, rule.slice(1), false);
    default:
      return 'syntax';
  }
}

function setKeys(selector: Selector, all: boolean): void {
  selector.allKeys = all;
  selector.keyPatterns = [];
}

function setChannels(selector: Selector, all: boolean): void {
  selector.allChannels = all;
  selector.channels = [];
}

/** `~pattern` for reading and writing, `%R~`, `%W~` or `%RW~` for what the letters say. */
function addKeyPattern(selector: Selector, rule: string): RuleFault | undefined {
  if (selector.allKeys) return 'afterAllKeys';
  const [, letters, pattern] = /^(?:~|%(r|w|rw|wr)(?:~|$))(.*)$/is.exec(rule) ?? [];
  if (pattern === undefined || hasSpaces(pattern)) return 'syntax';
  const reads = letters === undefined || /r/i.test(letters);
  const writes = letters === undefined || /w/i.test(letters);
  selector.addKeyPattern(pattern, reads, writes);
  return undefined;
}

function addChannel(selector: Selector, channel: string): RuleFault | undefined {
  if (selector.allChannels) return 'afterAllChannels';
  if (hasSpaces(channel)) return 'syntax';
  if (!selector.channels.includes(channel)) selector.channels = [...selector.channels, channel];
  return undefined;
}

function setCategory(selector: Selector, name: string, allowed: boolean): RuleFault | undefined {
  if (!isCategory(name)) return 'unknown';
  selector.setCategory(name, allowed);
  return undefined;
}

function setCommand(selector: Selector, name: string, allowed: boolean): RuleFault | undefined {
  const command = selector.catalogue.find(name);
  if (command === undefined) return 'unknown';
  selector.setCommand(command, allowed);
  return undefined;
}

/** `command`, `container|subcommand`, or `command|argument`, which allows a command with that first argument only. */
function grant(selector: Selector, name: string): RuleFault | undefined {
  const bar = name.lastIndexOf('|');
  if (bar < 0) return setCommand(selector, name, true);
  const argument = name.slice(bar + 1);
  const command = selector.catalogue.find(name.slice(0, bar));
  if (command === undefined) return 'unknown';
  if (command.container !== undefined) return 'inSubcommand';
  if (argument === '') return 'syntax';
  if (command.subcommands.size > 0) return setCommand(selector, name, true);
  selector.addFirstArgument(command, argument);
  return undefined;
}

/** Blanks as C's isspace knows them, and NUL. */
export function hasSpaces(text: string): boolean {
  return /[\t-\r \0]/.test(text);
}
