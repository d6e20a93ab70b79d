import test from 'ava';
import fc from 'fast-check';
import { AT_REST, decodeStrain, encodeStrain, worst } from '../../../cluster/background/strain.js';

const strains = fc.record({
  isBusy: fc.boolean(),
  pressure: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((thousandths) => thousandths / 1000),
  isMinuteKept: fc.boolean(),
});

test('what is told is what is heard', (t) => {
  fc.assert(fc.property(strains, (strain) => t.deepEqual(decodeStrain(encodeStrain(strain)), strain)));
  t.is(decodeStrain(encodeStrain({ ...AT_REST, pressure: Number.POSITIVE_INFINITY }))?.pressure, (2 ** 32 - 1) / 1000);
});

test('an answer that was cut, or none, tells nothing; bytes behind it are left to later versions', (t) => {
  const bytes = encodeStrain(AT_REST);
  for (let length = 0; length < bytes.length; length++) t.is(decodeStrain(bytes.subarray(0, length)), undefined);
  t.deepEqual(decodeStrain(Buffer.concat([bytes, Buffer.of(7)])), AT_REST);
});

test('the worst of several is as bad as each of them', (t) => {
  t.deepEqual(worst([]), AT_REST);
  fc.assert(
    fc.property(fc.array(strains), (all) => {
      const { isBusy, pressure, isMinuteKept } = worst(all);
      for (const each of all) {
        t.true(pressure >= each.pressure);
        t.true(isBusy || !each.isBusy);
        t.true(!isMinuteKept || each.isMinuteKept);
      }
    }),
  );
});
