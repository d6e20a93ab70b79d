import test from 'ava';
import fc from 'fast-check';
import { ARGUMENTS_MAX, LINE_BYTES_MAX, type RequestLimits, RUN_REQUESTS_MAX } from '../../../server/resp/limits.js';
import { RequestReader } from '../../../server/resp/request-reader.js';

const LIMITS: RequestLimits = { bulkBytesMax: 512 * 1024 * 1024, queryBufferBytesMax: 64 * 1024 * 1024 };

/** What came out of a reader: requests as lists of latin1 strings, then what ended it, if anything did. */
interface Heard {
  readonly requests: string[][];
  readonly faults: string[];
}

function readerOf(limits: RequestLimits = LIMITS): { reader: RequestReader; heard: Heard } {
  const heard: Heard = { requests: [], faults: [] };
  const reader = new RequestReader(
    limits,
    (args) => heard.requests.push(args.map((arg) => arg.toString('latin1'))),
    (text) => heard.faults.push(text),
    () => heard.faults.push('query buffer full'),
  );
  return { reader, heard };
}

function read(chunks: readonly (string | Buffer)[], limits?: RequestLimits): Heard {
  const { reader, heard } = readerOf(limits);
  for (const chunk of chunks) reader.feed(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
  return heard;
}

function encode(args: readonly Uint8Array[]): Buffer {
  const parts = args.flatMap((arg) => [Buffer.from(`$${arg.length}\r\n`), arg, Buffer.from('\r\n')]);
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...parts]);
}

/** Streams and the requests in them. */
const VECTORS: readonly [name: string, stream: string, requests: readonly (readonly string[])[]][] = [
  ['one command', '*1\r\n$4\r\nPING\r\n', [['PING']]],
  ['an empty argument', '*2\r\n$4\r\nECHO\r\n$0\r\n\r\n', [['ECHO', '']]],
  ['ends of line inside an argument', '*2\r\n$4\r\nECHO\r\n$6\r\n\r\n*1\r\n\r\n', [['ECHO', '\r\n*1\r\n']]],
  ['every byte', `*1\r\n$256\r\n${bytes256()}\r\n`, [[bytes256()]]],
  ['a pipeline', '*1\r\n$1\r\na\r\n*2\r\n$1\r\nb\r\n$2\r\ncc\r\n*1\r\n$1\r\nd\r\n', [['a'], ['b', 'cc'], ['d']]],
  ['requests for nothing', '*0\r\n*1\r\n$1\r\na\r\n*-1\r\n*-10\r\n*1\r\n$1\r\nb\r\n', [['a'], ['b']]],
  ['inline commands', 'PING\r\nSET a "b c"\n', [['PING'], ['SET', 'a', 'b c']]],
  ['empty lines', '\r\n\n  \r\nPING\n\r\n', [['PING']]],
  ['inline and arrays mixed', 'a\r\n*1\r\n$1\r\nb\r\nc\n*1\r\n$1\r\nd\r\n', [['a'], ['b'], ['c'], ['d']]],
  ['ends of line that nobody looks at', '*1\rx$4\rxPINGxx*1\r\n$1\r\na\r\n', [['PING'], ['a']]],
  ['a NUL in an inline command', 'a\0b c\r\n', [['a\0b', 'c']]],
];

/** Streams that end in what redis-server 7.0.15 answers with this error before it closes. */
const FAULTS: readonly [stream: string, requests: number, text: string][] = [
  ['*1\r\nxPING\r\n', 0, "Protocol error: expected '$', got 'x'"],
  ['*1\r\n\r\n', 0, "Protocol error: expected '$', got '\r'"],
  ['*1\r\n\n\r\n', 0, "Protocol error: expected '$', got '\n'"],
  ['*1\r\n\xff\r\n', 0, "Protocol error: expected '$', got '\xff'"],
  ['*3\r\n$4\r\nPING\r\n:3\r\n', 0, "Protocol error: expected '$', got ':'"],
  ['*1\r\n$4\r\nPING\r\n*1\r\n*\r\n', 1, "Protocol error: expected '$', got '*'"],
  ...['a', '', '-', '-0', '00', '01', '+1', '1 ', '2147483648', '99999999999999999999', '-9223372036854775809']
    .map((count) => [`*${count}\r\n`, 0, 'Protocol error: invalid multibulk length'] as const)
    .map(([a, b, c]): [string, number, string] => [a, b, c]),
  ...['-1', '536870913', '', '01', '4 ', '+4', '4xx', '99999999999999999999'].map(
    (length): [string, number, string] => [`PING\r\n*1\r\n$${length}\r\n`, 1, 'Protocol error: invalid bulk length'],
  ),
  ['PING\r\nPING "a\r\n', 1, 'Protocol error: unbalanced quotes in request'],
  ["PING 'a'b\r\n", 0, 'Protocol error: unbalanced quotes in request'],
  ['a'.repeat(LINE_BYTES_MAX + 1), 0, 'Protocol error: too big inline request'],
  [`*${'1'.repeat(LINE_BYTES_MAX)}`, 0, 'Protocol error: too big mbulk count string'],
  [`*1\r\n$${'1'.repeat(LINE_BYTES_MAX)}`, 0, 'Protocol error: too big bulk count string'],
  [`*1\r\nx${'1'.repeat(LINE_BYTES_MAX)}`, 0, 'Protocol error: too big bulk count string'],
];

