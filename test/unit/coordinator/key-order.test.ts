import test from 'ava';
import { KeyOrder } from '../../../cluster/coordinator/key-order.js';

/** Operations on keys, as a session does them: some hold the key until they end. */
class Operations {
  readonly order = new KeyOrder();
  readonly begun: string[] = [];

  /** `holds` false: the operation only has to come in its turn. */
  start(key: string, name: string, holds: boolean, then: () => void = () => undefined): void {
    if (this.order.waits(key, () => this.start(key, name, holds, then))) return;
    if (holds) this.order.hold(key);
    this.begun.push(name);
    then();
  }
}

test('an operation that holds a key keeps back what comes after it, on that key only', (t) => {
  const operations = new Operations();
  t.true(operations.order.isEmpty);
  operations.start('k', 'hold', true);
  t.false(operations.order.isEmpty);
  operations.start('k', 'waits', false);
  operations.start('other', 'other', false);
  t.deepEqual(operations.begun, ['hold', 'other']);
  operations.order.release('k');
  t.deepEqual(operations.begun, ['hold', 'other', 'waits']);
  t.true(operations.order.isEmpty);
});

test('those that wait go in order, up to the next that holds', (t) => {
  const operations = new Operations();
  operations.start('k', 'first', true);
  for (const name of ['a', 'b', 'HOLD', 'c', 'd']) operations.start('k', name, name === 'HOLD');
  operations.order.release('k');
  t.deepEqual(operations.begun, ['first', 'a', 'b', 'HOLD']);
  operations.start('k', 'e', false);
  operations.order.release('k');
  t.deepEqual(operations.begun, ['first', 'a', 'b', 'HOLD', 'c', 'd', 'e']);
  t.true(operations.order.isEmpty);
});

test('what is started from within one that was let go comes after those that wait', (t) => {
  for (const holds of [false, true]) {
    const operations = new Operations();
    operations.start('k', 'first', true);
    operations.start('k', 'second', holds, () => operations.start('k', 'fourth', false));
    operations.start('k', 'third', false);
    operations.order.release('k');
    operations.order.release('k');
    t.deepEqual(operations.begun, ['first', 'second', 'third', 'fourth']);
    t.true(operations.order.isEmpty);
  }
});

test('one that is let go, holds and ends at once lets the next go without recursion', (t) => {
  const operations = new Operations();
  operations.start('k', 'first', true);
  for (let i = 0; i < 50_000; i++) operations.start('k', `${i}`, true, () => operations.order.release('k'));
  operations.order.release('k');
  t.is(operations.begun.length, 50_001);
  t.true(operations.order.isEmpty);
});

test('holding twice is holding once, and releasing what is not held does nothing', (t) => {
  const operations = new Operations();
  operations.order.release('k');
  operations.start('k', 'hold', true);
  operations.order.hold('k');
  operations.start('k', 'waits', false);
  operations.order.release('k');
  t.deepEqual(operations.begun, ['hold', 'waits']);
});
