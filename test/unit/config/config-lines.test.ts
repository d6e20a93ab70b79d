import test from 'ava';
import {
  ConfigError,
  readArguments,
  readConfigLines,
  readEnvironment,
  splitWords,
} from '../../../server/config/config-lines.js';

test('a file in the form of redis.conf is read line by line, without comments and blanks', (t) => {
  const given = readConfigLines('# a comment\n\nPort 7001\r\n  dir "./my data"  \nkeyspace cart: n=3 r=2\n', 'c.conf');
  t.deepEqual(given, [
    { name: 'port', words: ['7001'], source: 'c.conf line 3' },
    { name: 'dir', words: ['./my data'], source: 'c.conf line 4' },
    { name: 'keyspace', words: ['cart:', 'n=3', 'r=2'], source: 'c.conf line 5' },
  ]);
});

test('quotes work as in Redis', (t) => {
  t.deepEqual(splitWords(`a "b c" 'd e' ""`, 'here'), ['a', 'b c', 'd e', '']);
  t.deepEqual(splitWords(String.raw`"\x41\n\t\"\\"`, 'here'), ['A\n\t"\\']);
  t.deepEqual(splitWords(String.raw`'it\'s \n'`, 'here'), [String.raw`it's \n`]);
});

test('quotes that do not match up are an error that names the place', (t) => {
  for (const line of ['"abc', "'abc", '"abc"def', '"abc\\"']) {
    const error = t.throws(() => splitWords(line, 'c.conf line 7'), { instanceOf: ConfigError }, line);
    t.is(error?.message, 'unbalanced quotes (c.conf line 7)');
  }
});

test('a command line has an optional file first, then options with their words', (t) => {
  const { file, given } = readArguments(['my.conf', '--port', '7001', '--peers', 'a:1', 'b:2', '--dir=./x=y']);
  t.is(file, 'my.conf');
  t.deepEqual(given, [
    { name: 'port', words: ['7001'], source: '--port' },
    { name: 'peers', words: ['a:1', 'b:2'], source: '--peers' },
    { name: 'dir', words: ['./x=y'], source: '--dir' },
  ]);
  t.deepEqual(readArguments([]), { file: undefined, given: [] });
});

test('only variables with our prefix are options', (t) => {
  t.deepEqual(readEnvironment({ PATH: '/bin', CARTWHEEL_REQUEST_TIMEOUT_MS: '500', CARTWHEEL_X: undefined }), [
    { name: 'request-timeout-ms', words: ['500'], source: 'CARTWHEEL_REQUEST_TIMEOUT_MS' },
  ]);
});