/** Streams that redis-server waits to hear more of. */
const UNFINISHED = [
  'a'.repeat(LINE_BYTES_MAX),
  `*${'1'.repeat(LINE_BYTES_MAX - 1)}`,
  `*${ARGUMENTS_MAX}\r\n`,
  '*1\r\n$536870912\r\n',
  '*1\r',
  '*a',
  '*1\r\nx',
];

function bytes256(): string {
  return Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('latin1');
}

test('requests come out as they were sent: whole, byte by byte, and cut at every point', (t) => {
  for (const [name, stream, requests] of VECTORS) {
    const expected = { requests: requests.map((request) => request.slice()), faults: [] };
    t.deepEqual(read([stream]), expected, name);
    t.deepEqual(read(Array.from(stream)), expected, `${name}, byte by byte`);
    for (let cut = 1; cut < stream.length; cut++) {
      t.deepEqual(read([stream.slice(0, cut), stream.slice(cut)]), expected, `${name}, cut at ${cut}`);
    }
  }
});

test('broken requests are refused in the words of Redis, after the sound ones before them', (t) => {
  for (const [stream, requests, text] of FAULTS) {
    const label = JSON.stringify(stream.slice(0, 40));
    const pieces =
      stream.length < 1000 ? [Array.from(stream), [stream]] : [[stream], [stream.slice(0, 9), stream.slice(9)]];
    for (const chunks of pieces) {
      const heard = read([...chunks, '*1\r\n$4\r\nPING\r\n']);
      t.is(heard.requests.length, requests, label);
      t.deepEqual(heard.faults, [text], label);
    }
  }
});

test('what is not yet broken is waited for', (t) => {
  for (const stream of UNFINISHED) t.deepEqual(read([stream]), { requests: [], faults: [] }, stream.slice(0, 40));
});

test('the limits that the reader was given hold', (t) => {
  const limits = { bulkBytesMax: 8, queryBufferBytesMax: 100 };
  t.deepEqual(read(['*1\r\n$8\r\n12345678\r\n'], limits).requests, [['12345678']]);
  t.deepEqual(read(['*1\r\n$9\r\n'], limits).faults, ['Protocol error: invalid bulk length']);
  t.deepEqual(read([`*${ARGUMENTS_MAX + 1}\r\n`]).faults, ['Protocol error: invalid multibulk length']);
  const many = '$8\r\n12345678\r\n';
  t.deepEqual(read(['*90\r\n', many.repeat(6)], limits).faults, []);
  t.deepEqual(read(['*90\r\n', many.repeat(6), many], limits).faults, ['query buffer full']);
  t.deepEqual(read(['x'.repeat(101), '\n'], limits).faults, ['query buffer full']);
});

test('a stream of requests comes out the same however it is cut', (t) => {
  const request = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 5 });
  const cuts = fc.array(fc.nat(), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 60 }), cuts, (requests, points) => {
      const stream = Buffer.concat(requests.map(encode));
      const expected = requests.map((args) => args.map((arg) => Buffer.from(arg).toString('latin1')));
      t.deepEqual(read(cutAt(stream, points)), { requests: expected, faults: [] });
    }),
  );
});

test('random bytes never throw, and mean the same however they are cut', (t) => {
  const likely = fc.constantFrom(
    '*',
    '$',
    '1',
    '2',
    '0',
    '-',
    '\r\n',
    '\r\n',
    '\n',
    'PING',
    '"',
    "'",
    '*1\r\n$1\r\na\r\n',
  );
  const unlikely = fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const stream = fc.array(fc.oneof({ weight: 5, arbitrary: likely }, unlikely), { maxLength: 60 });
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 10 }), (parts, points) => {
      const bytes = Buffer.from(parts.join(''), 'latin1');
      t.deepEqual(read(cutAt(bytes, points)), read([bytes]));
    }),
    { numRuns: 1000 },
  );
});

