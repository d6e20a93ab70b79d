import test from 'ava';
import { openProcessLog } from '../../server/process-log.js';

test('a log that can not be written any more ends nothing', (t) => {
  // Every write to it fails for want of space.
  const log = openProcessLog({ logfile: '/dev/full', loglevel: 'notice', clientPort: 1 });
  t.notThrows(() => {
    for (let i = 0; i < 2_000; i++) log.info({ i }, 'a line '.repeat(100));
  });
});
