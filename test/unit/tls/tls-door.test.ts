import net from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import anyTest, { type TestFn } from 'ava';
import { waitUntil } from '../../../scripts/processes/wait.js';
import { completeConfig } from '../../../server/config/config.js';
import { TlsDoor } from '../../../server/tls/tls-door.js';
import { readSetup } from '../../../server/tls/tls-setup.js';
import { type CertificateFiles, shown, TestAuthority } from '../../integration/certificates.js';
import { ManualTimers } from '../storage/manual-world.js';

const DEADLINE_MS = 120_000;
const LIMITS = { pendingMax: 3, timeLimitMs: 5_000 };

const test = anyTest as TestFn<{ authority: TestAuthority; files: CertificateFiles }>;

test.before(async (t) => {
  t.context.authority = await TestAuthority.make();
  t.context.files = await t.context.authority.issue('node');
});

test.after.always((t) => t.context.authority.close());

/** A door on a port of its own: who came through, and who did not and why. */
class Porch {
  readonly timers = new ManualTimers();
  readonly door = new TlsDoor(this.timers, LIMITS);
  readonly admitted: TLSSocket[] = [];
  /** The first bytes of those that were taken without TLS. */
  readonly plain: string[] = [];
  readonly reasons: string[] = [];
  readonly #server = net.createServer((socket) => this.door.take(socket));
  readonly #sockets: net.Socket[] = [];

  static async open(authority: TestAuthority, { cert, key }: CertificateFiles, takesPlain = false): Promise<Porch> {
    const porch = new Porch();
    const given = { tlsPort: 1, tlsCertFile: cert, tlsKeyFile: key, tlsCaCertFile: authority.ca };
    porch.door.use(readSetup(completeConfig(given)).clients);
    porch.door.leadTo({
      admit: (socket) => porch.admitted.push(socket),
      takesPlain: () => takesPlain,
      admitPlain: (socket) => void socket.once('data', (chunk: Buffer) => porch.plain.push(chunk.toString())),
      turnedAway: (_address, reason) => porch.reasons.push(reason),
    });
    await new Promise<void>((resolve) => {
      porch.#server.listen(0, '127.0.0.1', resolve);
    });
    return porch;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the porch has no port');
    return address.port;
  }

  /** Connects without TLS; the door has seen it. */
  async knock(bytes = ''): Promise<net.Socket> {
    const before = this.door.pending + this.reasons.length;
    const socket = net.connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined);
    this.#sockets.push(socket);
    await waitUntil(
      'the door has seen it',
      DEADLINE_MS,
      () => this.door.pending + this.reasons.length > before || 'no',
    );
    if (bytes !== '') socket.write(bytes);
    return socket;
  }

  close(): void {
    this.door.close();
    this.#server.close();
    for (const socket of [...this.#sockets, ...this.admitted]) socket.destroy();
  }
}

test('who says nothing is closed after a while, and keeps nobody else out', async (t) => {
  const { authority, files } = t.context;
  const porch = await Porch.open(authority, files);
  t.teardown(() => porch.close());
  for (let count = 0; count < 5; count++) await porch.knock();
  t.is(porch.door.pending, LIMITS.pendingMax);
  t.deepEqual(porch.reasons, ['too many handshakes at once', 'too many handshakes at once']);
  const client = connect({ host: '127.0.0.1', port: porch.port, ...shown(authority, files) });
  t.teardown(() => client.destroy());
  await waitUntil('a good client is through', DEADLINE_MS, () => porch.admitted.length === 1 || 'not yet');
  t.is(porch.door.admitted, 1);
  await porch.timers.advance(LIMITS.timeLimitMs);
  t.is(porch.door.pending, 0);
  t.deepEqual(porch.reasons.slice(3), ['no handshake within 5000 ms', 'no handshake within 5000 ms']);
  t.is(porch.door.refused, 5);
});

test('who stops in the middle of a handshake is closed after a while', async (t) => {
  const porch = await Porch.open(t.context.authority, t.context.files);
  t.teardown(() => porch.close());
  const socket = await porch.knock('\x16\x03\x01\x02\x00\x01');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  t.is(porch.door.pending, 1);
  await porch.timers.advance(LIMITS.timeLimitMs);
  await closed;
  t.deepEqual(porch.reasons, ['no handshake within 5000 ms']);
});

test('who speaks no TLS is told so by an alert; where such are taken, their first bytes are still there', async (t) => {
  const { authority, files } = t.context;
  const strict = await Porch.open(authority, files);
  t.teardown(() => strict.close());
  const refused = await strict.knock('PING\r\n');
  const answer = await new Promise<Buffer>((resolve) => refused.once('data', resolve));
  t.deepEqual([...answer], [21, 3, 3, 0, 2, 2, 70]);
  t.deepEqual(strict.reasons, ['it speaks no TLS']);

  const open = await Porch.open(authority, files, true);
  t.teardown(() => open.close());
  await open.knock('PING\r\n');
  await waitUntil('it is taken', DEADLINE_MS, () => open.plain.length === 1 || 'not yet');
  t.deepEqual(open.plain, ['PING\r\n']);
  t.is(open.door.refused, 0);
});

test('each refusal is told of the connection that it is about', async (t) => {
  const { authority, files } = t.context;
  const strange = await TestAuthority.make();
  t.teardown(() => strange.close());
  const stranger = { ...shown(strange, await strange.issue('stranger')), ca: shown(authority).ca };
  const porch = await Porch.open(authority, files);
  t.teardown(() => porch.close());
  for (const [options, reason] of [
    [stranger, /CA that is not trusted here/],
    [{ ca: stranger.ca }, /it shows no certificate/],
    [stranger, /CA that is not trusted here/],
  ] as const) {
    const before = porch.reasons.length;
    const client = connect({ host: '127.0.0.1', port: porch.port, ...options });
    client.on('error', () => undefined);
    t.teardown(() => client.destroy());
    await waitUntil('it is refused', DEADLINE_MS, () => porch.reasons.length > before || 'not yet');
    t.regex(porch.reasons.at(-1) ?? '', reason);
  }
  t.is(porch.admitted.length, 0);
  t.is(porch.door.pending, 0);
});
