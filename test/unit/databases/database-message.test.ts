import test from 'ava';
import fc from 'fast-check';
import {
  decodeAnswer,
  decodeQuestion,
  decodeRow,
  encodeAnswer,
  encodeQuestion,
  encodeRow,
  ONCE_STORED,
  TOO_FAR_AHEAD,
} from '../../../cluster/databases/database-message.js';
import { flushed, swapped, UNTOUCHED } from '../../../cluster/databases/database-state.js';
import type { NodeId } from '../../../cluster/ring/ring.js';

const COUNTER = 1_700_000_000_000_000;
const NODE = 'ab'.repeat(20) as NodeId;
/** Database 1 was flushed; 0 and 2 were swapped by the node `abab…`, one counter later. */
const STATE = swapped(flushed(UNTOUCHED, [1], COUNTER), 0, 2, COUNTER + 1, NODE);

/** Composed by hand from the drawing in `database-message.ts`. It never changes: nodes of other versions send and keep exactly this. */
const STATE_BYTES = [
  `${'00'.repeat(8)}00401e18240a0600${'00'.repeat(8 * 14)}`,
  '01401e18240a0600',
  'ab'.repeat(20),
  '020100030405060708090a0b0c0d0e0f',
].join('');

test('a question, an answer and a row are the bytes that were drawn', (t) => {
  t.is(encodeQuestion({ when: ONCE_STORED, state: STATE }).toString('hex'), `01${STATE_BYTES}`);
  const answer = encodeAnswer({ verdict: TOO_FAR_AHEAD, counter: COUNTER, state: STATE });
  t.is(answer.toString('hex'), `0100401e18240a0600${STATE_BYTES}`);
  const swept = UNTOUCHED.watermarks.map((_, db) => (db === 15 ? COUNTER : 0));
  t.is(encodeRow({ state: STATE, swept }).toString('hex'), `${STATE_BYTES}${'00'.repeat(8 * 15)}00401e18240a0600`);
});

test('what was written is read, whatever a later version has put behind it', (t) => {
  const later = Buffer.from('later');
  const question = { when: ONCE_STORED, state: STATE };
  t.deepEqual(decodeQuestion(Buffer.concat([encodeQuestion(question), later])), question);
  const answer = { verdict: TOO_FAR_AHEAD, counter: COUNTER, state: STATE };
  t.deepEqual(decodeAnswer(Buffer.concat([encodeAnswer(answer), later])), answer);
  const row = { state: STATE, swept: UNTOUCHED.watermarks };
  t.deepEqual(decodeRow(encodeRow(row)), row);
});

test('bytes that are cut off at any place, or name no order of databases, are none', (t) => {
  const whole = encodeQuestion({ when: ONCE_STORED, state: STATE });
  for (let length = 0; length < whole.length; length++) t.is(decodeQuestion(whole.subarray(0, length)), undefined);
  const twice = Buffer.from(whole);
  twice[twice.length - 1] = 3;
  t.is(decodeQuestion(twice), undefined, 'a database is meant by two numbers');
  const beyond = Buffer.from(whole);
  beyond[beyond.length - 1] = 16;
  t.is(decodeQuestion(beyond), undefined, 'there is no such database');
  t.is(decodeAnswer(Buffer.alloc(0)), undefined);
});

test('random bytes are read as something or as nothing, and nothing is thrown', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      decodeQuestion(Buffer.from(bytes));
      decodeAnswer(Buffer.from(bytes));
      decodeRow(Buffer.from(bytes));
    }),
  );
  t.pass();
});
