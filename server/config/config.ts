import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import { PEER_PORT_OFFSET } from '../../cluster/membership/peer-text.js';
import { ConfigError } from './config-lines.js';
import { parseKeyspaces } from './keyspace-line.js';
import type { OptionRow, OptionValues } from './options.js';
import { OPTION_ROWS, propertyOf } from './options.js';

/** The options as the rest of the program sees them: checked against each other, complete and frozen. */
export interface Config extends OptionValues {
  /** All keyspaces; the first, with the prefix '', is the default. */
  readonly keyspaces: readonly KeyspaceRow[];
  /** The absolute path of the file that was read; '': there was none. */
  readonly configFile: string;
  /** The port for clients that the members of the cluster know: that without TLS where there is one. 0: the system chooses it. */
  readonly clientPort: number;
}

const CLUSTER_SECRET_LENGTH_MIN = 16;
const PORT_MAX = 65535;
/** Addresses that mean all of a machine, and what stands for them where one is needed. */
const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '0.0.0.0'],
  ['*', '0.0.0.0'],
  ['::', '::'],
  ['::*', '::'],
]);

/** Every row with its value's type forgotten, for loops over all of them. */
export const ALL_OPTIONS: readonly OptionRow[] = OPTION_ROWS as readonly unknown[] as readonly OptionRow[];

const ROW_OF_NAME: ReadonlyMap<string, OptionRow> = new Map(ALL_OPTIONS.map((row) => [row.name, row]));

/** The row of an option's name in lower case. */
export function optionRow(name: string): OptionRow | undefined {
  return ROW_OF_NAME.get(name);
}

/** Values by property name, as parsed by the rows; what is missing is at its default. */
export type GivenValues = Readonly<Record<string, unknown>>;

/** Fills in defaults, derives what follows from other options and checks them together. Throws ConfigError. */
export function completeConfig(given: GivenValues): Config {
  const values: Record<string, unknown> = {};
  for (const row of ALL_OPTIONS) values[propertyOf(row.name)] = given[propertyOf(row.name)] ?? row.fallback;
  // Each property was parsed by the row of the same name or is its default: that is what OptionValues says.
  const options = values as unknown as OptionValues;
  const first = (options.bind[0] ?? '*').replace(/^-/, '');
  checkPeers(options, first);
  checkSeeds(options);
  checkGrace(options);
  checkTlsPort(options);
  return Object.freeze({
    ...options,
    peerPort: derivePeerPort(options),
    peerBind: options.peerBind === '' ? (WILDCARDS.get(first) ?? first) : options.peerBind,
    announceHost: deriveAnnounceHost(options, first),
    keyspaces: parseKeyspaces(options),
    configFile: '',
    clientPort: clientPortOf(options),
  });
}

function clientPortOf({ port, tlsPort }: OptionValues): number {
  return port === 0 ? tlsPort : port;
}

function checkTlsPort({ port, tlsPort }: OptionValues): void {
  if (tlsPort !== 0 && port === tlsPort) throw new ConfigError("options 'port' and 'tls-port' are the same");
}

function derivePeerPort(options: OptionValues): number {
  const { peerPort } = options;
  const port = clientPortOf(options);
  if (peerPort >= 0) return peerPort;
  if (port === 0) return 0;
  if (port + PEER_PORT_OFFSET > PORT_MAX) {
    if (standsAlone(options)) return 0;
    throw new ConfigError(`option 'peer-port' must be given: port ${port} + ${PEER_PORT_OFFSET} is over ${PORT_MAX}`);
  }
  return port + PEER_PORT_OFFSET;
}

function deriveAnnounceHost({ announceHost }: OptionValues, firstBind: string): string {
  if (announceHost !== '') return announceHost;
  return WILDCARDS.has(firstBind) ? '127.0.0.1' : firstBind;
}

function checkPeers(options: OptionValues, firstBind: string): void {
  if (options.clusterSecret !== '' && options.clusterSecretFile !== '') {
    throw new ConfigError("options 'cluster-secret' and 'cluster-secret-file' exclude each other");
  }
  if (!standsAlone(options) && options.announceHost === '' && WILDCARDS.has(firstBind)) {
    throw new ConfigError(`option 'announce-host' must be given: peers can't reach 'bind ${firstBind}'`);
  }
}

/** Who founds a cluster knows all that do; who joins one is told by it. */
function checkSeeds({ peers, seeds, replace }: OptionValues): void {
  if (peers.length > 0 && seeds.length > 0) {
    throw new ConfigError("options 'peers' and 'seeds' exclude each other: a node founds a cluster, or joins one");
  }
  if (replace !== '' && seeds.length === 0) {
    throw new ConfigError("option 'replace' needs 'seeds': a node takes the place of another as it joins");
  }
}

/** Whether no other node can ever be there: it listens for none. With a secret it can be met by others (`CLUSTER MEET`). */
export function standsAlone({ peers, seeds, clusterSecret, clusterSecretFile }: OptionValues): boolean {
  return peers.length === 0 && seeds.length === 0 && clusterSecret === '' && clusterSecretFile === '';
}

/** A hint may not bring back what all have forgotten. */
function checkGrace({ tombstoneGraceMs, hintWindowMs }: OptionValues): void {
  if (tombstoneGraceMs > hintWindowMs) return;
  throw new ConfigError(
    `option 'tombstone-grace-ms' must be more than 'hint-window-ms': ${tombstoneGraceMs} is not more than ${hintWindowMs}`,
  );
}

/** Checks the secret after the file has been read. Throws ConfigError; the secret is not part of the message. */
export function checkSecret(config: Config): void {
  if (standsAlone(config)) return;
  const length = config.clusterSecret.length;
  if (length >= CLUSTER_SECRET_LENGTH_MIN) return;
  throw new ConfigError(
    `option 'cluster-secret' (or 'cluster-secret-file') needs at least ${CLUSTER_SECRET_LENGTH_MIN} characters when peers or seeds are given; it has ${length}`,
  );
}

const HIDDEN = '********';

/** The value of an option as `CONFIG GET` shows it; a secret only says that there is one. */
export function shownValue(config: Config, row: OptionRow): string {
  const value: unknown = Reflect.get(config, propertyOf(row.name));
  const printed = row.type.print(value);
  return row.secret === true && printed !== '' ? HIDDEN : printed;
}
