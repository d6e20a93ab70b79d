import type { KnownCommand } from './catalogue.js';
import { CATEGORIES, type Category } from './categories.js';
import type { Selector } from './selector.js';

/**
 * The rules that make a selector's commands from nothing, as Redis 7.0 finds them: from `+@all` or `-@all` on the categories
 * that fit best, one after the other, and then single commands until both are equal.
 */
export function describeCommands(selector: Selector): string {
  const { catalogue } = selector;
  const takesAway = selector.startsFromAll;
  const rebuilt = selector.copy();
  rebuilt.setAllCommands(takesAway);
  const rules = [takesAway ? '+@all' : '-@all'];
  const left = selector.copy();
  const untried = new Set<Category>(CATEGORIES);
  for (;;) {
    const best = bestCategory(left, untried, takesAway);
    if (best === undefined) break;
    rules.push(`${takesAway ? '-' : '+'}@${best}`);
    rebuilt.setCategory(best, !takesAway);
    // What is explained no longer counts for the other categories.
    left.setCategory(best, takesAway);
    untried.delete(best);
  }
  for (const command of catalogue.all) rules.push(...singleRules(selector, rebuilt, command));
  return rules.join(' ');
}

/** The category with the fewest commands that would be wrong, if more would be right. */
function bestCategory(left: Selector, untried: ReadonlySet<Category>, takesAway: boolean): Category | undefined {
  let best: Category | undefined;
  let fewestWrong = Number.POSITIVE_INFINITY;
  let mostRight = 0;
  for (const category of untried) {
    const { allowed, denied } = countOf(left, category);
    const right = takesAway ? denied : allowed;
    const wrong = takesAway ? allowed : denied;
    if (right <= wrong || wrong > fewestWrong || (wrong === fewestWrong && right <= mostRight)) continue;
    best = category;
    fewestWrong = wrong;
    mostRight = right;
  }
  return best;
}

function countOf(selector: Selector, category: Category): { allowed: number; denied: number } {
  let allowed = 0;
  let denied = 0;
  for (const command of selector.catalogue.all) {
    // Commands of our own have no say, so that the same user is described as in Redis.
    if (!command.isOfRedis || !command.categories.has(category)) continue;
    if (selector.allows(command)) allowed++;
    else denied++;
  }
  return { allowed, denied };
}

function singleRules(wanted: Selector, rebuilt: Selector, command: KnownCommand): string[] {
  const rules: string[] = [];
  const isAllowed = wanted.allows(command);
  if (isAllowed !== rebuilt.allows(command)) {
    rules.push(`${isAllowed ? '+' : '-'}${command.fullName}`);
    rebuilt.setCommand(command, isAllowed);
  }
  if (isAllowed) return rules;
  return [...rules, ...wanted.firstArgumentsOf(command).map((argument) => `+${command.fullName}|${argument}`)];
}
