import test from 'ava';
import { inTurn } from '../../../../scripts/bench/contest.js';

test('each round begins with another contestant, and all take part in it', (t) => {
  const rounds = [0, 1, 2, 3].map((round) => inTurn(['a', 'b', 'c'], round).join(''));
  t.deepEqual(rounds, ['abc', 'bca', 'cab', 'abc']);
});
