import { readFileSync } from 'node:fs';
import test from 'ava';
import { replaceSection, withTables } from '../../../../scripts/docs/readme-tables.js';

test('the tables in the README are those of the code (npm run docs writes them)', (t) => {
  const readme = readFileSync('README.md', 'utf8');
  t.is(withTables(readme), readme);
});

test('a section is replaced between its markers and nowhere else', (t) => {
  const text = 'a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n<!-- y:begin --><!-- y:end -->\n';
  const replaced = 'a\n<!-- x:begin -->\n\nnew $& $1\n\n<!-- x:end -->\nb\n<!-- y:begin --><!-- y:end -->\n';
  t.is(replaceSection(text, 'x', 'new $& $1\n'), replaced);
  t.is(replaceSection(replaced, 'x', 'new $& $1\n'), replaced);
});

test('missing, swapped or doubled markers are an error', (t) => {
  const [begin, end] = ['<!-- x:begin -->', '<!-- x:end -->'];
  for (const text of ['', begin, end, end + begin, begin + end + end, begin + begin + end]) {
    t.throws(() => replaceSection(text, 'x', 'new'), { message: /x:begin/ }, text);
  }
});
