import test from 'ava';
import { REDIS_COMMANDS } from '../../../server/acl/redis-commands.js';
import { catalogue, commands } from './fixtures.js';

test('commands that Redis has too are in the categories in which they are there', (t) => {
  for (const [categories, names] of REDIS_COMMANDS) {
    for (const name of names.split(' ')) {
      t.deepEqual([...(catalogue.find(name)?.categories ?? [])].sort(), categories.split(' ').sort(), name);
    }
  }
});

test('all commands have a number of their own, and stand behind their container', (t) => {
  t.deepEqual(
    catalogue.all.map(({ id }) => id).toSorted((a, b) => a - b),
    Array.from({ length: catalogue.count }, (_, id) => id),
  );
  for (const command of catalogue.all) {
    if (command.container === undefined) continue;
    const own = catalogue.all.indexOf(command);
    const container = catalogue.all.indexOf(command.container);
    t.true(container >= 0 && container < own && own <= container + command.container.subcommands.size);
  }
});

test('a command is found by its name in any letter case, and from its row', (t) => {
  const get = commands.findFull('config|get');
  if (get === undefined) throw new Error('there is no CONFIG GET');
  t.is(catalogue.find('Config|GET'), catalogue.of(get));
  t.is(catalogue.find('config|nosuch'), undefined);
  t.deepEqual(
    ['get', 'psync', 'dynamo|leave'].map((name) => {
      const known = catalogue.find(name);
      return [known?.isOwn, known?.isOfRedis];
    }),
    [
      [true, true],
      [false, true],
      [true, false],
    ],
  );
});
