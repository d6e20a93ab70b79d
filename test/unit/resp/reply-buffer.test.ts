import test from 'ava';
import fc from 'fast-check';
import { BufferPool } from '../../../server/resp/buffer-pool.js';
import { REPLY_BYTES_INITIAL, REPLY_BYTES_KEPT } from '../../../server/resp/limits.js';
import { ReplyBuffer, type RespVersion } from '../../../server/resp/reply-buffer.js';

type Write = (out: ReplyBuffer) => void;

function text(write: Write, resp: RespVersion = 2): string {
  const out = new ReplyBuffer(new BufferPool());
  out.resp = resp;
  write(out);
  return out.written().toString('latin1');
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
      .nat({ max: 20_000 })
      .map((n): [Write, string] => [(out) => out.bulk(Buffer.alloc(n, 'b')), `$${n}\r\n${'b'.repeat(n)}\r\n`]),
    fc
      .nat({ max: 5_000 })
      .map((n): [Write, string] => [(out) => out.bulkText('t'.repeat(n)), `$${n}\r\n${'t'.repeat(n)}\r\n`]),
    fc.nat({ max: 5_000 }).map((n): [Write, string] => [(out) => out.error('e'.repeat(n)), `-${'e'.repeat(n)}\r\n`]),
  );
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 200 }), fc.boolean(), (replies, reusable) => {
      const out = new ReplyBuffer(pool);
      const all = new ReplyBuffer(pool);
      for (const [write] of replies) {
        write(out);
        all.append(out);
        out.clear(true);
      }
      t.is(all.written().toString('latin1'), replies.map(([, bytes]) => bytes).join(''));
      all.clear(reusable);
      t.is(all.length, 0);
    }),
  );
});

test('small buffers are used again, and those that were given away or grew large are not', (t) => {
  const pool = new BufferPool();
  const out = new ReplyBuffer(pool);
  out.ok();
  const first = out.written().buffer;
  t.is(first.byteLength, REPLY_BYTES_INITIAL);
  out.clear(true);
  out.ok();
  t.is(out.written().buffer, first);
  out.clear(false);
  out.ok();
  t.not(out.written().buffer, first);
  out.bulk(Buffer.alloc(REPLY_BYTES_KEPT));
  const large = out.written().buffer;
  out.clear(true);
  for (let i = 0; i < 3; i++) {
    const next = new ReplyBuffer(pool);
    next.ok();
    t.not(next.written().buffer, large);
  }
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
    t.true(out.written().buffer.byteLength <= outputBytesMax);
  }
  t.true(out.isOverfull);
  out.clear(true);
  t.false(out.isOverfull);
  out.bulk(value);
  t.false(out.isOverfull);
  t.is(out.length, value.length + '$5000\r\n\r\n'.length);
});
