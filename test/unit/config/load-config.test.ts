import test, { type ExecutionContext } from 'ava';
import type { Config } from '../../../server/config/config.js';
import { ConfigError } from '../../../server/config/config-lines.js';
import { asksFor, loadConfig } from '../../../server/config/load-config.js';

const SECRET = 'sixteen letters!';

interface Given {
  readonly argv?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly files?: Record<string, string>;
}

function load({ argv = [], environment = {}, files = {} }: Given): Config {
  const readFile = (path: string): string => {
    const content = files[path];
    if (content === undefined) throw new Error('no such file');
    return content;
  };
  return loadConfig({ argv, environment, readFile });
}

function messageOf(t: ExecutionContext, given: Given): string {
  return t.throws(() => load(given), { instanceOf: ConfigError })?.message ?? '';
}

test('without anything given, all options have their defaults and the result is frozen', (t) => {
  const config = load({});
  t.is(config.port, 6379);
  t.is(config.peerPort, 16379);
  t.is(config.peerBind, '127.0.0.1');
  t.is(config.announceHost, '127.0.0.1');
  t.deepEqual(config.bind, ['127.0.0.1']);
  t.is(config.valueMaxLen, 1024 * 1024);
  t.is(config.keyMaxLen, 64 * 1024);
  t.is(config.protoMaxBulkLen, 512 * 1024 * 1024);
  t.deepEqual(config.keyspaces, [
    { prefix: '', n: 3, r: 2, w: 2, sloppy: true, reconcile: 'newest', durability: 'log' },
  ]);
  t.true(Object.isFrozen(config));
  t.true(Object.isFrozen(config.keyspaces));
});

test('the command line wins over the environment, and that over the file', (t) => {
  const files = { 'c.conf': 'port 1\ndir /file\nzone file' };
  const environment = { CARTWHEEL_PORT: '2', CARTWHEEL_DIR: '/environment' };
  const config = load({ argv: ['c.conf', '--port', '3'], environment, files });
  t.is(config.port, 3);
  t.is(config.dir, '/environment');
  t.is(config.zone, 'file');
});

test('an unknown option names itself and the nearest known one', (t) => {
  t.is(messageOf(t, { argv: ['--prot', '1'] }), "unknown option 'prot' (--prot); did you mean 'port'?");
  t.is(
    messageOf(t, { environment: { CARTWHEEL_REQUEST_TIMEOUT: '1' } }),
    "unknown option 'request-timeout' (CARTWHEEL_REQUEST_TIMEOUT); did you mean 'request-timeout-ms'?",
  );
  t.is(
    messageOf(t, { argv: ['c.conf'], files: { 'c.conf': '\nzzzzzzzz yes' } }),
    "unknown option 'zzzzzzzz' (c.conf line 2)",
  );
});

test('a bad value names the option, the value and its bounds', (t) => {
  t.is(
    messageOf(t, { argv: ['--port', '70000'] }),
    "bad value '70000' for option 'port' (--port): expected 0 to 65535",
  );
  t.regex(messageOf(t, { argv: ['--durability', 'never'] }), /expected buffer, log, fsync-one, fsync/);
  t.regex(messageOf(t, { argv: ['--partitions', '100'] }), /a power of two, 1 to 16384/);
  t.is(messageOf(t, { argv: ['--port'] }), "option 'port' (--port) has no value: expected 0 to 65535");
  t.regex(messageOf(t, { argv: ['--port', '1', '2'] }), /option 'port' .* takes one value; unexpected argument '2'/);
  t.regex(messageOf(t, { argv: ['--dir', '/data', '-p', '6390'] }), /option 'dir' .* unexpected argument '-p'/);
});

test('what Redis offers and this server does not is refused, its default is accepted', (t) => {
  t.is(load({ argv: ['--appendonly', 'no', '--save', ''] }).appendonly, 'no');
  t.regex(messageOf(t, { argv: ['--appendonly', 'yes'] }), /bad value 'yes' for option 'appendonly'/);
});

test('keyspaces inherit what they do not name, and the last line for a prefix counts', (t) => {
  const file = 'durability buffer\nkeyspace cart: reconcile=siblings\nkeyspace a: n=1\nkeyspace cart: n=5 w=4';
  const { keyspaces } = load({ argv: ['c.conf', '--keyspace', 'b:', 'r=1', 'sloppy=no'], files: { 'c.conf': file } });
  t.deepEqual(keyspaces, [
    { prefix: '', n: 3, r: 2, w: 2, sloppy: true, reconcile: 'newest', durability: 'buffer' },
    { prefix: 'cart:', n: 5, r: 2, w: 4, sloppy: true, reconcile: 'newest', durability: 'buffer' },
    { prefix: 'a:', n: 1, r: 1, w: 1, sloppy: true, reconcile: 'newest', durability: 'buffer' },
    { prefix: 'b:', n: 3, r: 1, w: 2, sloppy: false, reconcile: 'newest', durability: 'buffer' },
  ]);
});

