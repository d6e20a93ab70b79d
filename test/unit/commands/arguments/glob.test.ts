import test from 'ava';
import fc from 'fast-check';
import { compileGlob } from '../../../../server/commands/arguments/glob.js';

const CASES: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ['maxmemory', 'maxmemory', true],
  ['MAXMEMORY', 'maxmemory', true],
  ['maxmemory', 'maxmemory-policy', false],
  ['max*', 'maxmemory', true],
  ['*', '', true],
  ['', '', true],
  ['', 'a', false],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b', 'xxbxxa', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['[abc]', 'b', true],
  ['[a-c]x', 'bx', true],
  ['[c-a]', 'b', true],
  ['[^a-c]', 'b', false],
  ['[^a-c]', 'd', true],
  ['[a\\]]', ']', true],
  ['[a-', 'a', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['a.c', 'abc', false],
  ['a\\', 'a\\', true],
  ['**a', 'bba', true],
];

test('patterns match as in Redis', (t) => {
  for (const [pattern, text, matches] of CASES) t.is(compileGlob(pattern)(text), matches, `${pattern} ${text}`);
});

test('stars, question marks and letters mean what they mean in a regular expression', (t) => {
  const letter = fc.constantFrom('a', 'b', '*', '?');
  fc.assert(
    fc.property(fc.array(letter, { maxLength: 8 }), fc.stringMatching(/^[ab]{0,8}$/), (pattern, text) => {
      const source = pattern.map((one) => (one === '*' ? '.*' : one === '?' ? '.' : one)).join('');
      t.is(compileGlob(pattern.join(''))(text), new RegExp(`^${source}$`).test(text));
    }),
  );
});

test('a pattern of many stars takes no longer than its length asks for', (t) => {
  const pattern = `${'*a'.repeat(200)}*b`;
  t.false(compileGlob(pattern)('a'.repeat(2000)));
});

test('any pattern is accepted', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, text) => {
      t.is(typeof compileGlob(pattern)(text), 'boolean');
    }),
  );
});
