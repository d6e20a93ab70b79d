import test from 'ava';
import fc from 'fast-check';
import type { Partition } from '../../../cluster/ring/slots.js';
import { PAGE_ROWS_MAX } from '../../../cluster/scan/limits.js';
import {
  decodeScanAnswer,
  decodeScanQuestion,
  encodeScanAnswer,
  encodeScanQuestion,
} from '../../../cluster/scan/page.js';
import { HASH_MAX } from '../../../cluster/scan/place.js';

const hash = fc.integer({ min: 1, max: HASH_MAX });
const place = fc.record({
  partition: fc.integer({ min: 0, max: 255 }).map((partition) => partition as Partition),
  after: fc.integer({ min: 0, max: HASH_MAX }),
});
const binary = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const row = fc.record({ hash, key: binary, isLive: fc.boolean() });
const page = fc
  .array(row, { maxLength: 5 })
  .map((rows) => ({ rows: rows.sort((a, b) => a.hash - b.hash), upTo: HASH_MAX }));

test('questions and answers come back as they were', (t) => {
  const question = fc.record({
    db: fc.integer({ min: 0, max: 15 }),
    rows: fc.integer({ min: 1, max: PAGE_ROWS_MAX }),
    places: fc.array(place, { maxLength: 10 }),
  });
  fc.assert(
    fc.property(question, (asked) => {
      t.deepEqual(decodeScanQuestion(encodeScanQuestion(asked), 256), asked);
    }),
  );
  const pages = fc.array(fc.option(page, { nil: undefined }), { maxLength: 5 });
  fc.assert(
    fc.property(pages, (answered) => {
      const places = answered.map(() => ({ partition: 0 as Partition, after: 0 }));
      t.deepEqual(decodeScanAnswer(encodeScanAnswer(answered), places), answered);
    }),
  );
});

test('what is not as it should be is no question and no answer', (t) => {
  const places = [{ partition: 7 as Partition, after: 5 }];
  const question = { db: 0, rows: 1, places };
  t.is(decodeScanQuestion(encodeScanQuestion(question), 7), undefined);
  t.is(decodeScanQuestion(encodeScanQuestion({ ...question, db: 16 }), 256), undefined);
  t.is(decodeScanQuestion(encodeScanQuestion({ ...question, rows: 0 }), 256), undefined);
  t.is(decodeScanQuestion(encodeScanQuestion({ ...question, rows: PAGE_ROWS_MAX + 1 }), 256), undefined);
  const rowAt = (at: number) => ({ hash: at, key: 'k', isLive: true });
  const answer = (upTo: number, hashes: readonly number[]) =>
    decodeScanAnswer(encodeScanAnswer([{ upTo, rows: hashes.map(rowAt) }]), places);
  t.truthy(answer(9, [6, 6, 9]));
  t.is(answer(9, [5]), undefined);
  t.is(answer(9, [8, 7]), undefined);
  t.is(answer(9, [10]), undefined);
  t.is(answer(4, []), undefined);
  t.is(decodeScanAnswer(Buffer.alloc(0), places), undefined);
  t.is(decodeScanAnswer(encodeScanAnswer([undefined, undefined]), places), undefined);
});

test('random bytes do no harm', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      t.notThrows(() => decodeScanQuestion(Buffer.from(bytes), 256));
      t.notThrows(() => decodeScanAnswer(Buffer.from(bytes), [{ partition: 0 as Partition, after: 0 }]));
    }),
  );
});
