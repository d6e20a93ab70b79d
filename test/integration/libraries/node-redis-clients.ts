/** node-redis as an app makes it: a client of one node, or of the cluster. */
import { createClient, createCluster } from 'redis';

/** A client of the node on that port, connected. Errors of its connection go to `onError`. */
export async function connectClient(port: number, onError: (error: Error) => void) {
  const client = createClient({ socket: { host: '127.0.0.1', port } });
  client.on('error', onError);
  return client.connect();
}

/** Without this it asks again who coordinates which keys 5 s after it lost a node: as long as its commands wait. */
const REFRESH_MS = 100;

/** A client that finds the nodes of the cluster by those ports, connected. */
export async function connectCluster(ports: readonly number[], onError: (error: Error) => void) {
  const client = createCluster({
    rootNodes: ports.map((port) => ({ socket: { host: '127.0.0.1', port } })),
    topologyRefreshOnReconnectionAttemptStrategy: REFRESH_MS,
  });
  client.on('error', onError);
  return client.connect();
}

const BROKEN = /ECONNRESET|EPIPE|Socket closed|[Dd]isconnect|client is closed/;
const TRIES_MAX = 5;

/** Runs a command that may run twice, again where its connection broke: a cluster client leaves that to the app. */
export async function again<T>(command: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await command();
    } catch (error) {
      if (tries === TRIES_MAX || !BROKEN.test(String(error))) throw error;
    }
  }
}
