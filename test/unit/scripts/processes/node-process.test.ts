import { join } from 'node:path';
import test from 'ava';
import { NODE_PROGRAM } from '../../../../scripts/processes/node-flags.js';
import { NodeProcess } from '../../../../scripts/processes/node-process.js';

test('the command to start a node by hand names files from the folder where it is typed', (t) => {
  const folder = join(NODE_PROGRAM, '..', '..', '..');
  const args = [
    '--dir',
    join(folder, 'data', '7001'),
    '--cluster-secret-file',
    '/etc/secret',
    '--peers',
    '127.0.0.1:7001',
  ];
  const node = new NodeProcess({ port: 7001, args, environment: {}, logPath: '/dev/null' });
  t.regex(
    node.commandLine(folder),
    /^node (?:--\S+ )*dist\/program\/main\.js --port 7001 --dir data\/7001 --cluster-secret-file \/etc\/secret --peers 127/,
  );
});
