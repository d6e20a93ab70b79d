import type { Case, CaseFamily } from '../case.js';

const described = (names: readonly string[]): Case =>
  names.flatMap((name) => [`COMMAND INFO ${name}`, `COMMAND DOCS ${name}`]);

const memory: readonly Case[] = [
  described([
    'memory',
    'memory|usage',
    'memory|stats',
    'memory|doctor',
    'memory|purge',
    'memory|malloc-stats',
    'memory|help',
  ]),
  [
    'MEMORY',
    'MEMORY nosuch',
    'MEMORY USAGE',
    'MEMORY USAGE k',
    'SET k v',
    'MEMORY USAGE k SAMPLES',
    'MEMORY USAGE k SAMPLES 0',
    'MEMORY USAGE k samples 3 SAMPLES 4',
    'MEMORY USAGE k SAMPLES -1',
    'MEMORY USAGE k SAMPLES abc',
    'MEMORY USAGE k nosuch',
    'MEMORY USAGE k nosuch 1',
    'MEMORY STATS x',
    'MEMORY PURGE',
    'MEMORY PURGE x',
    'MEMORY DOCTOR x',
    'MEMORY MALLOC-STATS x',
    'MEMORY HELP x',
    'COMMAND GETKEYS MEMORY USAGE k',
    'COMMAND GETKEYSANDFLAGS MEMORY USAGE k',
  ],
  ...['""', 'k', '{t}a'].map(
    (key): Case =>
      [
        '""',
        '0',
        '12345678901',
        'abc',
        '-1',
        '01',
        ...[43, 44, 45, 60, 255, 256, 300, 1000, 5000].map((n) => 'x'.repeat(n)),
      ].flatMap((value) => [`SET ${key} ${value}`, `MEMORY USAGE ${key}`]),
  ),
];

const persistence: readonly Case[] = [
  described(['save', 'bgsave', 'bgrewriteaof', 'lastsave']),
  ['SAVE x', 'BGSAVE nosuch', 'BGSAVE SCHEDULE x', 'BGREWRITEAOF x', 'LASTSAVE x', 'LASTSAVE', 'SAVE', 'LASTSAVE'],
];

const replication: readonly Case[] = [
  described(['role', 'replicaof', 'slaveof', 'failover']),
  ['ROLE', 'ROLE x', 'REPLICAOF', 'REPLICAOF a', 'SLAVEOF a b c'],
];

const scripting: readonly Case[] = [
  described([
    'function',
    'function|flush',
    'function|delete',
    'function|list',
    'function|stats',
    'function|kill',
    'function|help',
    'script',
    'script|flush',
    'script|exists',
    'script|kill',
    'script|help',
    'module',
    'module|list',
    'module|load',
    'module|unload',
    'module|help',
  ]),
  [
    'FUNCTION',
    'FUNCTION nosuch',
    'FUNCTION FLUSH',
    'FUNCTION FLUSH sync',
    'FUNCTION FLUSH ASYNC',
    'FUNCTION FLUSH nosuch',
    'FUNCTION FLUSH SYNC x',
    'FUNCTION LIST',
    'FUNCTION LIST WITHCODE',
    'FUNCTION LIST WITHCODE WITHCODE',
    'FUNCTION LIST LIBRARYNAME',
    'FUNCTION LIST LIBRARYNAME a',
    'FUNCTION LIST LIBRARYNAME a withcode',
    'FUNCTION LIST LIBRARYNAME a LIBRARYNAME b',
    'FUNCTION LIST nosuch',
    'FUNCTION STATS',
    'FUNCTION STATS x',
    'FUNCTION DELETE a',
    'FUNCTION KILL',
  ],
  [
    'SCRIPT FLUSH',
    'SCRIPT FLUSH sync',
    'SCRIPT FLUSH nosuch',
    'SCRIPT FLUSH SYNC x',
    'SCRIPT EXISTS',
    'SCRIPT EXISTS a',
    'SCRIPT EXISTS a b c',
    'SCRIPT KILL',
    'SCRIPT KILL x',
  ],
  ['MODULE LIST', 'MODULE LIST x', 'MODULE LOAD a', 'MODULE LOAD', 'MODULE UNLOAD a', 'MODULE nosuch'],
];

const lolwut: readonly Case[] = [
  described(['lolwut']),
  [
    'LOLWUT',
    'LOLWUT x',
    'LOLWUT VERSION',
    'LOLWUT VERSION 7',
    'LOLWUT version 1',
    'LOLWUT VERSION abc',
    'LOLWUT VERSION 7 8 9',
  ],
];

const pause: readonly Case[] = [
  described(['client|pause', 'client|unpause', 'client|unblock']),
  [
    'CLIENT PAUSE',
    'CLIENT PAUSE abc',
    'CLIENT PAUSE -1',
    'CLIENT PAUSE 10 nosuch',
    'CLIENT PAUSE abc nosuch',
    'CLIENT PAUSE 10 ALL x',
    'CLIENT PAUSE 99999999999999999999',
    'CLIENT PAUSE 0',
    'CLIENT PAUSE 100000 WRITE',
    'GET k',
    'CLIENT LIST ID 0',
    'CLIENT UNPAUSE',
    'CLIENT UNPAUSE x',
    'CLIENT PAUSE 20',
    'PING',
    'CLIENT PAUSE 20 write',
    'SET k v',
    'GET k',
    'CLIENT UNPAUSE',
  ],
  [
    'CLIENT UNBLOCK',
    'CLIENT UNBLOCK abc',
    'CLIENT UNBLOCK 999999',
    'CLIENT UNBLOCK 999999 ERROR',
    'CLIENT UNBLOCK 999999 timeout',
    'CLIENT UNBLOCK abc nosuch',
    'CLIENT UNBLOCK 999999 ERROR x',
  ],
];

const tracking: readonly Case[] = [
  described(['client|tracking', 'client|caching', 'client|getredir', 'client|trackinginfo']),
  [
    'CLIENT TRACKINGINFO',
    'CLIENT TRACKINGINFO x',
    'CLIENT GETREDIR',
    'CLIENT CACHING YES',
    'CLIENT CACHING NO',
    'CLIENT CACHING nosuch',
    'CLIENT CACHING',
    'CLIENT TRACKING',
    'CLIENT TRACKING nosuch',
    'CLIENT TRACKING OFF',
    'CLIENT TRACKING OFF nosuch',
    'CLIENT TRACKING OFF BCAST',
    'CLIENT TRACKING ON REDIRECT',
    'CLIENT TRACKING ON REDIRECT abc',
    'CLIENT TRACKING ON REDIRECT 999999999',
    'CLIENT TRACKING ON PREFIX',
    'CLIENT TRACKING ON nosuch',
    'CLIENT TRACKINGINFO',
  ],
];

export const adminFamilies: readonly CaseFamily[] = [
  { name: 'MEMORY', cases: memory },
  { name: 'SAVE and its kin', cases: persistence },
  { name: 'ROLE and its kin', cases: replication },
  { name: 'FUNCTION, SCRIPT and MODULE', cases: scripting },
  { name: 'LOLWUT', cases: lolwut },
  { name: 'CLIENT PAUSE and UNBLOCK', cases: pause },
  { name: 'CLIENT TRACKING', cases: tracking },
];
