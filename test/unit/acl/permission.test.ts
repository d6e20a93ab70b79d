import test from 'ava';
import { denialOf } from '../../../server/acl/permission.js';
import type { User } from '../../../server/acl/user.js';
import { commands, userOf } from './fixtures.js';

/** What stands against a request: '' for nothing, `command`, or the argument that is a forbidden key. */
function denied(user: User, line: string): string {
  const args = line.split(' ').map((word) => Buffer.from(word));
  const [name = '', subcommand] = line.split(' ');
  const container = commands.findFull(name);
  const command = container?.subcommands === undefined ? container : commands.findFull(`${name}|${subcommand}`);
  if (command === undefined) throw new Error(`no command: ${line}`);
  const denial = denialOf(user, command, args);
  if (denial === undefined) return '';
  return denial.kind === 'key' ? String(args[denial.position]) : 'command';
}

test('a command needs its own right or that of a category, and a subcommand that of its container or its own', (t) => {
  const user = userOf('+get', '+@bitmap', '+config|get', '+client', '-client|kill', '~*');
  t.deepEqual(
    ['get a', 'set a b', 'bitcount a', 'config get x', 'config set x y', 'client id', 'client kill x', 'ping'].map(
      (line) => denied(user, line),
    ),
    ['', 'command', '', '', 'command', '', 'command', 'command'],
  );
});

test('AUTH, HELLO, QUIT and RESET are open to everybody', (t) => {
  const nobody = userOf();
  t.deepEqual(
    ['auth x', 'hello', 'quit', 'reset'].map((line) => denied(nobody, line)),
    ['', '', '', ''],
  );
});

test('a command that is allowed with a first argument is allowed with no other', (t) => {
  const user = userOf('+select|0');
  t.deepEqual(
    ['select 0', 'select 1'].map((line) => denied(user, line)),
    ['', 'command'],
  );
});

test('each key needs a pattern that allows what is done with it', (t) => {
  const user = userOf('+@all', '~a*', '%R~r*', '%W~w*');
  t.deepEqual(
    [
      'get a',
      'set a x',
      'get r',
      'set r x',
      'set w x',
      'get w',
      'set w x GET',
      'set a x GET',
      'mset a 1 b 2 w 3',
      'get A',
    ].map((line) => denied(user, line)),
    ['', '', '', 'r', '', 'w', 'w', '', 'b', 'A'],
  );
});

test('one selector must allow all of a request; the denial that came furthest is told', (t) => {
  const user = userOf('+get', '~a', '(+mget +mset ~c ~d)', '(+mget ~c ~e)');
  t.deepEqual(
    ['get a', 'get c', 'mget c d', 'mget c e', 'mget d e', 'mget c c x', 'set a 1'].map((line) => denied(user, line)),
    ['', 'c', '', '', 'e', 'x', 'command'],
  );
});
