import { aclCommands } from './acl/acl.js';
import { configCommands } from './admin/config.js';
import { debugCommands } from './admin/debug.js';
import { flushCommands } from './admin/flush.js';
import { introspectionCommands } from './admin/introspection.js';
import { latencyCommands } from './admin/latency.js';
import { lolwutCommands } from './admin/lolwut.js';
import { memoryCommands } from './admin/memory.js';
import { monitorCommands } from './admin/monitor.js';
import { persistenceCommands } from './admin/persistence.js';
import { replicationCommands } from './admin/replication.js';
import { scriptingCommands } from './admin/scripting.js';
import { serverCommands } from './admin/server-admin.js';
import { slowlogCommands } from './admin/slowlog.js';
import { bitCommands } from './bits/bit-commands.js';
import { bitfieldCommands } from './bits/bitfield.js';
import { bitopCommands } from './bits/bitop.js';
import { clusterCommands } from './cluster/cluster.js';
import type { CommandRow } from './command.js';
import { clientCommands } from './connection/client.js';
import { connectionCommands } from './connection/connection.js';
import { transactionCommands } from './connection/transactions.js';
import { waitCommands } from './connection/wait.js';
import { dynamoCommands } from './dynamo/dynamo.js';
import { infoCommands } from './info/info.js';
import { dumpCommands } from './keys/dump.js';
import { expireCommands } from './keys/expire.js';
import { keyCommands } from './keys/keys.js';
import { keyspaceScanCommands } from './keys/keyspace-scan.js';
import { objectCommands } from './keys/object.js';
import { renameCommands } from './keys/rename.js';
import { counterCommands } from './strings/counters.js';
import { lcsCommands } from './strings/lcs.js';
import { msetnxCommands } from './strings/msetnx.js';
import { pieceCommands } from './strings/string-pieces.js';
import { writeCommands } from './strings/string-writes.js';
import { stringCommands } from './strings/strings.js';

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
