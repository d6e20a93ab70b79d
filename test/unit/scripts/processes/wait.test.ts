import test from 'ava';
import { DeadlineError, waitUntil, within } from '../../../../scripts/processes/wait.js';

test('waiting ends when the condition has come true, also after errors', async (t) => {
  let asked = 0;
  await waitUntil('three questions', 5000, () => {
    asked += 1;
    if (asked === 1) throw new Error('not yet');
    return asked === 3 || 'too few';
  });
  t.is(asked, 3);
});

test('a condition that does not come true ends with its name and what was missing', async (t) => {
  await t.throwsAsync(
    waitUntil('the sky falls', 10, () => 'it hangs'),
    { instanceOf: DeadlineError, message: 'the sky falls: not within 10 ms; it hangs' },
  );
});

test('a promise that is late gives undefined', async (t) => {
  t.is(await within(Promise.resolve(1), 5000), 1);
  t.is(await within(new Promise<number>(() => {}), 10), undefined);
});
