import test from 'ava';
import fc from 'fast-check';
import { keyPositions } from '../../../server/commands/arguments/key-positions.js';
import { CommandTable } from '../../../server/commands/command-table.js';
import { commandRows, commandTable } from '../../../server/commands/table.js';

const table = new CommandTable(commandRows);

function inSomeCase(text: string, seed: number): string {
  return [...text].map((char, at) => ((seed >> (at % 30)) & 1 ? char.toUpperCase() : char)).join('');
}

test('every command is found by its name in any letter case', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...commandRows), fc.nat(), (row, seed) => {
      t.is(table.find(Buffer.from(inSomeCase(row.name, seed)))?.row, row);
    }),
  );
});

test('a name that is not in the table, or only begins or ends like one, is not found', (t) => {
  const names = new Set(commandRows.map((row) => row.name));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const name = Buffer.from(bytes);
      fc.pre(!names.has(name.toString('latin1').toLowerCase()));
      t.is(table.find(name), undefined);
    }),
  );
  for (const name of ['', 'ge', 'gett', 'get ', 'GE\x14', 'get\0', 'x'.repeat(1000)]) {
    t.is(table.find(Buffer.from(name)), undefined, name);
  }
});

test('subcommands are found by their full names', (t) => {
  t.is(table.findFull('CLIENT|List')?.fullName, 'client|list');
  t.is(table.findFull('client')?.fullName, 'client');
  for (const name of ['client|nosuch', 'get|list', 'client|list|x', '|', 'client|']) {
    t.is(table.findFull(name), undefined, name);
  }
});

test('a name that stands twice is a mistake', (t) => {
  const [row] = commandRows;
  if (row === undefined) return t.fail();
  t.throws(() => new CommandTable([row, row]), { message: /stands twice/ });
});

test('rows are complete and consistent', (t) => {
  for (const command of table.withSubcommands()) {
    const { row, fullName } = command;
    t.regex(row.name, /^[a-z_-]+$/, fullName);
    t.not(row.arity, 0, fullName);
    t.true(row.summary.length > 0 && !row.summary.endsWith('.'), fullName);
    t.true(row.complexity.length > 0 && row.since.length > 0 && row.group.length > 0, fullName);
    t.is(row.categories.includes('@fast'), row.flags.includes('fast'), fullName);
    t.is(row.categories.includes('@slow'), !row.flags.includes('fast'), fullName);
    t.is(row.categories.includes('@write'), row.flags.includes('write'), fullName);
    if (row.keys !== undefined) t.true(Math.abs(row.arity) > row.keys.first, fullName);
  }
});

test('keys stand where the row says, or the arguments do not fit', (t) => {
  const positions = (name: string, argumentCount: number) => {
    const row = table.find(Buffer.from(name))?.row;
    return row && keyPositions(row, argumentCount);
  };
  t.deepEqual(positions('get', 2), [1]);
  t.deepEqual(positions('mget', 4), [1, 2, 3]);
  t.deepEqual(positions('mset', 5), [1, 3]);
  t.deepEqual(positions('ping', 2), []);
  t.is(positions('get', 1), undefined);
  t.is(positions('mget', 1), undefined);
});

test('the table for people has a line for each command and names subcommands', (t) => {
  const markdown = commandTable();
  t.is(markdown.trim().split('\n').length, commandRows.length + 2);
  t.true(markdown.includes('| `GET` | string | 2 or more | 1.0.0 |'));
  t.true(markdown.includes('SETNAME'));
});
