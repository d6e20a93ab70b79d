import test from 'ava';
import { WALK_KEYS_A_TURN, WALK_KEYS_AT_ONCE } from '../../../cluster/scan/limits.js';
import { WalkTurns } from '../../../cluster/scan/walk-turns.js';
import { SteppedTurns } from '../turns/stepped-turns.js';

const HALF = WALK_KEYS_A_TURN / 2;

/** Lets all promises that can settle now. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('steps begin at once as long as there is room in the turn, and in order in the turns to come', async (t) => {
  const turns = new SteppedTurns();
  const walks = new WalkTurns(turns.timers);
  const begun: string[] = [];
  const step = (name: string, count: number) =>
    walks.take(count, async () => {
      begun.push(name);
    });
  const all = [step('a', HALF), step('b', HALF), step('c', HALF), step('huge', WALK_KEYS_AT_ONCE * 2), step('d', 1)];
  t.deepEqual(begun, ['a', 'b']);
  await settled();
  turns.turn();
  await settled();
  t.deepEqual(begun, ['a', 'b', 'c']);
  while (turns.isBusy) {
    turns.turn();
    await settled();
  }
  await Promise.all(all);
  t.deepEqual(begun, ['a', 'b', 'c', 'huge', 'd']);
});

test('steps that do not end hold up others only once they are about very many keys', async (t) => {
  const turns = new SteppedTurns();
  const walks = new WalkTurns(turns.timers);
  let begun = 0;
  const ends: (() => void)[] = [];
  for (let i = 0; i < 6; i++) {
    void walks.take(WALK_KEYS_A_TURN, () => {
      begun++;
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  }
  while (turns.isBusy) {
    turns.turn();
    await settled();
  }
  t.is(begun, WALK_KEYS_AT_ONCE / WALK_KEYS_A_TURN);
  ends[0]?.();
  await settled();
  turns.turn();
  await settled();
  t.is(begun, WALK_KEYS_AT_ONCE / WALK_KEYS_A_TURN + 1);
});
