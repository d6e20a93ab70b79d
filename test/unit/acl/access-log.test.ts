import test from 'ava';
import { AccessLog, type DeniedAccess } from '../../../server/acl/access-log.js';
import { LOG_MERGE_MS, LOG_TEXT_BYTES_MAX } from '../../../server/acl/limits.js';

const denied: DeniedAccess = { reason: 'key', object: 'k', user: 'u', client: 'id=1' };

function logOf(lengthMax: number) {
  const time = { ms: 1000 };
  const log = new AccessLog({ nowMs: () => time.ms, monotonicUs: () => 0 }, () => lengthMax);
  return { log, time };
}

test('the same denial is counted within a minute, at the front, with its last client', (t) => {
  const { log, time } = logOf(10);
  log.add(denied);
  log.add({ ...denied, object: 'other' });
  log.add({ ...denied, client: 'id=2' });
  t.deepEqual(
    log.entries.map(({ object, count, client }) => [object, count, client]),
    [
      ['k', 2, 'id=2'],
      ['other', 1, 'id=1'],
    ],
  );
  time.ms += LOG_MERGE_MS + 1;
  log.add(denied);
  t.deepEqual(
    log.entries.map(({ count }) => count),
    [1, 2, 1],
  );
});

test('the newest entries are kept, and of each text only the beginning', (t) => {
  const { log } = logOf(3);
  for (let i = 0; i < 100; i++) log.add({ ...denied, object: `k${i}` });
  t.deepEqual(
    log.entries.map(({ object }) => object),
    ['k99', 'k98', 'k97'],
  );
  log.add({ ...denied, object: 'x'.repeat(1_000_000), user: 'y'.repeat(1_000_000) });
  t.deepEqual([log.entries[0]?.object.length, log.entries[0]?.user.length], [LOG_TEXT_BYTES_MAX, LOG_TEXT_BYTES_MAX]);
  log.reset();
  t.deepEqual(log.entries, []);
});
