import test from 'ava';
import fc from 'fast-check';
import { RULE_FAULTS } from '../../../server/acl/rule-fault.js';
import { User } from '../../../server/acl/user.js';
import { applyUserRule, mergeSelectors, withoutPassword } from '../../../server/acl/user-rules.js';
import { catalogue, userOf } from './fixtures.js';
import { ruleLists } from './rule-lists.js';

test('a user who is described is made again by the description', (t) => {
  fc.assert(
    fc.property(ruleLists, (rules) => {
      const described = userOf(...rules).describe();
      t.is(userOf(...described.split(' ')).describe(), described);
    }),
    { numRuns: 200 },
  );
});

test('a description allows and denies what the user it describes does', (t) => {
  fc.assert(
    fc.property(ruleLists, (rules) => {
      const user = userOf(...rules);
      const again = userOf(...user.describe().split(' '));
      for (const command of catalogue.all) {
        if (again.root.allows(command) !== user.root.allows(command)) t.fail(`${command.fullName}: ${rules.join(' ')}`);
      }
      t.deepEqual(
        [again.selectors.length, again.root.keyPatterns.length],
        [user.selectors.length, user.root.keyPatterns.length],
      );
    }),
    { numRuns: 100 },
  );
});

test('no rule throws, and one that is refused says why', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary-ascii', maxLength: 12 })), (words) => {
      const user = new User('u', catalogue, false);
      const merged = mergeSelectors(words);
      if ('unmatchedAt' in merged) {
        t.is(words[merged.unmatchedAt]?.charAt(0), '(');
        return;
      }
      for (const rule of merged.rules) {
        const fault = applyUserRule(user, rule, false);
        t.true(fault === undefined || fault in RULE_FAULTS);
      }
      t.regex(user.describe(), /^(?:on|off) /);
    }),
    { numRuns: 500 },
  );
});

test('brackets gather the words of a selector; one that is not closed is told', (t) => {
  t.deepEqual(mergeSelectors(['on', '(+get', '~a)', '(~b)', '+set']), { rules: ['on', '(+get ~a)', '(~b)', '+set'] });
  t.deepEqual(mergeSelectors(['on', '(+get', '~a']), { unmatchedAt: 1 });
});

test('a copy of a user can be changed without changing the user', (t) => {
  const user = userOf('on', '>p', '+get', '+select|0', '~a', '(+set ~b)');
  const before = user.describe();
  const copy = user.copy();
  for (const rule of ['off', '>q', '+@all', '-get', '+select|1', '~c', '&d', '(+mget)'])
    applyUserRule(copy, rule, false);
  t.is(user.describe(), before);
  t.not(copy.describe(), before);
});

test('a user may do everything only as long as nothing was taken away', (t) => {
  t.true(userOf('+@all', '~*', '&*').isUnrestricted);
  t.false(userOf('+@all', '~*', '&*', '-get', '+get').isUnrestricted);
  t.false(userOf('+@all', '~*').isUnrestricted);
  t.false(userOf('+@all', '&*', '~a').isUnrestricted);
});

test('what is logged of a rule about a password is not the password', (t) => {
  t.deepEqual(['>secret', '<secret', '#ab', '!ab', '+get'].map(withoutPassword), ['>', '<', '#', '!', '+get']);
});
