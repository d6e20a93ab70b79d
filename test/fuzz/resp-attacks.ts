/** What clients do to the port for clients, from stray bytes to whole protocols that are not ours. */
import { pause } from '../../scripts/processes/wait.js';
import { requestOf } from '../commands/request.js';
import type { Prng } from '../simulation/prng.js';
import { type Attack, cut, overConnection, type Target } from './attack.js';
import { costlyAttacks } from './costly-attacks.js';
import { HostileConnection } from './hostile-connection.js';
import { damaged, oddCommand, oddRequest, wrongHeaders } from './hostile-requests.js';
import { hostileWord } from './hostile-words.js';

const PIPELINE = 10_000;
const WAITED_MS_MAX = 1_000;
/** Writes of one key go one after the other. */
const WRITES = 1_000;
const READS = ['PING', 'GET f1', 'nothing', 'ECHO x', 'SELECT 0'];
const PING = requestOf([Buffer.from('PING')]);
/** An unknown command: it gets one answer whoever asks, and whatever was asked before. */
const MARK = requestOf([Buffer.from('<mark>')]);

/** Sends bytes, cut anyhow, and gives the server a moment to find something in them. */
function pour(target: Target, prng: Prng, bytes: Buffer, piecesMax = 8): Promise<void> {
  return overConnection(target, prng, async (connection) => {
    for (const piece of cut(bytes, prng, piecesMax)) {
      await connection.send(piece);
      if (prng.chance(0.2)) await pause(prng.below(5));
    }
    await connection.send(Buffer.concat([Buffer.from('\r\n'), PING]));
    await connection.replies(1, 200);
  });
}

const randomBytes: Attack = {
  name: 'random bytes',
  weight: 4,
  run: (target, prng) => {
    const bytes = prng.bytes(prng.pick([1, 10, 100, 1000, 20_000]));
    const first = prng.pick(['', '*', '$', '*3\r\n', '*1\r\n$', '"', '\x16\x03\x01', '\0']);
    return pour(target, prng, Buffer.concat([Buffer.from(first, 'latin1'), bytes]));
  },
};

const damagedPipelines: Attack = {
  name: 'damaged pipelines',
  weight: 12,
  run: (target, prng) => {
    const requests = Array.from({ length: prng.between(1, 30) }, () => oddRequest(prng));
    return pour(target, prng, damaged(Buffer.concat(requests), oddRequest(prng), prng));
  },
};

const headers: Attack = {
  name: 'wrong headers',
  weight: 12,
  run: (target, prng) => {
    const requests = Array.from({ length: prng.between(1, 5) }, () => wrongHeaders(prng));
    return pour(target, prng, Buffer.concat(requests));
  },
};

/** Sound framing, odd arguments: there must be a reply for each, in replies that are well formed. */
const oddPipelines: Attack = {
  name: 'odd commands',
  weight: 16,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      const commands = Array.from({ length: prng.between(1, 60) }, () => oddCommand(prng)).filter(isAnswered);
      for (const piece of cut(Buffer.concat([...commands.map(requestOf), MARK]), prng, 5)) await connection.send(piece);
      const isWhole = await connection.replies(commands.length + 1);
      if (!isWhole && !connection.isClosed && connection.fault === undefined) {
        const { replies } = connection.scanner;
        const unanswered = commands[replies]?.map((word) => word.toString('latin1', 0, 40)).join(' ');
        target.fault(`${commands.length + 1} commands had ${replies} replies; none to: ${unanswered}`);
      }
    }),
};

/** Whether a connection has a reply for each request behind that one, and soon. `WAIT` waits as long as it is told, with 0 for good. */
function isAnswered(words: readonly Buffer[]): boolean {
  const [name = '', inner = '', third = ''] = words.map((word) => word.toString('latin1').toLowerCase());
  if (name === 'wait' && /^\d+$/.test(third)) return Number(third) > 0 && Number(third) <= WAITED_MS_MAX;
  return name !== 'quit' && !(name === 'client' && inner === 'reply') && name !== 'post' && name !== 'host:';
}

