import test from 'ava';
import { LiveServer } from '../live-server.js';

/** Far above what a busy machine takes for a command by itself. */
const SLEEP_S = 0.6;
const THRESHOLD_MS = 500;

test('what stood still is told as a command and as an event of the loop, and is forgotten by RESET', async (t) => {
  const live = await LiveServer.start({ enableDebugCommand: 'yes' });
  t.teardown(() => live.stop());
  const client = await live.connect();
  t.is(await client.ask(`CONFIG SET latency-monitor-threshold ${THRESHOLD_MS}`), '+OK\r\n');
  await client.ask(`DEBUG SLEEP ${SLEEP_S}`);
  t.regex(await client.ask('LATENCY LATEST'), /\$7\r\ncommand\r\n:\d+\r\n:\d{3,}\r\n:\d{3,}\r\n/);
  t.regex(await client.ask('LATENCY HISTORY command'), /^\*\d+\r\n(?:\*2\r\n:\d+\r\n:\d{3,}\r\n)+$/);
  t.regex(
    await client.ask('LATENCY GRAPH command'),
    /\r\ncommand - high \d+ ms, low \d+ ms \(all time high \d+ ms\)\n/,
  );
  while (live.server.spikes.series('event-loop') === undefined) await client.ask('PING');
  // From here on a machine that is held up itself adds nothing.
  t.is(await client.ask('CONFIG SET latency-monitor-threshold 3600000'), '+OK\r\n');
  t.regex(await client.ask('LATENCY DOCTOR'), /command: \d+ latency spikes[\s\S]*event-loop: \d+ latency spikes/);
  t.is(await client.ask('LATENCY RESET command nosuch event-loop'), ':2\r\n');
  await client.ask('LATENCY RESET');
  t.is(await client.ask('LATENCY LATEST'), '*0\r\n');
});
