import test from 'ava';
import { ADDRESSES_MAX, DELAY_FIRST_MS, FAILURE_FORGOTTEN_MS, FAILURES_FREE } from '../../../server/acl/limits.js';
import { LoginDelay } from '../../../server/acl/login-delay.js';

const MAX_MS = 2_000;

function delays() {
  const time = { us: 1_000_000 };
  const clock = { nowMs: () => time.us / 1000, monotonicUs: () => time.us };
  return { time, delay: new LoginDelay(clock, () => MAX_MS) };
}

function failTimes(delay: LoginDelay, address: string, times: number): void {
  for (let i = 0; i < times; i++) delay.failed(address);
}

test('the first failures cost nothing, then each doubles the delay up to its bound', (t) => {
  const { delay } = delays();
  const seen: number[] = [];
  for (let i = 0; i < FAILURES_FREE + 8; i++) {
    seen.push(delay.delayMsOf('a'));
    delay.failed('a');
  }
  t.deepEqual(seen.slice(0, FAILURES_FREE + 3), [...Array<number>(FAILURES_FREE).fill(0), DELAY_FIRST_MS, 100, 200]);
  t.is(seen.at(-1), MAX_MS);
});

test('another address does not wait', (t) => {
  const { delay } = delays();
  failTimes(delay, 'a', 100);
  t.is(delay.delayMsOf('b'), 0);
});

test('failures are forgotten one by one, and soon all of them', (t) => {
  const { delay, time } = delays();
  failTimes(delay, 'a', FAILURES_FREE + 2);
  t.is(delay.delayMsOf('a'), DELAY_FIRST_MS * 4);
  time.us += FAILURE_FORGOTTEN_MS * 1000;
  t.is(delay.delayMsOf('a'), DELAY_FIRST_MS * 2);
  failTimes(delay, 'a', 1_000_000);
  time.us += 60_000_000;
  t.is(delay.delayMsOf('a'), 0);
});

test('so many addresses are remembered, and the one that failed longest ago is forgotten first', (t) => {
  const { delay } = delays();
  failTimes(delay, 'first', 20);
  failTimes(delay, 'second', 20);
  for (let i = 0; i < ADDRESSES_MAX - 1; i++) delay.failed(`other ${i}`);
  t.is(delay.delayMsOf('first'), 0);
  t.is(delay.delayMsOf('second'), MAX_MS);
});
