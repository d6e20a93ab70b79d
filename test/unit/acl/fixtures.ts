import { CommandCatalogue } from '../../../server/acl/catalogue.js';
import { User } from '../../../server/acl/user.js';
import { applyUserRule, mergeSelectors } from '../../../server/acl/user-rules.js';
import { CommandTable } from '../../../server/commands/command-table.js';
import { commandRows } from '../../../server/commands/table.js';

export const commands = new CommandTable(commandRows);
export const catalogue = new CommandCatalogue(commands);

/** A user made by rules that must be good. */
export function userOf(...words: readonly string[]): User {
  const user = new User('u', catalogue, false);
  const merged = mergeSelectors(words);
  if ('unmatchedAt' in merged) throw new Error(`unmatched bracket at ${merged.unmatchedAt}`);
  for (const rule of merged.rules) {
    const fault = applyUserRule(user, rule, false);
    if (fault !== undefined) throw new Error(`${rule}: ${fault}`);
  }
  return user;
}
