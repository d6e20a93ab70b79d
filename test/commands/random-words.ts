/** What random commands are made of: few keys and values, times, and lines of words. */
import fc from 'fast-check';
import { CASE_KEYS } from './case.js';

export const KEYS = CASE_KEYS.slice(0, 4);
const VALUES = ['v', '""', '0', '-1', '9223372036854775807', '"\\x00\\xff\\r\\n"', 'a'.repeat(100), '"a b"'];
/** Instants in ms, far enough apart to be told from each other whatever the tolerance. */
const INSTANTS_MS = [4102444800000, 4102445800000, 4102446800000, 4102447800999];
/** Other times, some of them in the past, refused, or at the ends of 64 bits. */
const ODD_TIMES = [
  '-1',
  '0',
  'abc',
  '""',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '01',
  '1.5',
];

export const key = fc.constantFrom(...KEYS);
export const value = fc.constantFrom(...VALUES);
const oddTime = fc.constantFrom(...ODD_TIMES);
const oddInstant = fc.constantFrom(...ODD_TIMES, '1', '1000');
/** Seconds, drawn so that two of them are hardly ever equal: which of two equal ones ends later is for chance to say. */
const secondsLeft = fc.noBias(fc.integer({ min: 1, max: 1_000_000_000 })).map((thousands) => thousands * 1000);
const instantMs = fc.constantFrom(...INSTANTS_MS);

/** An expiry, as instant or from now on; some are refused or in the past. */
export function time(isAbsolute: boolean, inMs: boolean): fc.Arbitrary<string> {
  const usual = isAbsolute
    ? instantMs.map((ms) => String(inMs ? ms : Math.trunc(ms / 1000)))
    : secondsLeft.map((seconds) => String(inMs ? seconds * 1000 : seconds));
  return fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: isAbsolute ? oddInstant : oddTime });
}

function anyCase(word: string): fc.Arbitrary<string> {
  return fc.constantFrom(word, word, word.toLowerCase(), word.slice(0, 1) + word.slice(1).toLowerCase());
}

/** A line of words: those that are given as they are stand in any letter case. */
export function words(...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> {
  return fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? anyCase(part) : part)))
    .map((all) => all.filter((word) => word !== '').join(' '));
}

/** Up to `max` of them, perhaps none. */
export function several(one: fc.Arbitrary<string>, max: number): fc.Arbitrary<string> {
  return fc.array(one, { minLength: 0, maxLength: max }).map((all) => all.join(' '));
}
