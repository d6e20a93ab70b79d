import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { REDIS_COMMANDS } from '../../server/acl/redis-commands.js';
import { catalogue } from '../unit/acl/fixtures.js';
import { ruleLists } from '../unit/acl/rule-lists.js';
import { LiveServer } from '../unit/commands/live-server.js';
import { Comparison } from './comparison.js';
import { RawConnection } from './raw-connection.js';
import { RedisProcess } from './redis-process.js';
import { treeOf } from './reply-tree.js';
import { requestOf, wordsOf } from './request.js';

const RUNS = 150;

const redis = await RedisProcess.start();
const live = await LiveServer.start();

test.after.always(async () => {
  await live.stop();
  await redis.stop();
});

/** What a user of those rules may run, on keys that the patterns of `ruleLists` tell apart. */
const REQUESTS = [
  'GET a',
  'SET a1 x',
  'SET z x GET',
  'SET a x NX',
  'MGET a bx',
  'MSET a 1 cx 2',
  'MSETNX a 1 key:1 2',
  'DEL key:1',
  'UNLINK a z',
  'EXISTS a cx',
  'TYPE a',
  'STRLEN a',
  'TTL z',
  'EXPIRE "" 1',
  'PERSIST a',
  'GETEX a',
  'GETEX a EX 9',
  'GETDEL a',
  'GETSET a x',
  'SETNX a x',
  'APPEND a x',
  'SETRANGE a 0 x',
  'GETRANGE a 0 1',
  'INCR a',
  'INCRBYFLOAT z 1',
  'SETBIT a 1 1',
  'GETBIT a 1',
  'BITCOUNT a',
  'BITOP AND a bx cx',
  'BITFIELD a GET u8 0',
  'BITFIELD a SET u8 0 1',
  'BITFIELD_RO a GET u8 0',
  'LCS a bx',
  'COPY a bx',
  'RENAME a bx',
  'RENAMENX bx a',
  'MOVE a 1',
  'TOUCH a z',
  'DUMP a',
  'OBJECT ENCODING a',
  'OBJECT HELP',
  'SCAN 0',
  'KEYS x',
  'RANDOMKEY',
  'DBSIZE',
  'FLUSHALL',
  'SELECT 0',
  'SELECT x',
  'PING',
  'CONFIG GET x',
  'CONFIG SET x y',
  'CLIENT ID',
  'CLIENT KILL x',
  'ACL WHOAMI',
  'ACL LIST',
  'COMMAND',
  'COMMAND COUNT',
  'INFO',
  'CLUSTER SLOTS',
  'AUTH x',
  'HELLO',
  'QUIT',
  'RESET',
  'LATENCY RESET',
];

/** A failure is told with its seed and path, which `fc.check` takes to replay it. */
async function holds(t: ExecutionContext, property: fc.IAsyncProperty<[string[]]>, numRuns = RUNS): Promise<void> {
  const { failed, seed, counterexamplePath, counterexample, errorInstance } = await fc.check(property, {
    numRuns,
  });
  t.false(
    failed,
    `seed ${seed}, path ${counterexamplePath}: ${JSON.stringify(counterexample)}\n${String(errorInstance)}`,
  );
}

/** The rules of a line of `ACL LIST`, without those about commands that only our server has. */
function sharedRules(line: string): string[] {
  const words = line.split(' ').slice(2);
  const isOwn = (word: string): boolean => catalogue.find(word.replace(/^[+-]|\)$/g, ''))?.isOfRedis === false;
  return words.flatMap((word) => (isOwn(word) ? (word.endsWith(')') ? [')'] : []) : [word]));
}

function quoted(rule: string): string {
  return `"${rule}"`;
}

for (const resp of [2, 3] as const) {
  test.serial(`users of random rules are those of Redis (RESP${resp})`, async (t) => {
    const comparison = new Comparison(redis.port, live.port);
    const property = fc.asyncProperty(ruleLists, async (rules) => {
      const found = await comparison.differences(
        [
          'ACL DELUSER u',
          `ACL SETUSER u ${rules.map(quoted).join(' ')}`,
          'ACL GETUSER u',
          'ACL LIST',
          ...REQUESTS.map((request) => `ACL DRYRUN u ${request}`),
        ],
        resp,
      );
      if (found.length > 0) throw new Error(found.join('\n\n'));
    });
    await holds(t, property);
  });
}

/** Words that are mostly no rules, made of what rules are made of. */
const oddWords = fc.array(
  fc
    .array(
      fc.constantFrom(
        '+',
        '-',
        '@',
        '|',
        '~',
        '%',
        'R',
        'w',
        '&',
        '>',
        '<',
        '#',
        '!',
        '(',
        ')',
        ' ',
        '*',
        '\\t',
        '\\r',
        '\\n',
        '\\"',
        "'",
        '\\\\',
        '\\xff',
        'get',
        'GET',
        'config',
        'all',
        'read',
        'on',
        'nopass',
        'reset',
        'keys',
        'a',
      ),
      { maxLength: 5 },
    )
    .map((pieces) => pieces.join('')),
  { maxLength: 5 },
);

test.serial('odd rules are refused, or taken, as by Redis', async (t) => {
  const comparison = new Comparison(redis.port, live.port);
  const property = fc.asyncProperty(oddWords, async (words) => {
    const found = await comparison.differences(
      ['ACL DELUSER u', `ACL SETUSER u ${words.map(quoted).join(' ')}`, 'ACL GETUSER u', 'ACL LIST'],
      2,
    );
    if (found.length > 0) throw new Error(found.join('\n\n'));
  });
  await holds(t, property, RUNS * 4);
});

test.serial('what each of the two describes is the same user for the other', async (t) => {
  const comparison = new Comparison(redis.port, live.port);
  const ours = await RawConnection.open(live.port);
  t.teardown(() => ours.close());
  const property = fc.asyncProperty(ruleLists, async (rules) => {
    await ours.exchange(requestOf(wordsOf('ACL DELUSER u')));
    await ours.exchange(requestOf(['ACL', 'SETUSER', 'u', ...rules].map((word) => Buffer.from(word))));
    const described = treeOf((await ours.exchange(requestOf(wordsOf('ACL LIST')))).bytes);
    const line = sharedRules(String(described[1])).map(quoted).join(' ');
    const found = await comparison.differences([`ACL SETUSER v ${line}`, 'ACL GETUSER v', 'ACL DELUSER v'], 2);
    if (found.length > 0) throw new Error(found.join('\n\n'));
  });
  await holds(t, property);
});

test.serial('the list of the commands of Redis is that of redis-server, with its categories', async (t) => {
  const connection = await RawConnection.open(redis.port);
  t.teardown(() => connection.close());
  const tree = treeOf((await connection.exchange(requestOf(wordsOf('COMMAND')))).bytes);
  const theirs = new Map<string, string>();
  const note = (command: unknown): void => {
    if (!Array.isArray(command)) return;
    const [name, , , , , , categories, , , subcommands] = command;
    theirs.set(String(name), categories.map((category: string) => category.slice(2)).join(' '));
    for (const subcommand of subcommands) note(subcommand);
  };
  for (const command of tree) note(command);
  const ours = new Map(
    REDIS_COMMANDS.flatMap(([categories, names]) => names.split(' ').map((name) => [name, categories])),
  );
  t.deepEqual([...ours].sort(), [...theirs].sort());
});
