/** Random lists of good rules, for round trips and for comparisons with Redis. */
import fc from 'fast-check';
import { CATEGORIES } from '../../../server/acl/categories.js';
import { REDIS_COMMANDS } from '../../../server/acl/redis-commands.js';

/** All commands of Redis, subcommands too. */
const NAMES = REDIS_COMMANDS.flatMap(([, names]) => names.split(' '));
const CONTAINERS: ReadonlySet<string> = new Set(
  NAMES.filter((name) => name.includes('|')).map((name) => name.slice(0, name.indexOf('|'))),
);
const PLAIN = NAMES.filter((name) => !name.includes('|') && !CONTAINERS.has(name));

const sign = fc.constantFrom('+', '-');
const command = fc.tuple(sign, fc.constantFrom(...NAMES)).map((parts) => parts.join(''));
const container = fc.tuple(sign, fc.constantFrom(...CONTAINERS)).map((parts) => parts.join(''));
const category = fc.tuple(sign, fc.constantFrom('all', ...CATEGORIES)).map((parts) => parts.join('@'));
const firstArgument = fc
  .tuple(fc.constantFrom(...PLAIN), fc.constantFrom('0', 'x', 'X', 'load'))
  .map(([name, argument]) => `+${name}|${argument}`);
const pattern = fc.constantFrom('a', 'a*', 'b?', '[c-e]x', '', 'key:{1}', 'z');
const key = fc.tuple(fc.constantFrom('~', '%R~', '%W~', '%RW~', '%r~'), pattern).map((parts) => parts.join(''));
const channel = pattern.map((text) => `&${text}`);

/** What may stand in the brackets of a selector. Patterns come before what makes them pointless. */
const selectorRules = fc
  .tuple(
    fc.array(
      fc.oneof({ weight: 3, arbitrary: command }, container, { weight: 2, arbitrary: category }, firstArgument),
      { maxLength: 8 },
    ),
    fc.array(fc.oneof(key, channel), { maxLength: 4 }),
    fc.subarray(['~*', '&*', 'resetkeys', 'resetchannels']),
  )
  .map((lists) => lists.flat());

const password = fc.constantFrom('>one', '>two', '>three', 'nopass', 'resetpass', `#${'ab'.repeat(32)}`);
const flag = fc.constantFrom('on', 'off', 'sanitize-payload', 'skip-sanitize-payload');
const selector = selectorRules.map((rules) => `(${rules.join(' ')})`);

/** Rules of a user, in the order of `ACL SETUSER`. */
export const ruleLists: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.array(fc.oneof(flag, password), { maxLength: 4 }),
    selectorRules,
    fc.array(selector, { maxLength: 2 }),
    fc.subarray(['reset', 'clearselectors', 'on'], { maxLength: 1 }),
    selectorRules.map((rules) => ['resetkeys', 'resetchannels', ...rules]),
  )
  .map((lists) => lists.flat());
