import { RULE_FAULTS } from './rule-fault.js';
import { hasSpaces } from './selector-rules.js';
import type { User } from './user.js';
import { applyUserRule, mergeSelectors } from './user-rules.js';

/** How an ACL file is read: new users are made by `create`. */
export interface AclFileReading {
  readonly path: string;
  /** One char a byte. */
  readonly content: string;
  readonly allChannels: boolean;
  create(name: string): User;
}

const NOTHING_CHANGED = 'WARNING: ACL errors detected, no change to the previously active ACL rules was performed';

/** The users of an ACL file (`user name rule …` a line), or all that is wrong with it, in Redis's words. */
export function readAclFile(reading: AclFileReading): ReadonlyMap<string, User> | string {
  const users = new Map<string, User>();
  let faults = '';
  for (const [at, raw] of reading.content.split('\n').entries()) {
    const line = trim(raw);
    if (line !== '') faults += readLine(reading, users, line, `${reading.path}:${at + 1}`);
  }
  return faults === '' ? users : faults + NOTHING_CHANGED;
}

/** Takes one line in; gives what is wrong with it, '' for nothing. */
function readLine(reading: AclFileReading, users: Map<string, User>, line: string, where: string): string {
  const [keyword, name, ...words] = line.split(' ');
  if (keyword !== 'user' || name === undefined) {
    return `${where} should start with user keyword followed by the username. `;
  }
  if (hasSpaces(name)) return `'${where}: username '${name}' contains invalid characters. `;
  if (users.has(name))
    return `WARNING: Duplicate user '${name}' found on line ${where.slice(where.lastIndexOf(':') + 1)}. `;
  const user = reading.create(name);
  users.set(name, user);
  const merged = mergeSelectors(words);
  if ('unmatchedAt' in merged) return `${where}: Unmatched parenthesis in selector definition.`;
  let faults = '';
  let isSyntaxTold = false;
  for (const rule of merged.rules.map(trim)) {
    const fault = applyUserRule(user, rule, reading.allChannels);
    if (fault === undefined) continue;
    // Commands are no secret, and each that is missing is of interest; of the rest only the first fault is told.
    if (fault === 'unknown') faults += `${where}: Error in applying operation '${rule}': ${RULE_FAULTS[fault]}. `;
    else if (!isSyntaxTold) {
      faults += `${where}: ${RULE_FAULTS[fault]}. `;
      isSyntaxTold = true;
    }
  }
  return faults;
}

/** The text of an ACL file with those users. */
export function printAclFile(users: Iterable<User>): string {
  let text = '';
  for (const user of users) text += `user ${user.name} ${user.describe()}\n`;
  return text;
}

function trim(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}