test('several keyspaces in one variable stand between semicolons', (t) => {
  const { keyspaces } = load({ environment: { CARTWHEEL_KEYSPACE: 'a: n=1; b: n=2' } });
  t.deepEqual(
    keyspaces.map(({ prefix, n }) => [prefix, n]),
    [
      ['', 3],
      ['a:', 1],
      ['b:', 2],
    ],
  );
});

test('a prefix is kept as the bytes of its UTF-8 form, and may be quoted', (t) => {
  const files = { 'c.conf': 'keyspace "é x:" n=1' };
  t.is(load({ argv: ['c.conf'], files }).keyspaces[1]?.prefix, '\xc3\xa9 x:');
});

test('quorums larger than n, and keyspace lines that say nothing useful, are refused', (t) => {
  t.is(messageOf(t, { argv: ['--r', '4'] }), 'r = 4 of the default keyspace must not be more than n = 3');
  t.regex(
    messageOf(t, { argv: ['--keyspace', 'a:', 'w=4'] }),
    /w = 4 of 'keyspace a: w=4' must not be more than n = 3/,
  );
  t.regex(messageOf(t, { argv: ['--keyspace', 'a:', 'x=4'] }), /unknown setting 'x'/);
  t.regex(messageOf(t, { argv: ['--keyspace', 'a:', 'n=99'] }), /bad value '99' for 'n' .*expected 1 to 16/);
  t.regex(messageOf(t, { argv: ['--keyspace', 'n=3'] }), /begins with the prefix/);
});

test('a malformed keyspace row names itself and its form, wherever it stands', (t) => {
  const cases: readonly (readonly [row: string, message: RegExp])[] = [
    [
      'foo',
      /bad value 'foo' for option 'keyspace': it sets nothing; expected a prefix, then some of n=, .*durability=/,
    ],
    ['foo n=1 n=2', /setting 'n' is given twice in 'keyspace foo n=1 n=2'/],
    ['foo n', /bad value '' for 'n' in 'keyspace foo n': expected 1 to 16/],
    ['foo n=', /bad value '' for 'n' in 'keyspace foo n=': expected 1 to 16/],
    ['foo n=3=4', /bad value '3=4' for 'n' in 'keyspace foo n=3=4': expected 1 to 16/],
    ['foo sloppy=perhaps', /bad value 'perhaps' for 'sloppy' .*: expected yes or no/],
    ['foo bar', /unknown setting 'bar' in 'keyspace foo bar': expected n=, r=, /],
    ['foo r=2 n=1', /r = 2 of 'keyspace foo r=2 n=1' must not be more than n = 1/],
  ];
  for (const [row, message] of cases) {
    t.regex(messageOf(t, { argv: ['--keyspace', ...row.split(' ')] }), message);
    t.regex(messageOf(t, { argv: ['c.conf'], files: { 'c.conf': `keyspace ${row}` } }), message);
    t.regex(messageOf(t, { environment: { CARTWHEEL_KEYSPACE: `a: n=1;${row}` } }), message);
  }
  const files = { 'c.conf': 'keyspace "" n=1' };
  t.regex(messageOf(t, { argv: ['c.conf'], files }), /it begins with the prefix of its keys; expected a prefix/);
  const missing = /option 'keyspace' \(.*\) has no value: expected a prefix, then some of n=, /;
  t.regex(messageOf(t, { argv: ['--keyspace'] }), missing);
  t.regex(messageOf(t, { argv: ['c.conf'], files: { 'c.conf': 'keyspace' } }), missing);
});

