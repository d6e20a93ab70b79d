import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { freePorts, freePortsInRow, portFault } from '../../../../scripts/processes/ports.js';

/** Binds the UDP port on 127.0.0.1 and says how that went. */
const BINDS = `
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('error', (error) => { console.log(error.code); process.exit(); });
  socket.bind({ port: Number(process.argv[1]), address: '127.0.0.1', exclusive: true }, () => { console.log('bound'); process.exit(); });
`;

async function boundElsewhere(port: number): Promise<string> {
  const child = spawn(process.execPath, ['-e', BINDS, `${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return said.trim();
}

test('ports are free, differ, and are given to nobody else while this process runs', async (t) => {
  const ports = [...(await freePorts(20)), ...(await freePorts(20))];
  t.is(new Set(ports).size, 40);
  for (const port of ports) t.is(await portFault(port), undefined, `${port}`);
  t.is(await boundElsewhere(ports[0] ?? 0), 'EADDRINUSE');
});

test('ports in a row are free, and are given to nobody else either', async (t) => {
  const first = await freePortsInRow(3, 10_000);
  for (const port of [first, first + 1, first + 2].flatMap((each) => [each, each + 10_000])) {
    t.is(await portFault(port), undefined, `${port}`);
  }
  for (const port of [first + 2, first + 10_000]) t.is(await boundElsewhere(port), 'EADDRINUSE', `${port}`);
});
