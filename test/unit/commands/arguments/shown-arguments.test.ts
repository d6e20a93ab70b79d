import test from 'ava';
import { shownArguments } from '../../../../server/commands/arguments/shown-arguments.js';
import { CommandTable } from '../../../../server/commands/command-table.js';
import { commandRows } from '../../../../server/commands/table.js';

const commands = new CommandTable(commandRows);

function shown(fullName: string, line: string): string {
  const row = commands.findFull(fullName)?.row;
  if (row === undefined) throw new Error(`no command ${fullName}`);
  const words = line.split(' ').map((word) => Buffer.from(word));
  return shownArguments(row, words).join(' ');
}

test('passwords and rules of users are not shown to others', (t) => {
  t.is(shown('auth', 'AUTH secret'), 'AUTH (redacted)');
  t.is(shown('auth', 'AUTH user secret'), 'AUTH (redacted) (redacted)');
  t.is(shown('hello', 'HELLO 3 SETNAME n auth u p'), 'HELLO 3 SETNAME n auth (redacted) (redacted)');
  t.is(shown('acl|setuser', 'ACL SETUSER u >p on'), 'ACL SETUSER (redacted) (redacted) (redacted)');
  t.is(shown('config|set', 'CONFIG SET timeout 1 RequirePass secret'), 'CONFIG SET timeout 1 RequirePass (redacted)');
});

test('what is no secret is shown as it came', (t) => {
  for (const [name, line] of [
    ['get', 'GET k'],
    ['hello', 'HELLO 3'],
    ['acl|getuser', 'ACL GETUSER u'],
    ['config|set', 'CONFIG SET timeout 1'],
  ] as const) {
    t.is(shown(name, line), line);
  }
});

test('a request with very many secrets is gone over once', (t) => {
  const words = shown('hello', `HELLO 3 ${'AUTH me secret '.repeat(300_000).trimEnd()}`).split(' ');
  t.is(words.length, 900_002);
  t.deepEqual(new Set(words), new Set(['HELLO', '3', 'AUTH', '(redacted)']));
});
