import test from 'ava';
import fc from 'fast-check';
import { ContextTokens } from '../../../cluster/version/context-token.js';
import { anyClock, inOrder } from './objects.js';

const tokens = new ContextTokens('a secret');
const anyKey = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const anyDb = fc.integer({ min: 0, max: 15 });

test('a token opens to the version vector that it was issued for, on any node with the secret', (t) => {
  fc.assert(
    fc.property(anyDb, anyKey, anyClock, (db, key, clock) => {
      const token = Buffer.from(tokens.issue(db, key, clock));
      t.deepEqual(inOrder(tokens.open(db, key, token)), inOrder(clock));
      t.deepEqual(inOrder(new ContextTokens('a secret').open(db, key, token)), inOrder(clock));
    }),
  );
});

test('a token opens for no other key, database or secret', (t) => {
  fc.assert(
    fc.property(anyDb, anyKey, anyKey, anyClock, (db, key, otherKey, clock) => {
      const token = Buffer.from(tokens.issue(db, key, clock));
      if (otherKey !== key) t.is(tokens.open(db, otherKey, token), undefined);
      t.is(tokens.open((db + 1) % 16, key, token), undefined);
      t.is(new ContextTokens('another secret').open(db, key, token), undefined);
    }),
  );
  t.pass();
});

test('a token that was cut, grown or changed in one character does not open', (t) => {
  fc.assert(
    fc.property(anyKey, anyClock, fc.nat(), fc.integer({ min: 1, max: 255 }), (key, clock, at, mask) => {
      const token = Buffer.from(tokens.issue(0, key, clock));
      const changed = Buffer.from(token);
      const index = at % token.length;
      changed[index] = token.readUInt8(index) ^ mask;
      t.is(tokens.open(0, key, changed), undefined);
      t.is(tokens.open(0, key, token.subarray(0, index)), undefined);
      t.is(tokens.open(0, key, Buffer.concat([token, Buffer.from('A')])), undefined);
      t.is(tokens.open(0, key, Buffer.concat([token, Buffer.from('=')])), undefined);
    }),
  );
});

test('random bytes never open and never throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) =>
      t.is(tokens.open(0, 'key', Buffer.from(bytes)), undefined),
    ),
  );
});