function cutAt(stream: Buffer, points: readonly number[]): Buffer[] {
  const offsets = points.map((point) => point % (stream.length + 1)).sort((a, b) => a - b);
  return [0, ...offsets].map((start, i) => stream.subarray(start, offsets[i] ?? stream.length));
}

test('a huge announced argument allocates nothing until its bytes come', (t) => {
  const { reader } = readerOf();
  const before = process.memoryUsage();
  reader.feed(Buffer.from(`*${ARGUMENTS_MAX}\r\n$536870912\r\nabc`));
  const after = process.memoryUsage();
  t.true(after.external + after.heapUsed - before.external - before.heapUsed < 1024 * 1024);
  t.true(reader.bufferedBytes < 100);
});

test('an argument whose bytes are not needed is not kept, and the requests around it are what they are', (t) => {
  const bytes = 1024 * 1024;
  const value = Buffer.alloc(bytes, 'v');
  const set = [Buffer.from('SET'), Buffer.from('k'), value, Buffer.from('NX')];
  const mset = [Buffer.from('MSET'), Buffer.from('k'), value, Buffer.from('l'), Buffer.from('small')];
  const echo = [Buffer.from('ECHO'), value];
  const ping = [Buffer.from('PING')];
  const stream = Buffer.concat([ping, set, ping, mset, echo, set, ping].map(encode));
  const zeros = Buffer.alloc(bytes);
  const asked = new Set<string>();
  for (const pieceBytes of [65_536, 1_000, 1]) {
    const requests: Buffer[][] = [];
    const reader = new RequestReader(
      LIMITS,
      (args) => requests.push(args),
      t.fail,
      t.fail,
      undefined,
      undefined,
      (name, index, length) => {
        asked.add(`${name.toString()} ${index} ${length}`);
        return name.toString() === 'ECHO' ? undefined : zeros.subarray(0, length);
      },
    );
    let mostBytes = 0;
    let isOfEcho = false;
    for (let at = 0; at < stream.length; at += pieceBytes) {
      reader.feed(stream.subarray(at, at + pieceBytes));
      isOfEcho = requests.length === 4;
      if (!isOfEcho && pieceBytes > 1) mostBytes = Math.max(mostBytes, reader.bufferedBytes);
    }
    const lengths = requests.map((args) => args.map((arg) => arg.length));
    t.deepEqual(lengths, [[4], [3, 1, bytes, 2], [4], [4, 1, bytes, 1, 5], [4, bytes], [3, 1, bytes, 2], [4]]);
    t.is(requests[1]?.[3]?.toString(), 'NX');
    t.is(requests[3]?.[4]?.toString(), 'small');
    t.true(requests[4]?.[1]?.equals(value));
    // Where a header came in two pieces its argument is kept.
    t.true(mostBytes < 200_000 || pieceBytes === 1, `${mostBytes} bytes`);
  }
  t.deepEqual([...asked].sort(), [`ECHO 1 ${bytes}`, `MSET 2 ${bytes}`, `SET 2 ${bytes}`]);
});

