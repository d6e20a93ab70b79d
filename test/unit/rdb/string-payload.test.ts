import test from 'ava';
import fc from 'fast-check';
import { crc64 } from '../../../server/rdb/crc64.js';
import { lzfCompress, lzfDecompress } from '../../../server/rdb/lzf.js';
import { dumping, dumpString, restoredString } from '../../../server/rdb/string-payload.js';
import { STEP_BYTES_COSTLY } from '../../../server/turns/limits.js';

const MANY = 1_000_000;
/** What repeats itself here and there, and what doesn't. */
const text = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 300 })), { maxLength: 8 })
  .map((pieces) => Buffer.concat(pieces.flatMap(([piece, times]) => Array<Uint8Array>(times).fill(piece))));

/** What DUMP of Redis 7.0.15 gives, in hex and without the footer. */
const OF_REDIS: readonly (readonly [value: string, payload: string])[] = [
  ['v', '000176'],
  ['', '0000'],
  ['-128', '00c080'],
  ['-129', '00c17fff'],
  ['2147483647', '00c2ffffff7f'],
  ['2147483648', '000a32313437343833363438'],
  ['0123', '000430313233'],
];
const COMPRESSED_BY_REDIS = '00c30b405a0361626361e04b02016263';

test('what was dumped is restored, whatever it is', (t) => {
  fc.assert(
    fc.property(text, (value) => {
      t.deepEqual(restoredString(dumpString(value), MANY), value);
    }),
  );
  for (const length of [0, 63, 64, 16_383, 16_384, 70_000]) {
    const value = Buffer.from(Array.from({ length }, (_, i) => Math.imul(i, 2_654_435_761) >>> 13));
    t.deepEqual(restoredString(dumpString(value), MANY), value, `${length}`);
  }
});

test('a compressed string is the same afterwards, and never longer than allowed', (t) => {
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 2_000 }), (value, bytesMax) => {
      const compressed = lzfCompress(value, bytesMax);
      if (compressed === undefined) return;
      t.true(compressed.length <= bytesMax);
      t.deepEqual(lzfDecompress(compressed, value.length), value);
    }),
  );
  const long = Buffer.alloc(50_000, 'a string that is there again and again, ');
  t.true((lzfCompress(long, long.length)?.length ?? MANY) < long.length / 50);
});

test('short strings and integers are dumped to the byte as Redis does', (t) => {
  for (const [value, payload] of OF_REDIS) {
    t.is(dumpString(Buffer.from(value)).subarray(0, -10).toString('hex'), payload);
  }
});

test('what Redis has compressed in its own way is restored', (t) => {
  const body = Buffer.concat([Buffer.from(COMPRESSED_BY_REDIS, 'hex'), Buffer.of(10, 0)]);
  t.deepEqual(restoredString(Buffer.concat([body, crc64(body)]), MANY), Buffer.from('abc'.repeat(30)));
});

test('a string that is too long is not even unpacked', (t) => {
  t.is(restoredString(dumpString(Buffer.alloc(1000)), 999), 'too long');
  t.is(restoredString(dumpString(Buffer.from('abc')), 2), 'too long');
});

test('bytes that were changed, and random ones, are refused without harm', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(200), (bytes, length) => {
      t.notThrows(() => restoredString(Buffer.from(bytes), MANY));
      const unpacked = lzfDecompress(Buffer.from(bytes), length);
      t.true(unpacked === undefined || unpacked.length === length);
    }),
  );
  const payload = dumpString(Buffer.from('hello'));
  for (let at = 0; at < payload.length; at++) {
    const changed = Buffer.from(payload);
    changed[at] ^= 1;
    t.is(restoredString(changed, MANY), 'footer');
  }
});

test('a long string is dumped in steps, none of which looks at much', (t) => {
  for (const value of [
    Buffer.alloc(1024 * 1024, 'again '),
    Buffer.from(Array.from({ length: 1024 * 1024 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 13)),
  ]) {
    let steps = 1;
    const work = dumping(value);
    while (work.next().done !== true) steps++;
    t.true(steps >= value.length / STEP_BYTES_COSTLY, `${steps} steps`);
  }
});
