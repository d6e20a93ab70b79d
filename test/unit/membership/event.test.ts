import test from 'ava';
import * as fc from 'fast-check';
import { makeEvent, readEvent } from '../../../cluster/membership/event.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { histories } from './histories.js';

const A = 'aa'.repeat(20) as NodeId;
const B = 'bb'.repeat(20) as NodeId;
const C = 'cc'.repeat(20) as NodeId;
const DOT = { counter: 1_700_000_000_000_001, life: '010203040506' };
const MEMBER = { id: B, host: 'node-1', port: 7001, peerPort: 17_001, zone: 'east', weight: 2 };
const HEAD = `010203040506${'01401e18240a0600'}${'aa'.repeat(20)}${'bb'.repeat(20)}`;
const ADDRESS = `591b69420200${'06'}${Buffer.from('node-1').toString('hex')}${'04'}${Buffer.from('east').toString('hex')}`;

test('the bytes of events never change', (t) => {
  const golden: [string, Parameters<typeof makeEvent>[2]][] = [
    [`0101${HEAD}${ADDRESS}`, { kind: 'found', node: B, member: MEMBER }],
    [`0102${HEAD}${ADDRESS}`, { kind: 'join', node: B, member: MEMBER }],
    [`0103${HEAD}`, { kind: 'leave', node: B }],
    [`0104${HEAD}`, { kind: 'forget', node: B }],
    [`0105${HEAD}`, { kind: 'gone', node: B }],
    [`0106${HEAD}${ADDRESS}${'cc'.repeat(20)}`, { kind: 'replace', node: B, member: MEMBER, replaced: C }],
    [`0107${HEAD}${ADDRESS}`, { kind: 'update', node: B, member: MEMBER }],
  ];
  for (const [hex, content] of golden) {
    const event = makeEvent(DOT, A, content);
    t.is(event.bytes.toString('hex'), hex, content.kind);
    t.deepEqual(readEvent(event.bytes), event);
  }
});

test('what was written is read again, and what is cut anywhere is refused', (t) => {
  fc.assert(
    fc.property(histories, (events) => {
      for (const event of events) {
        t.deepEqual(readEvent(event.bytes), event);
        for (let length = 0; length < event.bytes.length; length++) {
          t.is(typeof readEvent(event.bytes.subarray(0, length)), 'string');
        }
        t.is(typeof readEvent(Buffer.concat([event.bytes, Buffer.of(0)])), 'string');
      }
    }),
    { numRuns: 20 },
  );
});

test('an event of a later version is kept as it is, and means nothing here', (t) => {
  const { bytes } = makeEvent(DOT, A, { kind: 'leave', node: B });
  for (const at of [0, 1]) {
    const later = Buffer.from(bytes);
    later[at] = 200;
    t.deepEqual(readEvent(later), { dot: DOT, by: A, content: undefined, bytes: later });
  }
});

test('any bytes are an event or a reason', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const read = readEvent(Buffer.from(bytes));
      t.true(typeof read === 'string' || read.bytes.equals(bytes));
    }),
  );
});
