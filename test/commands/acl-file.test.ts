/** `ACL LOAD` and `ACL SAVE` on the same file contents as redis-server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { LiveServer } from '../unit/commands/live-server.js';
import { Comparison } from './comparison.js';
import { RawConnection } from './raw-connection.js';
import { RedisProcess } from './redis-process.js';
import { requestOf, wordsOf } from './request.js';

const HASH = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
const DEFAULT = 'user default on nopass ~* &* +@all';

const folder = mkdtempSync(join(tmpdir(), 'cartwheel-acl-'));
// Both have the same file: its path stands in the texts of faults.
const path = join(folder, 'users.acl');
writeFileSync(path, `${DEFAULT}\n`);
const redis = await RedisProcess.start(['--aclfile', path]);
const live = await LiveServer.start({ aclfile: path, loginDelayMaxMs: 0 });

test.after.always(async () => {
  await live.stop();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What a new client is answered. */
async function answer(port: number, line: string): Promise<string> {
  const connection = await RawConnection.open(port);
  const { bytes } = await connection.exchange(requestOf(wordsOf(line)));
  connection.close();
  return bytes;
}

const CONTENTS: readonly string[] = [
  `${DEFAULT}\nuser u on nopass +get ~a*\nuser v on #${HASH} +@all -@dangerous (~b +set) &c\n`,
  'user u on nopass +get ~a*',
  '',
  '\n\n   \n\t\nuser u on\r\n',
  'user default off +@all\nuser u on nopass +@all ~* &*',
  'user default on >foo +@all',
  '# a comment',
  'users u on',
  'user',
  'user ',
  'user  u on',
  'user u on  nopass   +get',
  'user u\ton',
  'user u on\nuser u off',
  'user u on\nuser v on\nuser u nope\nuser v nope',
  'user u nope\nuser v alsonope badly',
  'user u +nope +alsonope ~* ~a +get|',
  'user u ~* ~a\nuser v +nope',
  'user u (+get ~a\nuser v on',
  'user u (+nope) on',
  'user u >one <two',
  'user u #abc',
  'user "u" on',
  'user u "on"',
  'USER u on',
  'user \xff on ~\xff',
];

for (const [index, content] of CONTENTS.entries()) {
  test.serial(`an ACL file is read as Redis reads it: ${JSON.stringify(content)}`, async (t) => {
    writeFileSync(path, `${DEFAULT}\n`);
    const comparison = new Comparison(redis.port, live.port);
    t.deepEqual(
      await comparison.differences(['ACL SETUSER w on nopass +@all', 'ACL LOAD'], 2),
      [],
      'from the same start',
    );
    for (const { port } of [redis, live]) t.is(await answer(port, 'ACL WHOAMI'), '$7\r\ndefault\r\n');
    writeFileSync(path, content, 'latin1');
    const steps = ['AUTH default foo', 'ACL LOAD', 'ACL LIST', 'ACL SETUSER default on nopass +@all ~* &*'];
    t.deepEqual(await comparison.differences(steps, index % 2 === 0 ? 2 : 3), []);
  });
}

test.serial('an ACL file that is not there is told as Redis tells it', async (t) => {
  rmSync(path, { force: true });
  t.deepEqual(await new Comparison(redis.port, live.port).differences(['ACL LOAD', 'ACL LIST'], 2), []);
});

test.serial('ACL SAVE writes what Redis writes, and ACL LOAD reads it again', async (t) => {
  writeFileSync(
    path,
    `${DEFAULT}\nuser u on #${HASH} ~a* %R~b* resetchannels &c -@all +@string (~x resetchannels -@all +get)\n`,
  );
  const comparison = new Comparison(redis.port, live.port);
  const saved = async (port: number): Promise<string> => {
    rmSync(path, { force: true });
    t.is(await answer(port, 'ACL SAVE'), '+OK\r\n');
    return readFileSync(path, 'latin1');
  };
  t.deepEqual(await comparison.differences(['ACL LOAD', 'ACL LIST'], 2), []);
  const theirs = await saved(redis.port);
  t.is(await saved(live.port), theirs);
  t.deepEqual(await comparison.differences(['ACL SETUSER v on', 'ACL LOAD', 'ACL LIST'], 2), []);
});

test.serial('whoever is connected as another user than the default one is disconnected by ACL LOAD', async (t) => {
  writeFileSync(path, `${DEFAULT}\nuser u on nopass +@all\n`);
  const comparison = new Comparison(redis.port, live.port);
  t.deepEqual(await comparison.differences(['ACL LOAD', 'AUTH u x', { last: 'ACL LOAD' }], 2), []);
  t.deepEqual(await comparison.differences(['ACL LOAD', 'ACL WHOAMI'], 2), []);
});
