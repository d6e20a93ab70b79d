import { aclCommands } from './acl.js';
import { bitCommands } from './bit-commands.js';
import { bitfieldCommands } from './bitfield.js';
import { bitopCommands } from './bitop.js';
import { clientCommands } from './client.js';
import { clusterCommands } from './cluster.js';
import type { CommandRow } from './command.js';
import { configCommands } from './config.js';
import { connectionCommands } from './connection.js';
import { counterCommands } from './counters.js';
import { debugCommands } from './debug.js';
import { dumpCommands } from './dump.js';
import { dynamoCommands } from './dynamo.js';
import { expireCommands } from './expire.js';
import { flushCommands } from './flush.js';
import { infoCommands } from './info.js';
import { introspectionCommands } from './introspection.js';
import { keyCommands } from './keys.js';
import { keyspaceScanCommands } from './keyspace-scan.js';
import { latencyCommands } from './latency.js';
import { lcsCommands } from './lcs.js';
import { lolwutCommands } from './lolwut.js';
import { memoryCommands } from './memory.js';
import { monitorCommands } from './monitor.js';
import { msetnxCommands } from './msetnx.js';
import { objectCommands } from './object.js';
import { persistenceCommands } from './persistence.js';
import { renameCommands } from './rename.js';
import { replicationCommands } from './replication.js';
import { scriptingCommands } from './scripting.js';
import { serverCommands } from './server-admin.js';
import { slowlogCommands } from './slowlog.js';
import { pieceCommands } from './string-pieces.js';
import { writeCommands } from './string-writes.js';
import { stringCommands } from './strings.js';
import { transactionCommands } from './transactions.js';
import { waitCommands } from './wait.js';

/** The rows of all commands. */
export const commandRows: readonly CommandRow[] = [
  ...stringCommands,
  ...writeCommands,
  ...msetnxCommands,
  ...pieceCommands,
  ...lcsCommands,
  ...bitCommands,
  ...bitopCommands,
  ...bitfieldCommands,
  ...counterCommands,
  ...keyCommands,
  ...renameCommands,
  ...dumpCommands,
  ...objectCommands,
  ...waitCommands,
  ...keyspaceScanCommands,
  ...expireCommands,
  ...connectionCommands,
  ...clientCommands,
  ...aclCommands,
  ...infoCommands,
  ...configCommands,
  ...latencyCommands,
  ...slowlogCommands,
  ...lolwutCommands,
  ...memoryCommands,
  ...persistenceCommands,
  ...replicationCommands,
  ...scriptingCommands,
  ...monitorCommands,
  ...introspectionCommands,
  ...serverCommands,
  ...flushCommands,
  ...debugCommands,
  ...clusterCommands,
  ...dynamoCommands,
  ...transactionCommands,
];

/** All commands as a Markdown table: name, group, how many arguments, since which version of Redis, what they do. */
export function commandTable(): string {
  const lines = commandRows.map(({ name, group, arity, since, summary, subcommands }) => {
    const inner = (subcommands ?? []).map((subcommand) => subcommand.name.toUpperCase()).join(', ');
    const about = inner === '' ? summary : `${summary}: ${inner}`;
    const count = arity < 0 ? `${-arity} or more` : `${arity}`;
    return `| \`${name.toUpperCase()}\` | ${group} | ${count} | ${since} | ${about} |`;
  });
  return ['| command | group | words | since | what it does |', '|---|---|---|---|---|', ...lines, ''].join('\n');
}
