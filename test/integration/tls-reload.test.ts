/** Certificates change under a node that runs; what is wrong with them is told before it starts. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ask, infoField } from '../../scripts/processes/ask.js';
import { NODE_PROGRAM } from '../../scripts/processes/node-flags.js';
import { freePorts } from '../../scripts/processes/ports.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { replaceFiles, shown, TestAuthority, tlsArgs } from './certificates.js';
import { logLines } from './log-lines.js';
import { runProgram, TestCluster, temporaryFolder } from './processes.js';
import { outcome, TlsClient } from './tls-client.js';

const NOTICED_MS = 120_000;

test.serial(
  'new connections get the certificate that took the place of the old one, and old connections live on',
  async (t) => {
    const authority = await TestAuthority.make();
    t.teardown(() => authority.close());
    const node = await authority.issue('node');
    const second = await authority.issue('second');
    const third = await authority.issue('third', { days: 400 });
    const options = shown(authority, await authority.issue('client'));
    const [tlsPort = 0] = await freePorts(1);
    const cluster = await TestCluster.start({ nodeCount: 1, args: tlsArgs(tlsPort, authority, node) });
    t.teardown(() => cluster.close());
    const [port = 0] = cluster.ports;
    const certificateNow = async (): Promise<string> => {
      const client = await TlsClient.open(tlsPort, options);
      const { fingerprint } = client;
      client.close();
      return fingerprint;
    };
    const early = await TlsClient.open(tlsPort, options);
    t.teardown(() => early.close());
    const first = early.fingerprint;

    // By the files themselves.
    replaceFiles(second, node);
    await waitUntil('the new files count', NOTICED_MS, async () => (await certificateNow()) !== first || 'not yet');
    t.is(await early.ping(), '+PONG');
    const next = await certificateNow();

    // A broken file changes nothing, and the log says so.
    writeFileSync(node.cert, 'no certificate');
    const reason = `can't use tls-cert-file '${node.cert}': it holds no certificate`;
    const complaint = () =>
      logLines(cluster.node(0).start.logPath).find((line) => String(line.reason).startsWith(reason));
    await waitUntil('the broken file is noticed', NOTICED_MS, () => complaint() !== undefined || 'not yet');
    t.is(complaint()?.level, 50);
    t.true(Number(await infoField(port, 'tls', 'tls_reloads_failed')) > 0);
    t.is(await certificateNow(), next);

    // By CONFIG SET: the certificate and its key together; a bad pair is refused in Redis's words.
    await t.throwsAsync(ask(port, 'CONFIG', 'SET', 'tls-cert-file', third.cert), {
      message:
        /^ERR CONFIG SET failed \(possibly related to argument 'tls-cert-file'\) - Unable to update TLS configuration\. Check server logs\.$/,
    });
    t.is(await certificateNow(), next);
    t.is(await ask(port, 'CONFIG', 'SET', 'tls-cert-file', third.cert, 'tls-key-file', third.key), 'OK');
    t.not(await certificateNow(), next);
    t.is(await infoField(port, 'tls', 'tls_certificate_days_left'), '399');

    // By a signal, which the process survives.
    const reloads = Number(await infoField(port, 'tls', 'tls_reloads'));
    cluster.node(0).signal('SIGHUP');
    await waitUntil(
      'the signal is followed',
      NOTICED_MS,
      async () => Number(await infoField(port, 'tls', 'tls_reloads')) > reloads || 'not yet',
    );
    t.is(await early.ping(), '+PONG');
  },
);

test.serial('what is wrong with TLS is told at the start, by option and file, with exit code 1', async (t) => {
  const authority = await TestAuthority.make();
  t.teardown(() => authority.close());
  const node = await authority.issue('node');
  const other = await authority.issue('other');
  const locked = await authority.issue('locked', { passphrase: 'not told' });
  const dir = temporaryFolder();
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const [tlsPort = 0] = await freePorts(1);
  const start = (...args: readonly string[]) =>
    runProgram('node', [NODE_PROGRAM, '--port', '0', '--tls-port', tlsPort, '--dir', join(dir, 'data'), ...args]);
  const good = ['--tls-cert-file', node.cert, '--tls-key-file', node.key, '--tls-ca-cert-file', authority.ca];
  const missing = join(dir, 'missing.pem');
  const cases: readonly (readonly [string[], string])[] = [
    [[], "option 'tls-cert-file' must be given for TLS"],
    [[...good, '--tls-cert-file', missing], `can't read tls-cert-file '${missing}': there is no such file`],
    [[...good, '--tls-key-file', missing], `can't read tls-key-file '${missing}': there is no such file`],
    [
      [...good, '--tls-key-file', other.key],
      `can't use tls-key-file '${other.key}': it is not the key of tls-cert-file`,
    ],
    [[...good, '--tls-key-file', node.cert], `can't use tls-key-file '${node.cert}': it holds no private key in PEM`],
    [
      [...good, '--tls-cert-file', locked.cert, '--tls-key-file', locked.key],
      `can't use tls-key-file '${locked.key}': it has a passphrase: give it as tls-key-file-pass`,
    ],
    [
      [...good, '--tls-cert-file', locked.cert, '--tls-key-file', locked.key, '--tls-key-file-pass', 'wrong'],
      `can't use tls-key-file '${locked.key}': the passphrase of tls-key-file-pass does not fit`,
    ],
    [[...good.slice(0, 4)], "option 'tls-ca-cert-file' or 'tls-ca-cert-dir' must be given"],
    [
      [...good.slice(0, 4), '--tls-ca-cert-dir', dir],
      `can't read tls-ca-cert-dir '${dir}': no file in it holds a certificate`,
    ],
    [[...good, '--tls-protocols', 'SSLv3'], "bad value 'SSLv3' for option 'tls-protocols'"],
  ];
  for (const [args, message] of cases) {
    const { code, errorOutput } = await start(...args);
    t.is(code, 1, message);
    t.true(errorOutput.startsWith(`cartwheel: ${message}`), errorOutput);
  }
});

test.serial('a node without a plaintext port serves clients over TLS only, with a folder of authorities', async (t) => {
  const authority = await TestAuthority.make();
  t.teardown(() => authority.close());
  const { cert, key } = await authority.issue('node');
  const options = shown(authority, await authority.issue('client'));
  const [tlsPort = 0] = await freePorts(1);
  const dir = temporaryFolder();
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-dir', authority.folder];
  const node = runProgram('node', [NODE_PROGRAM, '--port', 0, '--tls-port', tlsPort, '--dir', dir, ...files]);
  await waitUntil('it serves', NOTICED_MS, async () => {
    const reply = await outcome(tlsPort, options);
    return reply === '+PONG' || reply;
  });
  await t.throwsAsync(ask(tlsPort, 'PING'));
  const client = await TlsClient.open(tlsPort, options);
  client.send('SHUTDOWN');
  const { code, output } = await node;
  t.is(code, 0);
  t.regex(output, new RegExp(`"tlsPort":${tlsPort},"node":"[0-9a-f]{40}","msg":"ready to accept connections"`));
});