test('what is not kept of a request counts for how long it may be', (t) => {
  const faults: string[] = [];
  const reader = new RequestReader(
    { ...LIMITS, queryBufferBytesMax: 1024 * 1024 },
    () => t.fail(),
    t.fail,
    () => faults.push('query buffer full'),
    undefined,
    undefined,
    (_name, _index, bytes) => Buffer.alloc(bytes),
  );
  reader.feed(Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2097152\r\n'));
  const piece = Buffer.alloc(64 * 1024, 'v');
  for (let i = 0; i < 15; i++) reader.feed(piece);
  t.deepEqual(faults, []);
  t.true(reader.bufferedBytes < 100);
  reader.feed(piece);
  t.deepEqual(faults, ['query buffer full']);
});

test('a request that trickles in a byte at a time costs time and memory in proportion to its bytes', (t) => {
  const { reader, heard } = readerOf();
  const value = Buffer.alloc(1024 * 1024, 'v');
  const stream = encode([Buffer.from('SET'), Buffer.from('k'), value]);
  const before = process.memoryUsage().arrayBuffers;
  let mostBytes = 0;
  for (let i = 0; i < stream.length; i++) {
    reader.feed(stream.subarray(i, i + 1));
    if (i % 100_000 === 0) mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
  }
  t.deepEqual(
    heard.requests[0]?.map((arg) => arg.length),
    [3, 1, value.length],
  );
  t.true(mostBytes < 4 * value.length, `${mostBytes} bytes`);
});

test('small pieces between large ones do not keep large blocks alive', (t) => {
  const { reader } = readerOf();
  const before = process.memoryUsage().arrayBuffers;
  reader.feed(Buffer.from('*1\r\n$400000000\r\n'));
  for (let i = 0; i < 400; i++) {
    reader.feed(Buffer.allocUnsafeSlow(4096));
    reader.feed(Buffer.allocUnsafeSlow(1));
  }
  t.true(process.memoryUsage().arrayBuffers - before < 3 * 400 * 4097);
});

test('a reader that holds keeps the rest, and goes on where it stopped', (t) => {
  const requests: string[] = [];
  const reader: RequestReader = new RequestReader(
    LIMITS,
    (args) => {
      requests.push(String(args[0]));
      reader.hold();
    },
    t.fail,
    t.fail,
  );
  const sent = Array.from({ length: 1000 }, (_, i) => `${i}`);
  const stream = Buffer.concat(
    sent.map((word, i) => (i % 3 === 0 ? Buffer.from(`${word}\n`) : encode([Buffer.from(word)]))),
  );
  for (const chunk of cutAt(stream, [1000, 3000, 3001, 7000])) reader.feed(chunk);
  for (let rounds = 0; reader.holding; rounds++) {
    t.true(rounds < 1000);
    const before = requests.length;
    reader.release();
    t.true(requests.length - before <= RUN_REQUESTS_MAX + 1);
  }
  t.deepEqual(requests, sent);
  t.is(reader.bufferedBytes, 0);
});

test('a reader that was stopped says nothing more, even within a run of requests', (t) => {
  const requests: string[] = [];
  const reader: RequestReader = new RequestReader(
    LIMITS,
    (args) => {
      requests.push(String(args[0]));
      if (requests.length === 2) reader.stop();
    },
    t.fail,
    t.fail,
  );
  reader.feed(Buffer.from('*1\r\n$1\r\na\r\n'.repeat(5)));
  reader.feed(Buffer.from('*1\r\n$1\r\na\r\n*x\r\n'));
  t.is(requests.length, 2);
});

test('a request of many arguments is parsed a bit at a time, and what is behind it waits', (t) => {
  const args = Array.from({ length: 5000 }, (_, at) =>
    Buffer.from(at % 7 === 0 ? '' : `${'x'.repeat(at % 30)}\r\n${at}`),
  );
  const heard: string[][] = [];
  let work: Iterator<void> | undefined;
  const reader: RequestReader = new RequestReader(
    LIMITS,
    (parsed) => heard.push(parsed.map(String)),
    () => t.fail(),
    () => t.fail(),
    () => false,
    (count, begun) => {
      t.is(count, args.length);
      work = begun;
      reader.hold();
    },
  );
  const stream = Buffer.concat([encode([Buffer.from('first')]), encode(args), encode([Buffer.from('behind')])]);
  for (let at = 0; at < stream.length; at += 1000) reader.feed(stream.subarray(at, at + 1000));
  t.deepEqual(heard, [['first']]);
  t.true(reader.isParsing);
  let bits = 1;
  for (; work?.next().done !== true; bits++) t.is(heard.length, 1);
  t.true(bits > 10);
  t.false(reader.isParsing);
  t.deepEqual(heard.at(-1), args.map(String));
  reader.release();
  t.deepEqual(heard.at(-1), ['behind']);
});

test('many arguments come out as they went in, however the stream is cut', (t) => {
  const args = fc.array(fc.uint8Array({ maxLength: 8 }), { minLength: 1025, maxLength: 1100, size: 'max' });
  const property = fc.property(args, fc.integer({ min: 1, max: 5000 }), (words, bytes) => {
    const stream = Buffer.concat([encode(words), encode(words.slice(0, 3))]);
    const chunks = [];
    for (let at = 0; at < stream.length; at += bytes) chunks.push(stream.subarray(at, at + bytes));
    const latin1 = words.map((word) => Buffer.from(word).toString('latin1'));
    t.deepEqual(read(chunks), { requests: [latin1, latin1.slice(0, 3)], faults: [] });
  });
  fc.assert(property, { numRuns: 30 });
});
