import type { ConnectionOptions } from 'node:tls';
import { askNode, type Credentials } from './ask-node.js';
import { answerOf, type ClusterStatus, type NodeAnswer, nodesIn, questions, statusOf } from './cluster-status.js';

/**
 * Asks one node about the cluster, and all nodes that it knows about themselves. Rejects when the one can't be asked; of
 * others that can't, the status says so. All are asked with the same credentials, over TLS or without.
 */
export async function gatherStatus(
  host: string,
  port: number,
  credentials?: Credentials,
  tls?: ConnectionOptions,
): Promise<ClusterStatus> {
  const address = `${host}:${port}`;
  const view = answerOf(await askNode(host, port, questions('members'), credentials, tls));
  if (typeof view === 'string') throw new Error(`${address}: ${view}`);
  const self = view.info.get('node_id') ?? '';
  const answers = new Map([[self, view]]);
  const others = nodesIn(view).filter(({ id }) => id !== self);
  await Promise.all(
    others.map(async (node) => {
      const nodePort = tls === undefined || node.tlsPort === 0 ? node.port : node.tlsPort;
      const answer = await ownAnswer(node.host, nodePort, credentials, tls);
      if (answer !== undefined) answers.set(node.id, answer);
    }),
  );
  return statusOf(address, view, answers, new Date());
}

/** Undefined: it can't be reached from here, or is not what it was said to be. */
async function ownAnswer(
  host: string,
  port: number,
  credentials?: Credentials,
  tls?: ConnectionOptions,
): Promise<NodeAnswer | undefined> {
  try {
    const answer = answerOf(await askNode(host, port, questions(), credentials, tls));
    return typeof answer === 'string' ? undefined : answer;
  } catch {
    return undefined;
  }
}
