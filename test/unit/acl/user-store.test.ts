import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { UserStore } from '../../../server/acl/user-store.js';
import { completeConfig, type GivenValues } from '../../../server/config/config.js';
import { loadConfig } from '../../../server/config/load-config.js';
import { Settings } from '../../../server/config/settings.js';
import { commands } from './fixtures.js';

function storeOf(given: GivenValues): UserStore {
  return new UserStore(new Settings(completeConfig(given)), commands);
}

/** The store of a configuration file. */
function storeOfFile(content: string, argv: readonly string[] = []): UserStore {
  const config = loadConfig({ argv: ['f', ...argv], environment: {}, readFile: () => content });
  return new UserStore(new Settings(config), commands);
}

function faultOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'none';
}

test('without any word about users there is one, who may do everything without a password', (t) => {
  t.deepEqual(
    storeOf({})
      .all()
      .map((user) => `${user.name} ${user.describe()}`),
    ['default on nopass ~* &* +@all'],
  );
});

test('users stand in the file as in redis.conf, with spaces, quotes and semicolons in what they say', (t) => {
  const store = storeOfFile('user alice on >a;b ~cart:* (+get ~x)\nuser default off\nuser bob on ">with space" +get\n');
  t.deepEqual(
    store.all().map(({ name }) => name),
    ['alice', 'bob', 'default'],
  );
  t.is(store.find('alice')?.selectors.length, 1);
  t.is(store.find('default')?.isOn, false);
  t.deepEqual(store.find('bob')?.passwords, storeOfFile('user x ">with space"').find('x')?.passwords);
  t.not(store.find('bob')?.passwords[0], store.find('alice')?.passwords[0]);
});

test('what is wrong with a user of the configuration is told without a password', (t) => {
  t.is(
    faultOf(() => storeOf({ user: 'alice on +nope' })),
    "Error in user declaration 'alice': '+nope': Unknown command or category name in ACL",
  );
  t.is(
    faultOf(() => storeOf({ user: 'alice <secret' })),
    "Error in user declaration 'alice': '<': The password you are trying to remove from the user does not exist",
  );
  t.regex(
    faultOf(() => storeOf({ user: 'a on\na off' })),
    /Duplicate user found/,
  );
  t.regex(
    faultOf(() => storeOf({ user: 'a on', aclfile: 'f' })),
    /both/,
  );
  const twoWords = faultOf(() => storeOfFile('requirepass open sesame'));
  t.regex(twoWords, /takes one value/);
  t.notRegex(twoWords, /sesame/);
});

test('a password of the configuration is that of the default user, and so is one that is set later', (t) => {
  const settings = new Settings(completeConfig({ requirepass: 'one' }));
  const store = new UserStore(settings, commands);
  const [first] = store.default.passwords;
  t.regex(first ?? '', /^[0-9a-f]{64}$/);
  settings.change([['timeout', '1']]);
  t.deepEqual(store.default.passwords, [first]);
  settings.change([['requirepass', 'two']]);
  t.is(store.default.passwords.length, 1);
  t.not(store.default.passwords[0], first);
  settings.change([['requirepass', '']]);
  t.true(store.default.isOpen);
});

test('the ACL file is read at the start, written whole, and readable by its owner alone', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-users-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const aclfile = join(folder, 'users.acl');
  t.regex(
    faultOf(() => storeOf({ aclfile })),
    /^Error loading ACLs, opening file '.*': No such file or directory$/,
  );
  writeFileSync(aclfile, 'user u on >p +get\n');
  const store = storeOf({ aclfile });
  t.deepEqual(
    store.all().map(({ name }) => name),
    ['default', 'u'],
  );
  t.is(store.set('v', ['on']), undefined);
  store.save();
  t.is(statSync(aclfile).mode & 0o777, 0o600);
  t.is(readFileSync(aclfile, 'latin1').split('\n').length, 4);
  t.deepEqual(
    storeOf({ aclfile })
      .all()
      .map((user) => user.describe()),
    store.all().map((user) => user.describe()),
  );
});
