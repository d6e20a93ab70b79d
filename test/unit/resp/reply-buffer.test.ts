import test from 'ava';
import fc from 'fast-check';
import { BufferPool } from '../../../server/resp/buffer-pool.js';
import {
  REPLY_BYTES_INITIAL,
  REPLY_BYTES_KEPT,
  REPLY_BYTES_UNMOVED,
  REPLY_CHUNK_BYTES,
  REPLY_CHUNKS_KEPT,
} from '../../../server/resp/limits.js';
import { ReplyBuffer, type RespVersion } from '../../../server/resp/reply-buffer.js';

type Write = (out: ReplyBuffer) => void;

function text(write: Write, resp: RespVersion = 2): string {
  const out = new ReplyBuffer(new BufferPool());
  out.resp = resp;
  write(out);
  return taken(out).toString('latin1');
}

/** All that it holds, as a socket takes it; it is empty then. */
function taken(out: ReplyBuffer): Buffer {
  const lots: Buffer[] = [];
  while (out.length > 0) {
    lots.push(out.first());
    out.dropFirst();
  }
  return Buffer.concat(lots);
}

/** What is written, and its bytes in RESP2 and (where they differ) in RESP3. */
const REPLIES: readonly [write: Write, resp2: string, resp3?: string][] = [
  [(out) => out.ok(), '+OK\r\n'],
  [(out) => out.simple('PONG'), '+PONG\r\n'],
  [(out) => out.error('ERR syntax error'), '-ERR syntax error\r\n'],
  [(out) => out.error('ERR a\r\nb\nc\r\n\n'), '-ERR a  b c\r\n'],
  [(out) => out.error("ERR got '\xff'", 'latin1'), "-ERR got '\xff'\r\n"],
  [(out) => out.error('ERR ü'), '-ERR \xc3\xbc\r\n'],
  [(out) => out.integer(0), ':0\r\n'],
  [(out) => out.integer(-1), ':-1\r\n'],
  [(out) => out.integer(2147483648), ':2147483648\r\n'],
  [(out) => out.integer(-9223372036854775808n), ':-9223372036854775808\r\n'],
  [(out) => out.bulk(Buffer.from('a\r\nb')), '$4\r\na\r\nb\r\n'],
  [(out) => out.bulk(new Uint8Array(0)), '$0\r\n\r\n'],
  [(out) => out.bulkSlice(Buffer.from('abcdef'), 2, 4), '$2\r\ncd\r\n'],
  [(out) => out.bulkText('äö'), '$4\r\n\xc3\xa4\xc3\xb6\r\n'],
  [(out) => out.nullBulk(), '$-1\r\n', '_\r\n'],
  [(out) => out.nullArray(), '*-1\r\n', '_\r\n'],
  [(out) => out.array(12), '*12\r\n'],
  [(out) => out.map(3), '*6\r\n', '%3\r\n'],
  [(out) => out.set(3), '*3\r\n', '~3\r\n'],
  [(out) => out.push(3), '*3\r\n', '>3\r\n'],
  [(out) => out.double(1.5), '$3\r\n1.5\r\n', ',1.5\r\n'],
  [(out) => out.double(-0), '$2\r\n-0\r\n', ',-0\r\n'],
  [(out) => out.double(Number.POSITIVE_INFINITY), '$3\r\ninf\r\n', ',inf\r\n'],
  [(out) => out.double(Number.NEGATIVE_INFINITY), '$4\r\n-inf\r\n', ',-inf\r\n'],
  [(out) => out.double(Number.NaN), '$3\r\nnan\r\n', ',nan\r\n'],
  [(out) => out.boolean(true), ':1\r\n', '#t\r\n'],
  [(out) => out.boolean(false), ':0\r\n', '#f\r\n'],
  [(out) => out.verbatim('txt', 'hällo'), '$6\r\nh\xc3\xa4llo\r\n', '=10\r\ntxt:h\xc3\xa4llo\r\n'],
  [(out) => out.bigNumber(2n ** 70n), '$22\r\n1180591620717411303424\r\n', '(1180591620717411303424\r\n'],
];

test('every reply has its bytes, in RESP2 and in RESP3', (t) => {
  for (const [write, resp2, resp3] of REPLIES) {
    t.is(text(write), resp2);
    t.is(text(write, 3), resp3 ?? resp2);
  }
});

test('replies stand one behind the other, however many and however long they are', (t) => {
  const pool = new BufferPool();
  const reply = fc.oneof(
    fc.nat({ max: REPLIES.length - 1 }).map((i): [Write, string] => [REPLIES[i]?.[0] ?? t.fail, REPLIES[i]?.[1] ?? '']),
    fc.maxSafeInteger().map((n): [Write, string] => [(out) => out.integer(n), `:${n}\r\n`]),
    fc
      .oneof(fc.nat({ max: 20_000 }), fc.nat({ max: 3 * REPLY_CHUNK_BYTES }))
      .map((n): [Write, string] => [(out) => out.bulk(Buffer.alloc(n, 'b')), `$${n}\r\n${'b'.repeat(n)}\r\n`]),
    fc
      .nat({ max: 5_000 })
      .map((n): [Write, string] => [(out) => out.bulkText('t'.repeat(n)), `$${n}\r\n${'t'.repeat(n)}\r\n`]),
    fc.nat({ max: 5_000 }).map((n): [Write, string] => [(out) => out.error('e'.repeat(n)), `-${'e'.repeat(n)}\r\n`]),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(reply, fc.nat({ max: 9 })), { maxLength: 100 }), (replies) => {
      const out = new ReplyBuffer(pool);
      const all = new ReplyBuffer(pool);
      const lots: Buffer[] = [];
      for (const [[write], what] of replies) {
        write(out);
        if (what > 6) continue;
        all.append(out);
        out.clear();
        if (what > 1) continue;
        lots.push(Buffer.from(all.first()));
        const memory = all.dropFirst();
        if (memory !== undefined) pool.give(memory);
      }
      all.append(out);
      out.clear();
      const expected = replies.map(([[, bytes]]) => bytes).join('');
      const before = Buffer.concat(lots).length;
      t.is(all.length, expected.length - before);
      t.true(Buffer.concat([...lots, taken(all)]).toString('latin1') === expected);
      t.is(all.length, 0);
    }),
    { numRuns: 50 },
  );
});

