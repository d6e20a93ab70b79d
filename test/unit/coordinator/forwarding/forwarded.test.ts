import test from 'ava';
import fc from 'fast-check';
import type { Change } from '../../../../cluster/coordinator/changes/change.js';
import type { StringOperation } from '../../../../cluster/coordinator/changes/string-change.js';
import type { BitfieldStep } from '../../../../cluster/coordinator/changes/string-change-bitfield.js';
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  type ForwardedReply,
  type ForwardedRequest,
} from '../../../../cluster/coordinator/forwarding/forwarded.js';
import { COMPUTED_BYTES_MAX } from '../../../../cluster/coordinator/limits.js';
import type { Failure } from '../../../../cluster/failure.js';
import { SLOT_COUNT, type Slot } from '../../../../cluster/ring/slots.js';
import { DB_COUNT } from '../../../../cluster/storage/layout.js';
import { CLOCK_ENTRY_BYTES, encodeObject, objectFault } from '../../../../cluster/version/codec.js';
import type { VersionedObject } from '../../../../cluster/version/object.js';
import { FieldWriter, MalformedFields } from '../../../../cluster/wire/byte-fields.js';
import { ACTORS, anyClock, anyWellFormed, anyWritten, inOrder } from '../../version/objects.js';

const anyValue = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const anyContext = fc.option(
  anyClock.map((clock) => new Map(inOrder(clock))),
  { nil: undefined },
);
const anyExpiryMs = fc.oneof(fc.constant(0), fc.nat(Number.MAX_SAFE_INTEGER));
const anyStep: fc.Arbitrary<BitfieldStep> = fc.record({
  kind: fc.constantFrom('get' as const, 'set' as const, 'incrby' as const),
  signed: fc.boolean(),
  bits: fc.integer({ min: 1, max: 63 }),
  offset: fc.nat(0xffff),
  value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  overflow: fc.constantFrom('wrap' as const, 'sat' as const, 'fail' as const),
});
const anyOperation: fc.Arbitrary<StringOperation> = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), value: anyValue, bytesMax: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('setrange' as const), offset: fc.nat(COMPUTED_BYTES_MAX - 20), value: anyValue }),
  fc.record({
    kind: fc.constant('setbit' as const),
    offset: fc.nat(COMPUTED_BYTES_MAX * 4),
    bit: fc.constantFrom(0 as const, 1 as const),
  }),
  fc.record({ kind: fc.constant('getdel' as const) }),
  fc.record({ kind: fc.constant('bitfield' as const), steps: fc.array(anyStep, { maxLength: 4 }) }),
);
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    condition: fc.constantFrom('always' as const, 'absent' as const, 'present' as const),
    keepExpiry: fc.boolean(),
    expiryMs: anyExpiryMs,
    value: anyValue,
    context: anyContext,
    answersPrevious: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('delete' as const), context: anyContext }),
  fc.record({ kind: fc.constant('expire' as const), condition: fc.nat(15), expiryMs: anyExpiryMs }),
  fc.record({
    kind: fc.constant('compute' as const),
    operation: anyOperation,
  }),
);
// What the client is told matters to a change that runs again only.
const anyAsked = fc.oneof(fc.constant(0), fc.maxSafeNat());
const anyModification = fc.record({ change: anyChange, asked: anyAsked, again: fc.boolean() }).map((modification) => {
  const { change, asked, again } = modification;
  const sent: Change = change.kind === 'set' ? { ...change, answersPrevious: again && change.answersPrevious } : change;
  return { kind: 'modify' as const, change: sent, asked, again };
});
const anyKeyed = fc.record({
  db: fc.nat(DB_COUNT - 1),
  slot: fc.nat(SLOT_COUNT - 1).map((slot) => slot as Slot),
  key: anyValue.map((bytes) => bytes.toString('latin1')),
});
const anyRequest: fc.Arbitrary<ForwardedRequest> = fc
  .tuple(
    anyKeyed,
    fc.oneof(
      fc.constant({ kind: 'get' as const }),
      fc.record({ kind: fc.constant('put' as const), context: anyContext, written: anyWritten, asked: anyAsked }),
      anyModification,
    ),
  )
  .map(([keyed, operation]) => ({ ...keyed, ...operation }));

