/** `DEBUG` as client libraries' test suites use it, where both servers allow it. */
import test from 'ava';
import { LiveServer } from '../unit/commands/live-server.js';
import { RawConnection } from './raw-connection.js';
import { RedisProcess } from './redis-process.js';
import { requestOf, wordsOf } from './request.js';

const redis = await RedisProcess.start(['--enable-debug-command', 'yes']);
const live = await LiveServer.start({ enableDebugCommand: 'yes' });

test.after.always(async () => {
  await live.stop();
  await redis.stop();
});

/** Nothing in it can be compressed: the two servers do that each in its way. */
const LONG = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const TYPES = 'string integer double bignum null array set map attrib push verbatim true false nosuch STRING'.split(
  ' ',
);
const LINES: readonly string[] = [
  'DEBUG',
  'DEBUG nosuch',
  'DEBUG JMAP',
  'DEBUG SLEEP',
  'DEBUG SLEEP 0',
  'DEBUG SLEEP abc',
  'DEBUG ERROR',
  'DEBUG ERROR "ERR some text"',
  'DEBUG ERROR x',
  'DEBUG LOG text',
  'DEBUG SET-ACTIVE-EXPIRE',
  'DEBUG SET-ACTIVE-EXPIRE 0',
  'DEBUG SET-ACTIVE-EXPIRE 1',
  'DEBUG PAUSE-CRON 0',
  'DEBUG QUICKLIST-PACKED-THRESHOLD 100',
  'DEBUG CHANGE-REPL-ID',
  'DEBUG RELOAD nosuch',
  'DEBUG PROTOCOL',
  ...TYPES.map((type) => `DEBUG PROTOCOL ${type}`),
  'DEBUG OBJECT',
  'DEBUG OBJECT nosuch',
  ...['1', '-1', '9999', '10000', '12345678901', 'abc', '""', LONG].flatMap((value) => [
    `SET k ${value}`,
    'DEBUG OBJECT k',
  ]),
  'DEBUG RELOAD',
  'GET k',
];

for (const resp of [2, 3]) {
  test.serial(`DEBUG: replies are those of Redis (RESP${resp})`, async (t) => {
    const connections = await Promise.all([redis.port, live.port].map((port) => RawConnection.open(port)));
    const answers = (line: string) =>
      Promise.all(connections.map((connection) => connection.exchange(requestOf(wordsOf(line)))));
    await answers(`HELLO ${resp}`);
    for (const line of LINES) {
      const [theirs, ours] = (await answers(line)).map(({ bytes }) => withoutPlace(bytes));
      t.is(ours, theirs, line);
    }
    for (const connection of connections) connection.close();
  });
}

/** Where a value stands in memory, and when it was used. */
function withoutPlace(answer: string): string {
  return answer.replace(/ at:0x[0-9a-f]+/, '').replace(/ lru:\d+ lru_seconds_idle:\d+/, '');
}