test('small buffers are used again, and those that are still needed or grew large are not', (t) => {
  const pool = new BufferPool();
  const out = new ReplyBuffer(pool);
  out.ok();
  const first = out.first().buffer;
  t.is(first.byteLength, REPLY_BYTES_INITIAL);
  out.clear();
  out.ok();
  t.is(out.first().buffer, first);
  t.is(out.dropFirst()?.buffer, first);
  out.ok();
  t.not(out.first().buffer, first);
  out.bulk(Buffer.alloc(REPLY_BYTES_KEPT));
  const large = out.first().buffer;
  out.clear();
  for (let i = 0; i < 3; i++) {
    const next = new ReplyBuffer(pool);
    next.ok();
    t.not(next.first().buffer, large);
  }
});

test('what is written of a long reply stays where it is, in chunks that are used again', (t) => {
  const pool = new BufferPool();
  const out = new ReplyBuffer(pool);
  const write = (): void => {
    for (let i = 0; i < 20_000; i++) out.bulkText('fifty bytes or so of a reply that goes on and on .');
  };
  write();
  const total = out.length;
  const seen = new Set<ArrayBufferLike>();
  const take = (): void => {
    while (out.length > 0) {
      const lot = out.first();
      t.true(lot.length <= REPLY_CHUNK_BYTES);
      t.true(lot.length >= REPLY_BYTES_UNMOVED || lot.length === out.length);
      const memory = out.dropFirst();
      t.is(memory?.buffer, lot.buffer);
      if (memory !== undefined) pool.give(memory);
      if (memory?.length === REPLY_CHUNK_BYTES) seen.add(memory.buffer);
    }
  };
  take();
  const chunks = seen.size;
  t.true(chunks >= Math.floor(total / REPLY_CHUNK_BYTES) - 1);
  t.true(chunks <= REPLY_CHUNKS_KEPT);
  write();
  take();
  t.is(seen.size, chunks);
});

test('a string of many chunks is taken in pieces, and one that is put behind others is not copied', (t) => {
  const pool = new BufferPool();
  const out = new ReplyBuffer(pool);
  const own = new ReplyBuffer(pool);
  const value = Buffer.alloc(5 * REPLY_CHUNK_BYTES, 'v');
  own.bulk(value);
  const memory = own.first().buffer;
  out.ok();
  out.append(own);
  t.is(own.length, 0);
  t.is(out.first().toString(), '+OK\r\n');
  out.dropFirst();
  t.is(out.first().buffer, memory);
  const lots: Buffer[] = [];
  let freed: Buffer | undefined;
  while (out.length > 0) {
    t.is(freed, undefined);
    lots.push(out.first());
    freed = out.dropFirst();
  }
  t.is(freed?.buffer, memory);
  t.is(lots.length, 6);
  t.true(lots.every(({ length }) => length <= REPLY_CHUNK_BYTES));
  t.true(Buffer.concat(lots).equals(Buffer.from(`$${value.length}\r\n${value.toString()}\r\n`)));
});

test('an error with very many line ends is one line', (t) => {
  const ends = '\r\n'.repeat(200_000);
  t.is(
    text((out) => out.error(`ERR ${ends}x${ends}`)),
    `-ERR ${' '.repeat(400_000)}x\r\n`,
  );
});

test('a reply that is too long takes no more memory than it may, and is marked', (t) => {
  const outputBytesMax = 100_000;
  const out = new ReplyBuffer(new BufferPool(), { outputBytesMax });
  const value = Buffer.alloc(5_000, 'v');
  for (let i = 0; i < 1_000; i++) {
    out.bulk(value);
    out.array(3);
    t.true(out.length <= outputBytesMax);
    t.true(out.first().buffer.byteLength <= outputBytesMax);
  }
  t.true(out.isOverfull);
  out.clear();
  t.false(out.isOverfull);
  out.bulk(value);
  t.false(out.isOverfull);
  t.is(out.length, value.length + '$5000\r\n\r\n'.length);
});

test('a reply that is too long as the sum of its chunks is marked, and gives them back', (t) => {
  const outputBytesMax = 5 * REPLY_CHUNK_BYTES;
  const pool = new BufferPool();
  const out = new ReplyBuffer(pool, { outputBytesMax });
  while (!out.isOverfull) {
    out.bulk(Buffer.alloc(5_000, 'v'));
    t.true(out.length <= outputBytesMax);
  }
  t.true(out.length < REPLY_CHUNK_BYTES);
  const other = new ReplyBuffer(pool, { outputBytesMax });
  out.clear();
  while (other.length <= outputBytesMax / 2) other.bulk(Buffer.alloc(5_000, 'v'));
  while (out.length <= outputBytesMax / 2) out.bulk(Buffer.alloc(5_000, 'v'));
  out.append(other);
  t.true(out.isOverfull);
  t.is(out.length, 0);
});
