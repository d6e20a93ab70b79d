import test from 'ava';
import * as fc from 'fast-check';
import { decodeGossip, encodeGossip, type GossipMessage } from '../../../cluster/membership/gossip-message.js';
import type { NodeId } from '../../../cluster/ring/ring.js';

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b));
const some = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b));
const node = bytesOf(20).map((bytes) => bytes.toString('hex') as NodeId);
const six = bytesOf(6).map((bytes) => bytes.toString('hex'));
const counter = fc.maxSafeNat();
const dots = fc.array(fc.record({ life: six, counter }), { maxLength: 5 });
const introduction = { isFresh: fc.boolean(), founders: bytesOf(20) };
const parcel = { events: fc.array(some, { maxLength: 4 }), holdings: fc.array(some, { maxLength: 4 }) };
const marks = fc.array(fc.record({ node, version: counter, folder: six }), { maxLength: 5 });

const messages: fc.Arbitrary<GossipMessage> = fc.oneof(
  fc.record({
    step: fc.constant('digest' as const),
    ...introduction,
    history: bytesOf(8),
    events: fc.nat(0xffffffff),
    holdings: bytesOf(8),
  }),
  fc.constant<GossipMessage>({ step: 'same' }),
  fc.record({ step: fc.constant('lists' as const), ...introduction, dots, marks }),
  fc.record({
    step: fc.constant('give' as const),
    ...introduction,
    ...parcel,
    dots,
    nodes: fc.array(node, { maxLength: 4 }),
  }),
  fc.record({ step: fc.constant('parcel' as const), ...parcel }),
  fc.record({ step: fc.constant('refused' as const), text: fc.string() }),
);

test('a gossip message is read as it was written, and refused where it is cut or goes on', (t) => {
  fc.assert(
    fc.property(messages, (message) => {
      const bytes = encodeGossip(message);
      t.deepEqual(decodeGossip(bytes), message);
      for (let length = 0; length < bytes.length; length++) {
        t.is(typeof decodeGossip(bytes.subarray(0, length)), 'string');
      }
      t.is(typeof decodeGossip(Buffer.concat([bytes, Buffer.of(0)])), 'string');
    }),
    { numRuns: 60 },
  );
});

test('any bytes are a gossip message or a reason', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(7), (bytes, step) => {
      const read = decodeGossip(Buffer.from([1, step, ...bytes]));
      t.true(typeof read === 'string' || typeof read.step === 'string');
    }),
  );
});

test('the bytes of gossip never change', (t) => {
  const founders = Buffer.alloc(20, 0xf0);
  const id = 'ab'.repeat(20) as NodeId;
  const dot = { life: '010203040506', counter: 7 };
  const eight = '0700000000000000';
  const golden: [string, GossipMessage][] = [
    [
      `010101${'f0'.repeat(20)}${'11'.repeat(8)}02000000${'22'.repeat(8)}`,
      {
        step: 'digest',
        isFresh: true,
        founders,
        history: Buffer.alloc(8, 0x11),
        events: 2,
        holdings: Buffer.alloc(8, 0x22),
      },
    ],
    ['0102', { step: 'same' }],
    [
      `010300${'f0'.repeat(20)}01000000010203040506${eight}01000000${'ab'.repeat(20)}${eight}060504030201`,
      {
        step: 'lists',
        isFresh: false,
        founders,
        dots: [dot],
        marks: [{ node: id, version: 7, folder: '060504030201' }],
      },
    ],
    [
      `010400${'f0'.repeat(20)}0100000001000000aa0000000001000000010203040506${eight}01000000${'ab'.repeat(20)}`,
      { step: 'give', isFresh: false, founders, events: [Buffer.of(0xaa)], holdings: [], dots: [dot], nodes: [id] },
    ],
    ['0105000000000100000002000000bbcc', { step: 'parcel', events: [], holdings: [Buffer.of(0xbb, 0xcc)] }],
    ['0106020000006e6f', { step: 'refused', text: 'no' }],
  ];
  for (const [hex, message] of golden) {
    t.is(encodeGossip(message).toString('hex'), hex);
    t.deepEqual(decodeGossip(Buffer.from(hex, 'hex')), message);
  }
});
