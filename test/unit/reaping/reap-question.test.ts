import test from 'ava';
import fc from 'fast-check';
import { REAP_KEY_BYTES_MAX, REAP_KEYS_MAX } from '../../../cluster/reaping/limits.js';
import {
  type Candidate,
  cutToQuestions,
  decodeReapQuestion,
  encodeReapQuestion,
  ROUND_DROP,
} from '../../../cluster/reaping/reap-question.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { MalformedFields } from '../../../cluster/wire/byte-fields.js';

const candidates: fc.Arbitrary<Candidate[]> = fc.array(
  fc.record({
    db: fc.nat(15),
    fingerprint: fc.nat(0xffffffff),
    key: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  }),
  { maxLength: 20 },
);

test('a question is read as it was written; cut or longer it is malformed', (t) => {
  fc.assert(
    fc.property(candidates, fc.nat(0xffff), (list, partition) => {
      const question = { round: ROUND_DROP, partition: partition as Partition, candidates: list };
      const body = encodeReapQuestion(question);
      t.deepEqual(decodeReapQuestion(body), question);
      for (let end = 0; end < body.length; end++) {
        t.throws(() => decodeReapQuestion(body.subarray(0, end)), { instanceOf: MalformedFields });
      }
      t.throws(() => decodeReapQuestion(Buffer.concat([body, Buffer.of(0)])), { instanceOf: MalformedFields });
    }),
    { numRuns: 30 },
  );
});

test('many or long keys are asked about in several questions, in order, and none is left out', (t) => {
  const key = (length: number): Candidate => ({ db: 0, key: 'k'.repeat(length), fingerprint: length });
  const many = Array.from({ length: 2 * REAP_KEYS_MAX + 1 }, (_, i) => key(i % 7));
  t.deepEqual(
    cutToQuestions(many).map((list) => list.length),
    [REAP_KEYS_MAX, REAP_KEYS_MAX, 1],
  );
  t.deepEqual(cutToQuestions(many).flat(), many);
  const long = [key(10), key(REAP_KEY_BYTES_MAX), key(REAP_KEY_BYTES_MAX), key(10)];
  t.deepEqual(
    cutToQuestions(long).map((list) => list.length),
    [1, 1, 1, 1],
  );
  t.deepEqual(cutToQuestions([]), []);
});