test('a word that is neither known nor a file is named, with the one that may have been meant', (t) => {
  for (const [word, meant] of [
    ['staus', /^'staus' is no word that cartwheel knows, nor a file: did you mean 'cartwheel status'\?/],
    ['STATUS', /^'STATUS' is no word .*: cartwheel --help tells what there is/],
    ['help', /did you mean 'cartwheel --help'\?/],
    ['versoin', /did you mean 'cartwheel --version'\?/],
    ['start', /^'start' is no word/],
    ['c.conf', /^can't read configuration file 'c\.conf'/],
  ] as const) {
    t.regex(messageOf(t, { argv: [word] }), meant);
  }
});

test('peers need a secret of sixteen characters, which no message shows', (t) => {
  const peers = ['--peers', '127.0.0.1:7001@17001', '127.0.0.1:7002'];
  t.regex(messageOf(t, { argv: peers }), /cluster-secret.* at least 16 characters .* it has 0/);
  const short = messageOf(t, { argv: [...peers, '--cluster-secret', 'hush'] });
  t.regex(short, /it has 4/);
  t.false(short.includes('hush'));
  const config = load({ argv: [...peers, '--cluster-secret', SECRET] });
  t.deepEqual(config.peers, ['127.0.0.1:7001@17001', '127.0.0.1:7002']);
  t.regex(messageOf(t, { argv: ['--peers', 'nonsense', '--cluster-secret', SECRET] }), /'nonsense'/);
});

test('the secret can come from a file', (t) => {
  const argv = ['--peers', 'a:1', '--cluster-secret-file', 'secret'];
  t.is(load({ argv, files: { secret: `${SECRET}\n` } }).clusterSecret, SECRET);
  t.regex(messageOf(t, { argv }), /can't read cluster-secret-file 'secret': no such file/);
  t.regex(
    messageOf(t, { argv: [...argv, '--cluster-secret', SECRET], files: { secret: SECRET } }),
    /exclude each other/,
  );
});

test('the peer port follows from the port, and must be given where that is too high', (t) => {
  t.is(load({ argv: ['--port', '7001'] }).peerPort, 17001);
  t.is(load({ argv: ['--port', '0'] }).peerPort, 0);
  t.is(load({ argv: ['--port', '60000'] }).peerPort, 0);
  const peers = ['--peers', 'a:1', '--cluster-secret', SECRET];
  t.regex(messageOf(t, { argv: ['--port', '60000', ...peers] }), /option 'peer-port' must be given/);
  t.is(load({ argv: ['--port', '60000', '--peer-port', '5', ...peers] }).peerPort, 5);
});

test('a node that listens on all addresses must say under which one its peers reach it', (t) => {
  const peers = ['--peers', 'a:1', '--cluster-secret', SECRET];
  t.regex(messageOf(t, { argv: ['--bind', '*', ...peers] }), /option 'announce-host' must be given/);
  const config = load({ argv: ['--bind', '*', '::*', '--announce-host', 'node-1', ...peers] });
  t.is(config.announceHost, 'node-1');
  t.is(config.peerBind, '0.0.0.0');
  t.deepEqual(config.bind, ['*', '::*']);
});

test('a file that can not be read is named', (t) => {
  t.is(messageOf(t, { argv: ['gone.conf'] }), "can't read configuration file 'gone.conf': no such file");
});

test('help and version are asked for by the first word', (t) => {
  t.is(asksFor(['--help']), 'help');
  t.is(asksFor(['-v']), 'version');
  t.is(asksFor(['c.conf']), undefined);
  t.is(asksFor([]), undefined);
});

test('deletions must be remembered for longer than hints are kept', (t) => {
  t.is(load({}).tombstoneGraceMs, 86_400_000);
  t.regex(
    messageOf(t, { argv: ['--tombstone-grace-ms', '10000', '--hint-window-ms', '10000'] }),
    /option 'tombstone-grace-ms' must be more than 'hint-window-ms': 10000 is not more than 10000/,
  );
  t.is(load({ argv: ['--tombstone-grace-ms', '10001', '--hint-window-ms', '10000'] }).tombstoneGraceMs, 10_001);
});

test('a node that joins needs seeds and a secret, and is no founder', (t) => {
  const seeds = ['--seeds', '10.0.0.1:17001,10.0.0.2:7002@17002'];
  t.regex(messageOf(t, { argv: seeds }), /cluster-secret.* at least 16 characters .* it has 0/);
  const secret = ['--cluster-secret', SECRET];
  t.deepEqual(load({ argv: [...seeds, ...secret] }).seeds, ['10.0.0.1:17001', '10.0.0.2:7002@17002']);
  t.regex(messageOf(t, { argv: [...seeds, ...secret, '--peers', 'a:1'] }), /'peers' and 'seeds' exclude each other/);
  t.regex(messageOf(t, { argv: [...secret, '--seeds', '10.0.0.1'] }), /'10.0.0.1' is not of the form host:peerport/);
  t.regex(messageOf(t, { argv: [...seeds, ...secret, '--bind', '*'] }), /announce-host/);
});

test('a node takes the place of another only as it joins, by its whole id', (t) => {
  const id = 'a71db5df7f4418d0ff56281c625076ef70822c64';
  const seeds = ['--seeds', 'a:17001', '--cluster-secret', SECRET];
  t.is(load({ argv: [...seeds, '--replace', id] }).replace, id);
  t.regex(messageOf(t, { argv: ['--replace', id] }), /'replace' needs 'seeds'/);
  t.regex(messageOf(t, { argv: [...seeds, '--replace', id.slice(1)] }), /the 40 hex digits of a node id/);
});

test('who has a secret can be met by others, and must be reachable under a name', (t) => {
  t.regex(messageOf(t, { argv: ['--cluster-secret', SECRET, '--bind', '*'] }), /announce-host/);
  t.is(load({ argv: ['--bind', '*'] }).announceHost, '127.0.0.1');
  t.regex(messageOf(t, { argv: ['--cluster-secret', SECRET, '--port', '60000'] }), /'peer-port' must be given/);
});

test('a weight is a whole number, 1 where none is given', (t) => {
  t.is(load({}).weight, 1);
  t.is(load({ argv: ['--weight', '3'] }).weight, 3);
  t.regex(messageOf(t, { argv: ['--weight', '0'] }), /'weight' .*: expected 1 to 1000/);
});
