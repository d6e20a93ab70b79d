/** Where our answers to `ACL` and about passwords may differ from those of Redis 7.0. */
import { REDIS_COMMANDS } from '../../server/acl/redis-commands.js';
import { CommandTable } from '../../server/commands/command-table.js';
import { commandRows } from '../../server/commands/table.js';
import type { AllowedDifference } from './allowed-differences.js';
import { treeOf } from './reply-tree.js';

const LOGGED_FIELDS = /(?<= )(?:name|db|cmd|user|resp)=\S*/g;

/**
 * The words of each text in order, without commands of our own: those of rules stand in the order of a hash table with a random
 * seed in Redis.
 */
function inOrder(answer: string): string {
  return answer
    .split('\r\n')
    .map((line) => (/^\$\d+$/.test(line) ? '$' : wordsInOrder(line)))
    .join('\r\n');
}

function wordsInOrder(line: string): string {
  const words = line.split(/([ ()])/).filter((word) => !OWN_NAMES.has(word.slice(1)));
  return words
    .filter((word) => word.trim() !== '')
    .sort()
    .join(' ');
}

/** Names of commands that only one of the two servers has are left out. */
function sharedNames(answer: string): string {
  const tree = treeOf(answer);
  return typeof tree === 'string' ? tree : JSON.stringify(tree.filter((name) => SHARED_NAMES.has(String(name))).sort());
}

const REDIS_NAMES = new Set(REDIS_COMMANDS.flatMap(([, names]) => names.split(' ')));
const OUR_NAMES = [...new CommandTable(commandRows).withSubcommands()].map(({ fullName }) => fullName);
const SHARED_NAMES: ReadonlySet<string> = new Set(OUR_NAMES.filter((name) => REDIS_NAMES.has(name)));
const OWN_NAMES: ReadonlySet<string> = new Set(OUR_NAMES.filter((name) => !REDIS_NAMES.has(name)));

export const aclDifferences: readonly AllowedDifference[] = [
  {
    reason:
      'single commands among the rules of a user stand in the order of our table, and ours have some that Redis does not; there it is that of a hash table',
    when: /^ACL (?:LIST|GETUSER)/i,
    even: inOrder,
  },
  {
    reason: 'a category tells the commands that the server has, in the order of its table',
    when: /^ACL CAT \w+$/,
    even: sharedNames,
  },
  {
    reason: 'passwords are drawn at random',
    when: /^ACL GENPASS/i,
    even: (answer) => answer.replace(/\r\n[0-9a-f]+\r\n/, '\r\npassword\r\n'),
  },
  {
    reason: 'entries of the log are of different age, and describe connections as CLIENT LIST does',
    when: /^ACL LOG/i,
    even: (answer) =>
      answer
        .replace(/(age-seconds\r\n)(?:\$\d+\r\n[\d.e-]+|,[\d.e-]+)\r\n/g, '$1')
        .replace(/\$\d+\r\nid=.*\r\n/g, (line) => (line.match(LOGGED_FIELDS) ?? []).join(' ')),
  },
  {
    reason: 'a password is shown to nobody, whatever they may do',
    when: /^CONFIG GET requirepass$/,
    even: (answer) => answer.replace(/\$\d+\r\n(?!requirepass).+\r\n$/, 'password'),
  },
];
