import test from 'ava';
import { LONG_ARGUMENTS_AT_ONCE, LONG_ARGUMENTS_FREE } from '../../../server/turns/limits.js';
import { LongRequests } from '../../../server/turns/long-requests.js';

const HALF = LONG_ARGUMENTS_AT_ONCE / 2;

test('requests of very many arguments wait until others are answered, in their order', (t) => {
  const requests = new LongRequests();
  const begun: string[] = [];
  const [first, , third] = ['a', 'b', 'c', 'd'].map((name) => requests.enter(HALF, () => begun.push(name)));
  t.deepEqual(begun, ['a', 'b']);
  if (third !== undefined) requests.leave(third);
  if (first !== undefined) requests.leave(first);
  if (first !== undefined) requests.leave(first);
  t.deepEqual(begun, ['a', 'b', 'd'], 'who has gone is passed over, and gives its place back once');
});

test('one request may be longer than all together, and a shorter one does not wait', (t) => {
  const requests = new LongRequests();
  const begun: string[] = [];
  requests.enter(LONG_ARGUMENTS_AT_ONCE * 2, () => begun.push('huge'));
  requests.enter(HALF, () => begun.push('waits'));
  requests.enter(LONG_ARGUMENTS_FREE, () => begun.push('short'));
  t.deepEqual(begun, ['huge', 'short']);
});
