/** The rules of `ACL SETUSER`, of ACL files and of `user` lines, one char a byte, as Redis 7.0 reads them. */
import { splitInline } from '../resp/inline-command.js';
import { hashPassword, isPasswordHash } from './password.js';
import type { RuleFault } from './rule-fault.js';
import { Selector } from './selector.js';
import { applySelectorRule } from './selector-rules.js';
import type { User } from './user.js';

/** Puts the words of a selector, which stand between brackets, together as one rule. */
export function mergeSelectors(
  words: readonly string[],
): { readonly rules: string[] } | { readonly unmatchedAt: number } {
  const rules: string[] = [];
  let begunAt = -1;
  let begun = '';
  for (const [at, word] of words.entries()) {
    if (word.startsWith('(') && !word.endsWith(')')) {
      // As in Redis, what was begun before is forgotten.
      begun = word;
      begunAt = at;
    } else if (begunAt >= 0) {
      begun += ` ${word}`;
      if (!word.endsWith(')')) continue;
      rules.push(begun);
      begunAt = -1;
    } else {
      rules.push(word);
    }
  }
  return begunAt < 0 ? { rules } : { unmatchedAt: begunAt };
}

/**
 * Changes the user as one rule says; what is wrong with the rule, if anything. `allChannels`: what a new selector, and a user who is
 * reset, may do with channels (`acl-pubsub-default`).
 */
export function applyUserRule(user: User, rule: string, allChannels: boolean): RuleFault | undefined {
  if (rule === '') return undefined;
  switch (rule.charAt(0)) {
    case '>':
      return addPassword(user, hashPassword(Buffer.from(rule.slice(1), 'latin1')));
    case '#':
      return isPasswordHash(rule.slice(1)) ? addPassword(user, rule.slice(1)) : 'badHash';
    case '<':
      return removePassword(user, hashPassword(Buffer.from(rule.slice(1), 'latin1')));
    case '!':
      return isPasswordHash(rule.slice(1)) ? removePassword(user, rule.slice(1)) : 'badHash';
    case '(':
      return rule.endsWith(')') ? addSelector(user, rule, allChannels) : 'syntax';
    default:
      return applyWord(user, rule, allChannels);
  }
}

/** A rule as it may stand in a log: of one about a password only what it does. */
export function withoutPassword(rule: string): string {
  return /^[<>#!]/.test(rule) ? rule.charAt(0) : rule;
}

function applyWord(user: User, rule: string, allChannels: boolean): RuleFault | undefined {
  const word = rule.toLowerCase();
  switch (word) {
    case 'on':
    case 'off':
      user.isOn = word === 'on';
      return undefined;
    case 'nopass':
    case 'resetpass':
      user.needsNoPassword = word === 'nopass';
      user.passwords = [];
      return undefined;
    case 'sanitize-payload':
    case 'skip-sanitize-payload':
      user.payloadCheck = word;
      return undefined;
    case 'clearselectors':
      user.selectors = [];
      return undefined;
    case 'reset':
      reset(user, allChannels);
      return undefined;
    default:
      return applySelectorRule(user.root, rule);
  }
}

function reset(user: User, allChannels: boolean): void {
  user.isOn = false;
  user.needsNoPassword = false;
  user.passwords = [];
  user.payloadCheck = 'sanitize-payload';
  user.root = new Selector(user.catalogue, allChannels);
  user.selectors = [];
}

function addPassword(user: User, hash: string): undefined {
  if (!user.passwords.includes(hash)) user.passwords = [...user.passwords, hash];
  user.needsNoPassword = false;
}

function removePassword(user: User, hash: string): RuleFault | undefined {
  if (!user.passwords.includes(hash)) return 'noSuchPassword';
  user.passwords = user.passwords.filter((known) => known !== hash);
  return undefined;
}

/** `(rule …)`. As in Redis, one whose quotes do not match up is empty. */
function addSelector(user: User, text: string, allChannels: boolean): RuleFault | undefined {
  const selector = new Selector(user.catalogue, allChannels);
  const inner = Buffer.from(text.slice(1, -1), 'latin1');
  for (const word of splitInline(inner, 0, inner.length) ?? []) {
    const fault = applySelectorRule(selector, word.toString('latin1'));
    if (fault !== undefined) return fault;
  }
  user.selectors = [...user.selectors, selector];
  return undefined;
}
