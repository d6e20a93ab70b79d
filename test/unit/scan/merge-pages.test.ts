import test from 'ava';
import { mergePages, type Standing } from '../../../cluster/scan/merge-pages.js';
import { HASH_MAX } from '../../../cluster/scan/place.js';

/** `A` is there, `-A` was deleted; hashes follow the alphabet. */
function heard(keys: string, standing: Standing = 'primary', upTo = HASH_MAX) {
  const rows = keys
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ hash: word.charCodeAt(word.length - 1) - 64, key: word.slice(-1), isLive: word.length === 1 }));
  return { page: { rows, upTo }, standing: () => standing };
}

/** A key of which nobody can be sure has a question mark. */
function merged(...pages: ReturnType<typeof heard>[]): string {
  return mergePages(pages)
    .keys.map(({ key, isCertain }) => (isCertain ? key : `${key}?`))
    .join(' ');
}

test('a key that any primary holds is there', (t) => {
  t.is(merged(heard('A C'), heard('B C')), 'A B C');
});

test('where one replica has a key and another its deletion, a read has to tell', (t) => {
  t.is(merged(heard('A B'), heard('-A B')), 'A? B');
  t.is(merged(heard('-A'), heard('-A'), heard('')), '');
});

test('a page that ends early ends what can be said', (t) => {
  const pages = [heard('A B', 'primary', 2), heard('A C D', 'primary', 4)];
  t.is(merged(...pages), 'A B');
  t.is(mergePages(pages).upTo, 2);
  t.is(mergePages(pages).looked, 2);
});

test('what a fallback alone holds is doubtful, and what others hold is nothing', (t) => {
  t.is(merged(heard('A'), heard('A B', 'fallback'), heard('C', 'none')), 'A B?');
});
