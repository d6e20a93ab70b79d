import test from 'ava';
import { flagsOf } from '../../../../scripts/processes/node-flags.js';

test('the flags for Node are those of the first line of the program', (t) => {
  t.deepEqual(flagsOf('#!/usr/bin/env -S node --max-semi-space-size=16 --single-threaded-gc'), [
    '--max-semi-space-size=16',
    '--single-threaded-gc',
  ]);
});

test('a first line without flags, or that is none of a script, has none', (t) => {
  t.deepEqual(flagsOf('#!/usr/bin/env node'), []);
  t.deepEqual(flagsOf("import 'node --flag';"), []);
});
