/** Clients that would have a node spend memory or time: large requests, large replies, and commands that cost much. */
import { pause } from '../../scripts/processes/wait.js';
import { requestOf } from '../commands/request.js';
import type { Prng } from '../simulation/prng.js';
import { type Attack, overConnection } from './attack.js';
import { hostileGlob, hostileKey, hostileNumber } from './hostile-words.js';

const MIB = 1024 * 1024;
const MANY = 1024 * 1024;
const LARGE_KEY = 'large';
const STEP_BYTES = 256 * 1024;

function words(line: string): Buffer[] {
  return line.split(' ').map((word) => Buffer.from(word));
}

const longLines: Attack = {
  name: 'inline lines of 1 MiB',
  weight: 1,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      const letter = prng.pick(['a', ' ', '"', '\0', 'a ', "' ", '\\x']);
      const bytes = prng.pick([65_535, 65_536, 65_537, MIB]);
      await connection.send(Buffer.alloc(bytes, letter));
      await connection.send(Buffer.from(prng.pick(['', '\n', '\r\n'])));
      if (bytes > 65_536 && !(await connection.closed())) target.fault(`a line of ${bytes} bytes was taken`);
    }),
};

const NAMES = [
  'MGET',
  'DEL',
  'EXISTS',
  'nothing',
  'ECHO',
  'COMMAND INFO',
  'COMMAND DOCS',
  'CONFIG GET',
  'MSET',
  'BITFIELD f1',
];

const manyArguments: Attack = {
  name: 'arrays of a million elements',
  weight: 1,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      const first = words(prng.pick(NAMES));
      const word = prng.pick(['', 'a', 'get', LARGE_KEY, '*', 'f1']);
      const count = prng.pick([MANY, MANY, MANY + 1, 100_000]);
      const element = Buffer.from(`$${word.length}\r\n${word}\r\n`);
      const head = Buffer.concat([Buffer.from(`*${count}\r\n`), requestOf(first).subarray(4)]);
      await connection.send(head);
      const step = Buffer.concat(Array.from({ length: 10_000 }, () => element));
      for (let left = count - first.length; left > 0 && !connection.isClosed; left -= 10_000) {
        await connection.send(left >= 10_000 ? step : step.subarray(0, left * element.length));
      }
      await connection.replies(1, 20_000);
    }),
};

const unsentBulks: Attack = {
  name: 'bulks announced and not sent',
  weight: 3,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      const announced = prng.pick([1, 1000, MIB, 16 * MIB, 63 * MIB, 64 * MIB, 512 * MIB]);
      await connection.send(Buffer.from(`*3\r\n$3\r\nSET\r\n$2\r\nf1\r\n$${announced}\r\n`));
      const sent = prng.pick([0, 1, MIB, 8 * MIB, 70 * MIB]);
      const step = Buffer.alloc(STEP_BYTES, 'x');
      for (let left = Math.min(sent, announced - 1); left > 0 && !connection.isClosed; left -= STEP_BYTES) {
        await connection.send(step.subarray(0, left));
      }
      await pause(prng.below(500));
    }),
};

const HUGE_ASKED = [
  'GET large',
  'ECHO',
  'COMMAND DOCS',
  'COMMAND',
  'INFO everything',
  'GETRANGE large 0 -1',
  'SCAN 0 COUNT 100000',
  'KEYS *',
];

const slowReaders: Attack = {
  name: 'large replies that are not read',
  weight: 3,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      await connection.send(
        requestOf([Buffer.from('SET'), Buffer.from(LARGE_KEY), Buffer.alloc(prng.below(MIB), 'y')]),
      );
      connection.stopReading();
      const asked = words(prng.pick(HUGE_ASKED));
      if (asked[0]?.toString() === 'ECHO') asked.push(Buffer.alloc(prng.below(MIB), 'z'));
      const request = requestOf(asked);
      for (let left = prng.between(1, 200); left > 0 && !connection.isClosed; left--) await connection.send(request);
      await pause(prng.below(1500));
    }),
};

/** Requests of which each one may cost more than it should. */
function costlyCommand(prng: Prng): Buffer[] {
  const key = hostileKey(prng);
  const number = (): Buffer => hostileNumber(prng);
  switch (prng.below(13)) {
    case 0:
      return [Buffer.from('KEYS'), hostileGlob(prng)];
    case 1:
      return [...words('SCAN 0 COUNT'), number(), Buffer.from('MATCH'), hostileGlob(prng)];
    case 2:
      return [Buffer.from('SCAN'), Buffer.alloc(prng.pick([20, 21, 5000, MIB]), '9')];
    case 3:
      return [Buffer.from('SETRANGE'), key, number(), Buffer.from('x')];
    case 4:
      return [Buffer.from('SETBIT'), key, number(), Buffer.from('1')];
    case 5: {
      const steps = Array.from({ length: prng.pick([10, 5000, 50_000]) }, () => words('INCRBY u63 #7 1')).flat();
      return [Buffer.from('BITFIELD'), key, ...steps];
    }
    case 6:
      return [Buffer.from('INCRBYFLOAT'), key, prng.chance(0.5) ? number() : Buffer.alloc(prng.pick([5000, MIB]), '7')];
    case 7:
      return [Buffer.from('MGET'), ...Array.from({ length: prng.pick([10, 3000]) }, () => Buffer.from(LARGE_KEY))];
    case 8:
      return [...words('CONFIG GET'), ...Array.from({ length: prng.pick([3, 3000]) }, () => hostileGlob(prng))];
    case 9:
      return [
        ...words('LCS'),
        Buffer.from(prng.chance(0.5) ? LARGE_KEY : key),
        Buffer.from(LARGE_KEY),
        Buffer.from('IDX'),
      ];
    case 10:
      return [Buffer.from('SET'), Buffer.alloc(prng.pick([60_000, 65_536, 65_537, MIB]), 'a'), Buffer.from('v')];
    case 11:
      return [...words('CLIENT SETNAME'), Buffer.alloc(prng.pick([100, 70_000, 4 * MIB]), 'n')];
    default:
      return [...words('BITOP NOT'), key, Buffer.from(LARGE_KEY)];
  }
}

const costlyCommands: Attack = {
  name: 'costly commands',
  weight: 5,
  run: (target, prng) =>
    overConnection(target, prng, async (connection) => {
      const requests = Array.from({ length: prng.between(1, 6) }, () => requestOf(costlyCommand(prng)));
      await connection.send(Buffer.concat(requests));
      if (prng.chance(0.8)) await connection.replies(requests.length);
    }),
};

export const costlyAttacks: readonly Attack[] = [longLines, manyArguments, unsentBulks, slowReaders, costlyCommands];