const anyCount = fc.nat(0xffff);
const anyReason = fc.string({ unit: 'binary', maxLength: 12 });
const anyFailure: fc.Arbitrary<Failure> = fc.oneof(
  fc.record({
    code: fc.constant('WriteQuorumNotMet' as const),
    answered: anyCount,
    needed: anyCount,
    attempted: fc.boolean(),
  }),
  fc.record({ code: fc.constant('ReadQuorumNotMet' as const), answered: anyCount, needed: anyCount }),
  fc.record({
    code: fc.constantFrom(
      'StoreFailed' as const,
      'OutcomeUnknown' as const,
      'Overloaded' as const,
      'Refused' as const,
      'NotApplicable' as const,
    ),
    reason: anyReason,
  }),
);
const anyReply: fc.Arbitrary<ForwardedReply> = fc.oneof(
  anyFailure.map((failure) => ({ failure, applied: false, previous: undefined, object: undefined })),
  fc.record({
    failure: fc.constant(undefined),
    applied: fc.boolean(),
    previous: fc.option(anyValue, { nil: undefined }),
    object: fc.option(
      anyWellFormed.map((object) => encodeObject(object)),
      { nil: undefined },
    ),
  }),
);

/** Bytes with some of them changed, cut off or added. */
function mutated(bytes: Buffer, edits: readonly (readonly [number, number])[], cut: number, tail: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (const [at, byte] of edits) if (copy.length > 0) copy[at % copy.length] = byte;
  return Buffer.concat([copy.subarray(0, copy.length - Math.min(cut, copy.length)), tail]);
}

const anyEdits = fc.array(fc.tuple(fc.nat(), fc.nat(0xff)), { maxLength: 4 });
const anyCut = fc.oneof(fc.constant(0), fc.nat(30));
const anyTail = fc.oneof(fc.constant(Buffer.of()), anyValue);

test('a request comes out as it went in', (t) => {
  fc.assert(fc.property(anyRequest, (request) => void t.deepEqual(decodeRequest(encodeRequest(request)), request)));
});

test('a reply comes out as it went in', (t) => {
  fc.assert(fc.property(anyReply, (reply) => void t.deepEqual(decodeReply(encodeReply(reply)), reply)));
});

const withNote = (object: VersionedObject): Buffer => Buffer.concat([encodeObject(object), Buffer.alloc(8, 7)]);

test('what stands behind an object, as the note of a record does, is not sent', (t) => {
  fc.assert(
    fc.property(anyWellFormed, (object) => {
      const reply = { failure: undefined, applied: true, previous: undefined, object: withNote(object) };
      t.deepEqual(decodeReply(encodeReply(reply)).object, encodeObject(object));
    }),
  );
});

test('what is decoded does not share bytes with what was received', (t) => {
  const request: ForwardedRequest = {
    kind: 'put',
    db: 0,
    slot: 0 as Slot,
    key: 'k',
    context: undefined,
    written: { tombstone: false, expiryMs: 0, value: Buffer.from('value') },
    asked: 0,
  };
  const received = Buffer.from(encodeRequest(request));
  const decoded = decodeRequest(received);
  received.fill(0);
  t.deepEqual(decoded, request);
});

test('a request that is cut off anywhere is malformed', (t) => {
  fc.assert(
    fc.property(anyRequest, fc.nat(), (request, at) => {
      const bytes = encodeRequest(request);
      t.throws(() => decodeRequest(bytes.subarray(0, at % bytes.length)), { instanceOf: MalformedFields });
    }),
  );
});

test('a reply that is cut off anywhere is malformed', (t) => {
  fc.assert(
    fc.property(anyReply, fc.nat(), (reply, at) => {
      const bytes = encodeReply(reply);
      t.throws(() => decodeReply(bytes.subarray(0, at % bytes.length)), { instanceOf: MalformedFields });
    }),
  );
});

