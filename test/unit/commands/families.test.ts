import test from 'ava';
import { REDIS_COMMANDS } from '../../../server/acl/redis-commands.js';
import { COMMAND_FAMILIES, familyTable } from '../../../server/commands/families.js';
import { commandRows } from '../../../server/commands/table.js';

test('each command, of ours and of Redis, is in exactly one family', (t) => {
  const redisNames = REDIS_COMMANDS.flatMap(([, names]) => names.split(' ')).filter((name) => !name.includes('|'));
  const known = new Set([...commandRows.map(({ name }) => name), ...redisNames]);
  const inFamilies = COMMAND_FAMILIES.flatMap(({ commands }) => commands.split(' '));
  t.deepEqual([...inFamilies].sort(), [...known].sort());
});

test('a family shows what there is of it, and what is not there yet, subcommands too', (t) => {
  const table = familyTable(commandRows.filter(({ name }) => name === 'get' || name === 'script'));
  t.regex(table, /\| strings \| `GET` \|.*\| .*`SET`.* \|/);
  t.regex(table, /\| lists \| {2}\| {2}\| all \|/);
  t.regex(table, /\| scripting \| `SCRIPT` \|.*`SCRIPT LOAD`/);
});
