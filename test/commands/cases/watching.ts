import type { Case, CaseFamily } from '../case.js';

const LONG = 'x'.repeat(200);
const MANY = Array.from({ length: 40 }, (_, at) => `k${at}`).join(' ');

const described = (names: readonly string[]): Case =>
  names.flatMap((name) => [`COMMAND INFO ${name}`, `COMMAND DOCS ${name}`]);

/** A busy machine may take longer than the usual 10 ms for any command, which is then in the log of one server only. */
const NOTHING_IS_SLOW = 'CONFIG SET slowlog-log-slower-than 600000000';
const USUALLY_SLOW = 'CONFIG SET slowlog-log-slower-than 10000';

const slowLog: readonly Case[] = [
  described(['slowlog', 'slowlog|get', 'slowlog|len', 'slowlog|reset', 'slowlog|help', 'monitor']),
  [
    'SLOWLOG',
    'SLOWLOG nosuch',
    'SLOWLOG GET 0',
    'SLOWLOG GET -2',
    'SLOWLOG GET abc',
    'SLOWLOG GET 1 2',
    'slowlog get 1 2',
    'SLOWLOG LEN x',
    'SLOWLOG RESET x',
    'SLOWLOG HELP x',
    'MONITOR x',
  ],
  [
    'CONFIG GET slowlog-log-slower-than',
    'CONFIG GET slowlog-max-len',
    'CONFIG SET slowlog-log-slower-than -2',
    'CONFIG SET slowlog-log-slower-than abc',
    'CONFIG SET slowlog-max-len -1',
    'CONFIG SET slowlog-max-len abc',
  ],
  [
    NOTHING_IS_SLOW,
    'SLOWLOG RESET',
    'CONFIG SET slowlog-log-slower-than 0',
    'SLOWLOG LEN',
    'SET k v',
    'CLIENT SETNAME me',
    `SET k ${LONG}`,
    `MGET ${MANY}`,
    'MGET 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31',
    'MGET 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32',
    'SET k "a\\x00\\xff\\r\\n"',
    'SET k v EX abc',
    'GET',
    'NOSUCH',
    'SELECT 0',
    'HELLO nosuch',
    'SLOWLOG GET 3',
    'SLOWLOG GET',
    'SLOWLOG GET -1',
    'SLOWLOG LEN',
    'CONFIG SET slowlog-max-len 2',
    'SLOWLOG LEN',
    'SLOWLOG GET 99999999999',
    'CONFIG SET slowlog-max-len 128',
    'SLOWLOG RESET',
    'SLOWLOG LEN',
    NOTHING_IS_SLOW,
    'SLOWLOG RESET',
    'SLOWLOG GET',
    USUALLY_SLOW,
  ],
  [
    NOTHING_IS_SLOW,
    'SLOWLOG RESET',
    'CONFIG SET slowlog-log-slower-than 0',
    'AUTH nobody secret',
    'HELLO 2 AUTH nobody secret',
    'ACL SETUSER somebody >secret',
    'ACL GETUSER somebody',
    'ACL DELUSER somebody',
    'CONFIG SET requirepass "" timeout 0',
    'config set TIMEOUT 0 REQUIREPASS ""',
    NOTHING_IS_SLOW,
    'SLOWLOG GET -1',
    'SLOWLOG RESET',
    USUALLY_SLOW,
  ],
];

const monitor: readonly Case[] = [
  ['MONITOR', 'GET k', 'SET k v', 'DEL k', 'DBSIZE', 'CLIENT INFO', 'GET', 'NOSUCH', 'RESET', 'CLIENT INFO', 'GET k'],
  [
    'SELECT 1',
    'MONITOR',
    'PING "a\\x00\\xff\\n\\r\\t\\a\\b\\"\\\\~\\x7f"',
    'ECHO ""',
    'SELECT 3',
    'CLIENT SETNAME "é"',
    'CLIENT LIST',
    'AUTH nobody secret',
    'HELLO 2 AUTH nobody secret SETNAME x',
    'CONFIG SET timeout 0',
    'SELECT 99',
    { raw: 'CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\n' },
    'PING',
    'RESET',
    'PING',
  ],
];

const latency: readonly Case[] = [
  described([
    'latency|latest',
    'latency|history',
    'latency|doctor',
    'latency|graph',
    'latency|reset',
    'latency|histogram',
    'latency|help',
  ]),
  [
    'LATENCY LATEST',
    'LATENCY HISTORY x',
    'LATENCY GRAPH x',
    'LATENCY GRAPH "\\xff"',
    'LATENCY RESET a b',
    'LATENCY HISTORY',
    'LATENCY DOCTOR',
    'LATENCY DOCTOR x',
    'CONFIG GET latency-monitor-threshold',
    'CONFIG SET latency-monitor-threshold abc',
  ],
];

export const watchingFamilies: readonly CaseFamily[] = [
  { name: 'SLOWLOG', cases: slowLog },
  { name: 'LATENCY', cases: latency },
  { name: 'MONITOR', cases: monitor },
];
