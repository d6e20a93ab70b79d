/** The clusters of one contender beside the redis-server that they are measured against. */
import { join } from 'node:path';
import { localNodes } from '../processes/local-nodes.js';
import { NodeProcess } from '../processes/node-process.js';
import { freePorts } from '../processes/ports.js';
import type { RedisServer } from '../processes/redis-server.js';
import { NAMES } from './comparison.js';
import type { Contestant } from './contest.js';
import { processMemory } from './memory.js';
import type { Contender } from './plan.js';

/** A cluster of a compiled program. */
export interface Side {
  readonly name: string;
  readonly nodes: readonly NodeProcess[];
}

/** The nodes of a cluster, not yet started, with their data below `folder`. `program` undefined: as users start this tree's. */
export async function makeSide(
  name: string,
  { name: contender, nodeCount, nodeArgs }: Contender,
  folder: string,
  program: string | undefined,
): Promise<Side> {
  const ports = await freePorts(nodeCount * 2);
  const pairs = ports.slice(0, nodeCount).map((port, index) => ({ port, peerPort: ports[nodeCount + index] ?? 0 }));
  const nodes = localNodes(join(folder, `${contender}-${name}`), pairs, nodeArgs);
  return {
    name,
    nodes: program === undefined ? nodes : nodes.map(({ start }) => new NodeProcess({ ...start, program })),
  };
}

/** A cluster that runs as a contestant; requests go to its first node. */
export function clusterContestant({ name, nodes }: Side): Contestant {
  return { name, port: nodes[0]?.port ?? 0, pids: pidsOf(nodes), isCluster: true };
}

/** A redis-server that runs as a contestant. */
export function redisContestant({ port, pid }: RedisServer): Contestant {
  return { name: NAMES.redis, port, pids: pid === undefined ? [] : [pid], isCluster: false };
}

/** The most that one of the nodes holds now, or has held at most, in bytes. */
export function largest(nodes: readonly NodeProcess[], which: 'now' | 'most'): number | undefined {
  const known = pidsOf(nodes)
    .map((pid) => processMemory(pid)?.[which])
    .filter((figure) => figure !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function pidsOf(nodes: readonly NodeProcess[]): number[] {
  return nodes.map(({ pid }) => pid).filter((pid) => pid !== undefined);
}
