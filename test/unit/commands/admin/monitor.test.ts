import test from 'ava';
import { LiveServer } from '../live-server.js';

const OUTPUT_BYTES_MAX = 1024 * 1024;

test('a monitor that does not read is closed at the bound of its output, and others go on', async (t) => {
  const live = await LiveServer.start({ clientOutputBufferLimit: OUTPUT_BYTES_MAX });
  t.teardown(() => live.stop());
  const [monitor, worker] = await Promise.all([live.connect(), live.connect()]);
  monitor.socket.write('MONITOR\r\n');
  await worker.ask('PING');
  while (!live.server.monitors.isOn) await worker.ask('PING');
  monitor.socket.pause();
  const text = 'x'.repeat(60_000);
  while (live.server.clients.totals.outputBufferCloses === 0) await worker.ask(`ECHO ${text}`);
  t.is(live.server.clients.count, 1);
  await worker.ask('PING');
  t.false(live.server.monitors.isOn);
});

test('a monitor that has gone is forgotten', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const [monitor, worker] = await Promise.all([live.connect(), live.connect()]);
  monitor.socket.write('MONITOR\r\n');
  while (!live.server.monitors.isOn) await worker.ask('PING');
  monitor.close();
  while (live.server.monitors.isOn) await worker.ask('PING');
  t.false(live.server.monitors.isOn);
});