const mixed: Attack = {
  name: 'inline and multibulk mixed',
  weight: 4,
  run: (target, prng) => {
    const pieces = Array.from({ length: prng.between(2, 40) }, () => {
      const inline = Buffer.concat([hostileWord(prng), Buffer.from(' '), hostileWord(prng)]);
      return prng.pick([
        () => oddRequest(prng),
        () => Buffer.concat([inline, Buffer.from(prng.pick(['\r\n', '\n', '\r', '\r\n\r\n', '\0']))]),
        () => Buffer.concat([Buffer.from(`$${inline.length}\r\n`), inline, Buffer.from('\r\n')]),
        () =>
          Buffer.from(
            prng.pick(['*2\r\n*1\r\n$4\r\nPING\r\n', '*1\r\nPING\r\n', '*0\r\n*-1\r\n', '*1\r\n$4\r\nPING', '"a']),
          ),
      ])();
    });
    return pour(target, prng, Buffer.concat(pieces));
  },
};

const byteByByte: Attack = {
  name: 'a byte at a time',
  weight: 2,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      const bytes = Buffer.concat([oddRequest(prng).subarray(0, 300), PING]);
      for (let at = 0; at < bytes.length; at++) {
        await connection.send(bytes.subarray(at, at + 1));
        if (prng.chance(0.5)) await pause(1);
      }
    }),
};

const halfCommands: Attack = {
  name: 'half a command',
  weight: 4,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      const bytes = Buffer.concat([oddRequest(prng), oddRequest(prng)]);
      await connection.send(bytes.subarray(0, prng.below(bytes.length)));
      await pause(prng.below(300));
    }),
};

const longPipelines: Attack = {
  name: 'long pipelines',
  weight: 3,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      const isWriting = prng.chance(0.4);
      const count = isWriting ? WRITES : PIPELINE;
      const words = prng.pick(isWriting ? ['INCR counted', 'APPEND f2 x', 'SETBIT f3 9 1', 'DEL f4'] : READS);
      const request = requestOf(words.split(' ').map((word) => Buffer.from(word)));
      await connection.send(Buffer.concat(Array.from({ length: count }, () => request)));
      if (prng.chance(0.7)) {
        const isWhole = await connection.replies(count);
        const { replies } = connection.scanner;
        if (!isWhole) target.fault(`${count} times ${words} had ${replies} replies; closed: ${connection.isClosed}`);
      }
    }),
};

const resets: Attack = {
  name: 'opened and reset',
  weight: 3,
  run: async (target, prng) => {
    for (let left = prng.between(1, 60); left > 0; left--) {
      const connection = await HostileConnection.open(target.port);
      if (connection === undefined) continue;
      const bytes = Buffer.concat([oddRequest(prng), oddRequest(prng)]);
      const sent = connection.send(bytes.subarray(0, prng.below(bytes.length)));
      if (prng.chance(0.5)) await sent;
      connection.reset();
    }
  },
};

const otherProtocols: Attack = {
  name: 'HTTP, TLS and others',
  weight: 3,
  run: async (target, prng) => {
    const greetings = [
      'GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x\r\n\r\n',
      'POST / HTTP/1.1\r\nContent-Length: 30\r\n\r\n*1\r\n$4\r\nPING\r\n',
      'host: a\r\nSET f1 stolen\r\n',
      'SSH-2.0-OpenSSH_9.2\r\n',
      'EHLO example\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.concat('\x5a'.repeat(500)),
      '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\n\n\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x00\x00\x00\x17\xffSMBr',
      'CTWHEEL\n',
    ];
    await pour(target, prng, Buffer.from(prng.pick(greetings), 'latin1'), 3);
  },
};

const CREDENTIALS = [
  'AUTH wrong',
  'AUTH nobody wrong',
  'HELLO 3 AUTH default wrong',
  'HELLO 9',
  'HELLO 3',
  'HELLO 2',
  'HELLO x',
  'RESET',
];

const logins: Attack = {
  name: 'HELLO and AUTH floods',
  weight: 2,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      const requests = Array.from({ length: prng.between(1, 300) }, () =>
        requestOf(
          prng
            .pick(CREDENTIALS)
            .split(' ')
            .map((word) => Buffer.from(word)),
        ),
      );
      await connection.send(Buffer.concat(requests));
      await connection.replies(requests.length, prng.below(2000));
    }),
};

export const respAttacks: readonly Attack[] = [
  randomBytes,
  damagedPipelines,
  headers,
  oddPipelines,
  mixed,
  byteByByte,
  halfCommands,
  longPipelines,
  resets,
  otherProtocols,
  logins,
  ...costlyAttacks,
];
