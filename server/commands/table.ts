import { clientCommands } from './client.js';
import { clusterCommands } from './cluster.js';
import type { CommandRow } from './command.js';
import { configCommands } from './config.js';
import { connectionCommands } from './connection.js';
import { expireCommands } from './expire.js';
import { keyCommands } from './keys.js';
import { latencyCommands } from './latency.js';
import { stringCommands } from './strings.js';

/** The rows of all commands. */
export const commandRows: readonly CommandRow[] = [
  ...stringCommands,
  ...keyCommands,
  ...expireCommands,
  ...connectionCommands,
  ...clientCommands,
  ...configCommands,
  ...latencyCommands,
  ...clusterCommands,
];
