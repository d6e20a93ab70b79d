import test from 'ava';
import { daysLeft, ExpiryWatch } from '../../../server/tls/expiry-watch.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function watched() {
  const lines: string[] = [];
  let nowMs = 0;
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields: object) => lines.push(`warn ${Reflect.get(fields, 'daysLeft')}`),
    error: (fields: object) => lines.push(`error ${Reflect.get(fields, 'daysLeft')}`),
  };
  const watch = new ExpiryWatch({ nowMs: () => nowMs, monotonicUs: () => nowMs * 1000 }, log);
  const certificate = { subject: 'CN=node', fingerprint: 'AB:CD', notAfterMs: 40 * DAY_MS };
  const lookAt = (ms: number) => {
    nowMs = ms;
    watch.look([certificate, certificate]);
    return lines.splice(0);
  };
  return { lookAt };
}

test('the log warns once a day from thirty days before the end on, and each hour after it', (t) => {
  const { lookAt } = watched();
  t.deepEqual(lookAt(0), []);
  t.deepEqual(lookAt(10 * DAY_MS), []);
  t.deepEqual(lookAt(10 * DAY_MS + 1), ['warn 29']);
  t.deepEqual(lookAt(10 * DAY_MS + HOUR_MS), []);
  t.deepEqual(lookAt(11 * DAY_MS + 1), ['warn 28']);
  t.deepEqual(lookAt(40 * DAY_MS - 1), ['warn 0']);
  t.deepEqual(lookAt(40 * DAY_MS + HOUR_MS), ['error -1']);
  t.deepEqual(lookAt(40 * DAY_MS + HOUR_MS + 1), []);
  t.deepEqual(lookAt(40 * DAY_MS + 2 * HOUR_MS), ['error -1']);
});

test('days that are left are whole ones', (t) => {
  const certificate = { subject: '', fingerprint: '', notAfterMs: 2 * DAY_MS };
  t.is(daysLeft(certificate, 0), 2);
  t.is(daysLeft(certificate, 1), 1);
  t.is(daysLeft(certificate, 2 * DAY_MS + 1), -1);
});