test('a damaged request is malformed, or another request that can be coordinated', (t) => {
  fc.assert(
    fc.property(anyRequest, anyEdits, anyCut, anyTail, (request, edits, cut, tail) => {
      const bytes = mutated(encodeRequest(request), edits, cut, tail);
      try {
        const decoded = decodeRequest(bytes);
        t.true(decoded.db < DB_COUNT && decoded.slot < SLOT_COUNT);
        t.deepEqual(decodeRequest(encodeRequest(decoded)), decoded);
      } catch (error) {
        t.true(error instanceof MalformedFields, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test('a damaged reply is malformed, or another reply whose object can be read', (t) => {
  fc.assert(
    fc.property(anyReply, anyEdits, anyCut, anyTail, (reply, edits, cut, tail) => {
      const bytes = mutated(encodeReply(reply), edits, cut, tail);
      try {
        const { object, failure } = decodeReply(bytes);
        if (object !== undefined) t.is(objectFault(object), undefined);
        t.true(object === undefined || failure === undefined);
      } catch (error) {
        t.true(error instanceof MalformedFields, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test('random bytes are malformed, or happen to mean something', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const decode of [decodeRequest, decodeReply]) {
        try {
          decode(Buffer.from(bytes));
        } catch (error) {
          t.true(error instanceof MalformedFields, String(error));
        }
      }
    }),
    { numRuns: 1000 },
  );
});

const KIND_GET = 1;
const KIND_PUT = 2;

test('databases and slots that do not exist are malformed', (t) => {
  for (const [db, slot] of [
    [DB_COUNT, 0],
    [255, 0],
    [0, SLOT_COUNT],
    [0, 0xffff],
  ] as const) {
    const bytes = new FieldWriter().u8(KIND_GET).u8(db).u16(slot).text('k').finish();
    t.throws(() => decodeRequest(bytes), { instanceOf: MalformedFields });
  }
});

test('times and counters that no object can hold are malformed', (t) => {
  const tooLarge = Number.MAX_SAFE_INTEGER + 1;
  const put = () => new FieldWriter().u8(KIND_PUT).u8(0).u16(0).text('k');
  t.throws(() => decodeRequest(put().u8(0).u8(0).u64(tooLarge).text('v').finish()), { instanceOf: MalformedFields });
  const context = Buffer.alloc(1 + CLOCK_ENTRY_BYTES, 0xff);
  context[0] = 1;
  const withContext = put().optionalBytes(context).u8(0).u64(0).text('v').finish();
  t.throws(() => decodeRequest(withContext), { instanceOf: MalformedFields });
});

test('a tombstone with a value is malformed', (t) => {
  const bytes = new FieldWriter().u8(KIND_PUT).u8(0).u16(0).text('k').u8(0).u8(1).u64(0).text('v').finish();
  t.throws(() => decodeRequest(bytes), { instanceOf: MalformedFields });
});

test('a context with actors out of order or twice is malformed', (t) => {
  const entry = (actor: string): Buffer =>
    Buffer.concat([Buffer.from(actor, 'hex'), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])]);
  const [first, second] = [...ACTORS].sort();
  const orders = [
    [second, first],
    [first, first],
  ];
  for (const [a, b] of orders) {
    const context = Buffer.concat([Buffer.of(2), entry(a ?? ''), entry(b ?? '')]);
    const put = new FieldWriter().u8(KIND_PUT).u8(0).u16(0).text('k').optionalBytes(context);
    t.throws(() => decodeRequest(put.u8(0).u64(0).text('v').finish()), { instanceOf: MalformedFields });
  }
});

test('what would make a string of more than 512 MiB is malformed', (t) => {
  const step = { kind: 'set', signed: false, bits: 8, value: 0n, overflow: 'wrap' } as const;
  const tooLong: StringOperation[] = [
    { kind: 'setrange', offset: COMPUTED_BYTES_MAX, value: Buffer.from('x') },
    { kind: 'setbit', offset: COMPUTED_BYTES_MAX * 8 + 8, bit: 1 },
    { kind: 'bitfield', steps: [{ ...step, offset: COMPUTED_BYTES_MAX * 8 }] },
  ];
  for (const operation of tooLong) {
    const change: Change = { kind: 'compute', operation };
    const request: ForwardedRequest = {
      kind: 'modify',
      db: 0,
      slot: 0 as Slot,
      key: 'k',
      change,
      asked: 0,
      again: false,
    };
    t.throws(() => decodeRequest(encodeRequest(request)), { instanceOf: MalformedFields }, operation.kind);
  }
});
