import test from 'ava';
import fc from 'fast-check';
import { OUTSTANDING_MAX } from '../../../cluster/wire/limits.js';
import { GET_REPLY, PUT_REPLY } from '../../../cluster/wire/messages.js';
import { RequestTable } from '../../../cluster/wire/request-table.js';

test('replies in any order find their requests, also where the ids wrap', (t) => {
  const firstIds = fc.constantFrom(1, 0xffffff00, 0xffffffff);
  fc.assert(
    fc.property(firstIds, fc.infiniteStream(fc.nat()), fc.nat(3000), (firstId, picks, count) => {
      const table = new RequestTable<string>(firstId);
      const waiting: number[] = [];
      for (let i = 0; i < count; i++) {
        const id = table.issue(`r${i}`, PUT_REPLY, i);
        if (id !== (firstId + i) >>> 0) throw new Error(`id ${id} is not the next`);
        waiting.push(i);
        while (waiting.length > 0 && picks.next().value % 3 === 0) {
          const [n = 0] = waiting.splice(picks.next().value % waiting.length, 1);
          if (table.take((firstId + n) >>> 0, PUT_REPLY) !== `r${n}`) throw new Error(`reply ${n} got lost`);
        }
        if (table.count !== waiting.length) throw new Error('miscounted');
        if (table.oldestStartUs() !== (waiting[0] ?? Number.POSITIVE_INFINITY)) throw new Error('oldest is wrong');
      }
      for (const n of waiting) if (table.takeOldest() !== `r${n}`) throw new Error('not in order of age');
      t.is(table.takeOldest(), undefined);
    }),
    { numRuns: 50 },
  );
});

test('replies that nobody waits for are told apart', (t) => {
  const table = new RequestTable<string>(1);
  for (let i = 0; i < 4; i++) table.issue(`r${i}`, PUT_REPLY, i);
  t.is(table.take(1, GET_REPLY), undefined);
  t.regex(table.replyFault(1, GET_REPLY) ?? '', /GET_REPLY does not answer request 1/);
  t.is(table.take(2, PUT_REPLY), 'r1');
  t.is(table.take(2, PUT_REPLY), undefined);
  t.regex(table.replyFault(2, PUT_REPLY) ?? '', /twice/);
  t.is(table.takeOldest(), 'r0');
  t.is(table.take(1, PUT_REPLY), undefined);
  t.is(table.replyFault(1, PUT_REPLY), undefined, 'it has timed out: the reply is only late');
  for (const id of [5, 0, 0xffffffff]) {
    t.is(table.take(id, PUT_REPLY), undefined);
    t.regex(table.replyFault(id, PUT_REPLY) ?? '', /never made/);
  }
});

test('the table grows to its cap and refuses one more', (t) => {
  const table = new RequestTable<number>(1);
  for (let i = 0; i < OUTSTANDING_MAX; i++) if (table.issue(i, PUT_REPLY, i) < 0) t.fail(`refused at ${i}`);
  t.is(table.issue(-1, PUT_REPLY, 0), -1);
  t.is(table.take(1, PUT_REPLY), 0);
  t.is(table.issue(-1, PUT_REPLY, 0), OUTSTANDING_MAX + 1);
  t.is(table.take(OUTSTANDING_MAX, PUT_REPLY), OUTSTANDING_MAX - 1);
});
