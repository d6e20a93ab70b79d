import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeProcess } from './node-process.js';

/** How far a peer port lies above the port for clients when they are not chosen one by one. */
export const PEER_PORT_OFFSET = 10_000;
const SECRET_BYTES = 32;

/** Where one node of a cluster on this machine listens. */
export interface NodePorts {
  readonly port: number;
  readonly peerPort: number;
}

/**
 * The processes, not yet started, of a cluster on 127.0.0.1. Below `folder` are the data of each node in a folder
 * named after its port, `PORT.log`, and the cluster's secret.
 *
 * @param args further options for every node
 */
export function localNodes(folder: string, ports: readonly NodePorts[], args: readonly string[]): NodeProcess[] {
  const peers = ports.map(({ port, peerPort }) => `127.0.0.1:${port}@${peerPort}`).join(',');
  return ports.map((own) => localNode(folder, own, ['--peers', peers, ...args]));
}

/**
 * The process, not yet started, of a node that joins a cluster whose data are below `folder`.
 *
 * @param seeds nodes of the cluster
 * @param args further options, e.g. `--replace ID`
 */
export function joiningNode(
  folder: string,
  ports: NodePorts,
  seeds: readonly NodePorts[],
  args: readonly string[],
): NodeProcess {
  const addresses = seeds.map(({ peerPort }) => `127.0.0.1:${peerPort}`).join(',');
  return localNode(folder, ports, ['--seeds', addresses, ...args]);
}

/** The process, not yet started, of a node that has the cluster's secret and knows nobody. */
export function localNode(folder: string, { port, peerPort }: NodePorts, args: readonly string[]): NodeProcess {
  return new NodeProcess({
    port,
    args: [
      ...['--peer-port', `${peerPort}`, '--dir', join(folder, `${port}`)],
      // The secret itself is not on the command line, where every user of the machine could read it.
      ...['--cluster-secret-file', clusterSecretFile(folder), ...args],
    ],
    environment: {},
    logPath: join(folder, `${port}.log`),
  });
}

/** The file with the secret of the cluster whose data are in `folder`: made up once, readable by its owner only. */
function clusterSecretFile(folder: string): string {
  const path = join(folder, 'cluster-secret');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { mode: 0o600 });
  }
  return path;
}

/** Starts all nodes and waits until each answers and sees all others. Rejects with the log of one that does not. */
export async function startAll(nodes: readonly NodeProcess[], deadlineMs: number): Promise<void> {
  for (const node of nodes) void node.launch();
  await Promise.all(nodes.map((node) => node.ready(nodes.length - 1, deadlineMs)));
}
