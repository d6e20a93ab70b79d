import type { AllowedDifference } from './allowed-differences.js';

/** Number, UNIX time and duration of an entry of the slow log. */
const ENTRY_NUMBERS = /(\*6\r\n)(?::\d+\r\n){3}/g;
const CLIENT_ADDRESS = /\$\d+\r\n127\.0\.0\.1:\d+\r\n/g;
const MONITORED = /\+\d+\.\d{6} \[(\d+) 127\.0\.0\.1:\d+\]/g;

/** Where our answers about what goes on in the server may differ from those of Redis 7.0. */
export const watchingDifferences: readonly AllowedDifference[] = [
  {
    reason: 'entries of the slow log have numbers, times and addresses of their own',
    when: /^SLOWLOG GET/i,
    even: (answer) => answer.replace(ENTRY_NUMBERS, '$1').replace(CLIENT_ADDRESS, 'address'),
  },
  {
    reason: 'how long the slow log may grow, and what it may be told, has bounds',
    when: /^CONFIG SET slowlog-/,
    even: (answer) => answer.replace(/and \d+ inclusive/, 'and its bound inclusive'),
  },
  {
    reason: 'a threshold is written as all our times are',
    when: /^CONFIG SET latency-monitor-threshold abc/,
    even: (answer) => answer.replace(/ - .*\r\n/, ''),
  },
  {
    reason: 'a monitor is told when a command began and where it came from',
    when: /./,
    after: /^MONITOR/m,
    even: (answer) => answer.replace(MONITORED, '+$1'),
  },
];
