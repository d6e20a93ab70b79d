import test from 'ava';
import fc from 'fast-check';
import { splitInline } from '../../../server/resp/inline-command.js';

/** What redis-server 7.0.15 makes of these lines; undefined: `unbalanced quotes in request`. */
const LINES: readonly [line: string, words: readonly string[] | undefined][] = [
  ['PING', ['PING']],
  ['', []],
  [' \t\x0b\x0c ', []],
  ['  SET  a\tb ', ['SET', 'a', 'b']],
  ['a\rb', ['a', 'b']],
  ['\x0bPING', ['PING']],
  ['PING\x0bx', ['PING\x0bx']],
  ['PING ""', ['PING', '']],
  ["PING ''", ['PING', '']],
  ['"PING"', ['PING']],
  ['PING "a', undefined],
  ["PING 'a", undefined],
  ['PING "a"b', undefined],
  ["PING 'a'b", undefined],
  ['PING "a\\"', undefined],
  ['PING "a\\', undefined],
  ["PING 'a\\'", undefined],
  ['PING a"b c"', ['PING', 'ab c']],
  ['PING a"b"c', undefined],
  ['PING "\\x41\\n\\q\\xZZ"', ['PING', 'A\nqxZZ']],
  ['PING "\\xff\\a\\b\\t\\r"', ['PING', '\xff\x07\b\t\r']],
  ['PING "\\x4"', ['PING', 'x4']],
  ['PING "a\\"b"', ['PING', 'a"b']],
  ["PING 'a\\'b\\n'", ['PING', "a'b\\n"]],
  ['PING a\\x41', ['PING', 'a\\x41']],
  ['PING "it\'s" \'say "x"\'', ['PING', "it's", 'say "x"']],
];

function split(line: string): string[] | undefined {
  // Other bytes around the line must make no difference.
  const bytes = Buffer.from(`"${line}" x`, 'latin1');
  return splitInline(bytes, 1, bytes.length - 3)?.map((word) => word.toString('latin1'));
}

test('inline commands are split as Redis splits them', (t) => {
  for (const [line, words] of LINES) t.deepEqual(split(line), words?.slice(), line);
});

test('a word that is quoted with escapes comes out as it was', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (words) => {
      const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;
      const line = words.map((word) => `"${Array.from(word, hex).join('')}"`).join(' ');
      t.deepEqual(
        split(line),
        words.map((word) => Buffer.from(word).toString('latin1')),
      );
    }),
  );
});

test('no line makes the splitter throw or grow', (t) => {
  const bytes = fc.array(
    fc.oneof(fc.constantFrom(...Buffer.from(' "\'\\xntab09\r\n')), fc.integer({ min: 0, max: 255 })),
  );
  fc.assert(
    fc.property(bytes, (line) => {
      const words = splitInline(Buffer.from(line), 0, line.length) ?? [];
      t.true(words.reduce((sum, word) => sum + word.length, 0) <= line.length);
    }),
  );
});
