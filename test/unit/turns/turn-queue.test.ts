import test from 'ava';
import { TURN_STEPS_MAX, TURN_US } from '../../../server/turns/limits.js';
import { SteppedTurns } from './stepped-turns.js';

test('work is done a bit in each turn, as long as the time of a turn allows', (t) => {
  const turns = new SteppedTurns(TURN_US / 4);
  let steps = 0;
  turns.queue.add(() => ++steps < 100);
  t.is(steps, 0, 'nothing is done within the call');
  turns.turn();
  t.is(steps, 4);
  turns.turn();
  t.is(steps, 8);
  turns.untilCalm();
  t.is(steps, 100);
});

test('where the clock stands still a turn has an end all the same', (t) => {
  const turns = new SteppedTurns();
  let steps = 0;
  turns.queue.add(() => ++steps < 1000);
  turns.turn();
  t.is(steps, TURN_STEPS_MAX);
});

test('all work shares the turns: what is short is done beside what is long', (t) => {
  const turns = new SteppedTurns(TURN_US / 2);
  const done: string[] = [];
  const add = (name: string, count: number): void => {
    let left = count;
    turns.queue.add(() => {
      done.push(name);
      return --left > 0;
    });
  };
  add('long', 100);
  turns.turn();
  add('short', 2);
  for (let i = 0; i < 3; i++) turns.turn();
  t.is(done.filter((name) => name === 'short').length, 2);
  t.true(done.lastIndexOf('short') < 6);
});

test('what is added within a step has its turn', (t) => {
  const turns = new SteppedTurns();
  const done: string[] = [];
  turns.queue.add(() => {
    done.push('first');
    turns.queue.add(() => {
      done.push('second');
      return false;
    });
    return false;
  });
  turns.untilCalm();
  t.deepEqual(done, ['first', 'second']);
  t.false(turns.isBusy);
});

test('an iterator runs at once as far as it goes, and from its first yield on in turns', (t) => {
  const turns = new SteppedTurns();
  const done: number[] = [];
  turns.queue.run(
    (function* () {
      for (let i = 0; i < 3; i++) {
        done.push(i);
        yield;
      }
    })(),
  );
  t.deepEqual(done, [0]);
  turns.untilCalm();
  t.deepEqual(done, [0, 1, 2]);
});
