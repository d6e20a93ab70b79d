import test from 'ava';
import {
  BYTES_UNDER_WAY_MAX,
  KEYS_UNDER_WAY_MAX,
  LONG_REQUEST_ARGUMENTS,
  STEP_KEYS,
} from '../../../server/turns/limits.js';
import { PacedParts } from '../../../server/turns/paced-parts.js';
import { pacedAll } from '../../../server/turns/paced-promises.js';
import { SteppedTurns } from './stepped-turns.js';

test('no more parts are under way than the limit says, and all are asked for in the end', (t) => {
  const turns = new SteppedTurns();
  const asked: number[] = [];
  const parts = new PacedParts(turns.queue, 1000, (index) => asked.push(index));
  t.deepEqual(asked, [], 'the first ones are asked for in a turn too');
  turns.untilCalm();
  t.is(asked.length, KEYS_UNDER_WAY_MAX);
  let answered = 0;
  while (answered < asked.length) {
    parts.arrived();
    answered++;
    t.true(parts.underWay <= KEYS_UNDER_WAY_MAX);
    turns.untilCalm();
  }
  t.deepEqual(
    asked,
    Array.from({ length: 1000 }, (_, at) => at),
  );
});

test('parts that are answered within the call take a turn for each few', (t) => {
  const turns = new SteppedTurns();
  let asked = 0;
  const parts = new PacedParts(turns.queue, 100_000, () => {
    asked++;
    parts.arrived();
  });
  t.true(turns.untilCalm() > 10);
  t.is(asked, 100_000);
  t.is(parts.underWay, 0);
});

test('of large parts only a few are under way, and one at the least', (t) => {
  const turns = new SteppedTurns();
  let asked = 0;
  const parts = new PacedParts(turns.queue, 1000, () => asked++);
  turns.untilCalm();
  for (let left = asked; left > 4; left--) parts.arrived(BYTES_UNDER_WAY_MAX / 8);
  turns.untilCalm();
  t.true(parts.underWay <= 8);
  while (parts.underWay > 0) {
    parts.arrived(BYTES_UNDER_WAY_MAX * 3);
    turns.untilCalm();
    t.true(parts.underWay <= 8);
  }
  t.is(asked, 1000);
});

test('large parts that are answered within the call are few in a step', (t) => {
  const turns = new SteppedTurns(1_000_000);
  let asked = 0;
  const parts = new PacedParts(turns.queue, 1000, () => {
    asked++;
    parts.arrived(BYTES_UNDER_WAY_MAX / 2);
  });
  turns.turn();
  t.true(asked < STEP_KEYS / 4);
  turns.untilCalm();
  t.is(asked, 1000);
});

test('what nobody wants any more is not asked for', (t) => {
  const turns = new SteppedTurns();
  let isWanted = true;
  let asked = 0;
  const parts = new PacedParts(
    turns.queue,
    100_000,
    () => {
      asked++;
      parts.arrived();
    },
    () => isWanted,
  );
  turns.turn();
  const before = asked;
  isWanted = false;
  turns.untilCalm();
  t.is(asked, before);
});

test('jobs in great number give their results in order', async (t) => {
  const turns = new SteppedTurns();
  const items = Array.from({ length: LONG_REQUEST_ARGUMENTS + 1000 }, (_, at) => at);
  const all = pacedAll(turns.queue, items, async (item) => item * 2);
  const results = await Promise.race([all, calm(turns)]);
  t.deepEqual(
    results,
    items.map((item) => item * 2),
  );
});

test('the first result that ends it is the end of jobs in great number', async (t) => {
  const turns = new SteppedTurns();
  const items = Array.from({ length: LONG_REQUEST_ARGUMENTS + 5000 }, (_, at) => at);
  let begun = 0;
  const job = async (item: number): Promise<number> => {
    begun++;
    return item;
  };
  const all = pacedAll(turns.queue, items, job, (result) => result === 700);
  const results = await Promise.race([all, calm(turns)]);
  t.is(results?.length, begun);
  t.true(begun > 700 && begun <= 700 + KEYS_UNDER_WAY_MAX);
});

/** Runs turns, and lets promises settle between them, until nothing waits for long. */
async function calm(turns: SteppedTurns): Promise<undefined> {
  for (let idle = 0; idle < 10; idle++) {
    if (turns.isBusy) idle = 0;
    turns.turn();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return undefined;
}

test('of parts that are taken to be large only a few are asked for at first, and more once they prove to be small', (t) => {
  const turns = new SteppedTurns();
  let asked = 0;
  const parts = new PacedParts(
    turns.queue,
    1000,
    () => asked++,
    () => true,
    BYTES_UNDER_WAY_MAX / 4,
  );
  turns.untilCalm();
  t.is(asked, 4);
  let most = 0;
  while (parts.underWay > 0) {
    parts.arrived(10);
    turns.untilCalm();
    most = Math.max(most, parts.underWay);
  }
  t.is(asked, 1000);
  t.true(most > 100);
});
