import test from 'ava';
import fc from 'fast-check';
import {
  decodeStamp,
  encodeStamp,
  Lateness,
  STAMP_BYTES,
} from '../../../../cluster/coordinator/forwarding/forward-stamp.js';
import type { NodeId } from '../../../../cluster/ring/ring.js';

const A = 'a' as NodeId;
const B = 'b' as NodeId;
const WITHIN_MS = 500;

/** A receiver, and how its clock reads `aheadUs` more than the senders'. */
class Receiver {
  nowUs = 0;
  readonly lateness = new Lateness({ monotonicUs: () => this.nowUs, nowMs: () => 0 });

  arrives(from: NodeId, sentUs: number, nowUs: number, process = 1): boolean {
    this.nowUs = nowUs;
    return this.lateness.isLate(from, { process, sentUs, withinMs: WITHIN_MS });
  }
}

test('a stamp gives back what was put in; a cut one nothing', (t) => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.maxSafeNat(), fc.nat(1e6), (process, sentUs, withinMs) => {
      const bytes = encodeStamp({ process, sentUs, withinMs });
      t.deepEqual(decodeStamp(bytes), { process, sentUs, withinMs });
      for (let length = 0; length < STAMP_BYTES; length++) t.is(decodeStamp(bytes.subarray(0, length)), undefined);
    }),
  );
});

test('what comes later than others by more than it may is late, however far the clocks are apart', (t) => {
  for (const apartUs of [-7e9, 0, 3e12]) {
    const receiver = new Receiver();
    t.false(receiver.arrives(A, 0, apartUs + 1_000));
    t.false(receiver.arrives(A, 10_000, apartUs + 500_000));
    t.true(receiver.arrives(A, 20_000, apartUs + 530_000));
    t.false(receiver.arrives(A, 600_000, apartUs + 600_500));
  }
});

test('what comes late after a long silence is late, however far the clocks may have drifted apart meanwhile', (t) => {
  const receiver = new Receiver();
  t.false(receiver.arrives(A, 0, 1_000));
  const sentUs = 120e6;
  receiver.nowUs = sentUs + 1_000 + 90_000;
  t.true(receiver.lateness.leftUs(A, { process: 1, sentUs, withinMs: 20 }) < 0);
  t.is(
    receiver.lateness.leftUs(A, { process: 1, sentUs, withinMs: 20 }),
    20_000,
    'it was the clocks, as far as is known',
  );
});

test('each node and each of its processes has its own least delay', (t) => {
  const receiver = new Receiver();
  t.false(receiver.arrives(A, 0, 1_000));
  t.false(receiver.arrives(B, 0, 9e9));
  t.false(receiver.arrives(A, 0, 9e9, 2), 'a clock that began anew');
  t.true(receiver.arrives(A, 0, 18e9, 2));
});

test('clocks that drift apart by less than one in a thousand make nothing late', (t) => {
  const receiver = new Receiver();
  for (let seconds = 0; seconds < 100_000; seconds += 100) {
    t.false(receiver.arrives(A, seconds * 1e6, seconds * 1e6 * 1.0005 + 300));
  }
});
