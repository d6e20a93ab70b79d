/**
 * One step of a case: a line of words (see `request.ts`), or
 * - `raw`: bytes as they are, one char each, with any number of requests in them;
 * - `last`: a line of words, or `rawLast` bytes, after which the server closes the connection;
 * - `until`: a line that is sent again and again until the reply is `reply`, for what time brings about.
 */
export type Step =
  | string
  | { readonly raw: string }
  | { readonly rawLast: string }
  | { readonly last: string }
  | { readonly until: string; readonly reply: string };

/** Steps on one new connection, with none of the keys of `CASE_KEYS` there at the start. */
export type Case = readonly Step[];

export interface CaseFamily {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** All keys that cases use in database 0, as words. */
export const CASE_KEYS: readonly string[] = ['k', 'k2', 'k3', '{t}a', '{t}b', '""', '"\\x00\\xff\\r\\n"'];

/** Numbers as a client may write them: good, odd, and around the ends of what 64 bits hold. */
export const NUMBERS: readonly string[] = [
  '0',
  '1',
  '-1',
  '+1',
  '01',
  '-0',
  '-01',
  '" 1"',
  '"1 "',
  '1.0',
  '1e3',
  '""',
  'abc',
  '0x10',
  '"\\x00"',
  '"1\\x00"',
  '2147483648',
  '4102444800',
  '4102444800000',
  '9223372036854775',
  '9223372036854776',
  '-9223372036854775',
  '-9223372036854776',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '99999999999999999999',
  '999999999999999999999999999',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
];

/** The numbers to try with an option or a command that sets an expiry: none that ends while the case still runs. */
export function numbersFor(expiry: string): readonly string[] {
  return expiry.endsWith('AT') ? NUMBERS : NUMBERS.filter((number) => number !== '1');
}
