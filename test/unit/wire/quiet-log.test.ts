import test from 'ava';
import { QUIET_LINES_MAX, QUIET_WINDOW_MS } from '../../../cluster/wire/limits.js';
import { QuietLog } from '../../../cluster/wire/quiet-log.js';
import { FakeWorld } from './fake-world.js';

function quietLog() {
  const world = new FakeWorld();
  const { clock, log } = world.node();
  return { world, quiet: new QuietLog(clock, log) };
}

test('a window has a few lines, and the next one tells how many were left out', (t) => {
  const { world, quiet } = quietLog();
  for (let i = 0; i < 1000; i++) quiet.warn(`stranger ${i}`, { i }, 'refused');
  t.is(world.log.length, QUIET_LINES_MAX);
  world.advance(QUIET_WINDOW_MS);
  quiet.warn('stranger', {}, 'refused');
  t.deepEqual(world.log.at(-1)?.fields, { suppressedBefore: 1000 - QUIET_LINES_MAX });
  quiet.warn('another', {}, 'refused');
  t.deepEqual(world.log.at(-1)?.fields, {});
});

test('who tries again and again has one line in a window, and leaves room for the others', (t) => {
  const { world, quiet } = quietLog();
  for (let i = 0; i < 1000; i++) quiet.warn('the same', {}, 'refused');
  quiet.warn('another', {}, 'refused');
  t.deepEqual(
    world.log.map(({ fields }) => fields.suppressedBefore),
    [undefined, 999],
  );
});
