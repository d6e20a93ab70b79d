/** Connections that say nothing: what they cost a node, and a redis-server beside it. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { NAMES } from '../bench/comparison.js';
import type { Progress } from '../bench/contest.js';
import { processMemory } from '../bench/memory.js';
import { textTable } from '../bench/text-table.js';
import { localNode } from '../processes/local-nodes.js';
import { freePorts } from '../processes/ports.js';
import { RedisServer } from '../processes/redis-server.js';
import { bytesCell } from './report.js';

const HOST = '127.0.0.1';
const AT_ONCE = 100;
const READY_MS = 60_000;
/** What a process has open beside the connections that are counted. */
const SPARE_FILES = 300;

/** What the connections of one server came to. */
export interface IdleCost {
  readonly name: string;
  readonly connections: number;
  /** Of the process before and with them. */
  readonly beforeBytes: number;
  readonly withBytes: number;
}

/** Measures a node alone, then a redis-server, with up to `wanted` connections: as many as a process may have here. */
export async function measureIdle(folder: string, wanted: number, progress: Progress): Promise<IdleCost[]> {
  const connections = Math.min(wanted, openFilesMax() - SPARE_FILES);
  const options = ['--maxclients', String(connections + SPARE_FILES)];
  const [port = 0, peerPort = 0, redisPort = 0] = await freePorts(3);
  progress(`${connections.toLocaleString('en-US')} idle connections`);
  const node = localNode(join(folder, 'idle'), { port, peerPort }, options);
  const redis = RedisServer.launch(redisPort, folder, options);
  const stop = (): void => {
    node.signal('SIGKILL');
    redis.kill();
  };
  process.once('exit', stop);
  void node.launch();
  await Promise.all([node.ready(0, READY_MS), redis.ready(READY_MS)]);
  const costs: IdleCost[] = [];
  for (const [name, server] of [
    ['a node alone', node],
    [NAMES.redis, redis],
  ] as const) {
    if (server.pid === undefined) throw new Error(`${name} does not run`);
    costs.push(await idleCost(name, server.port, server.pid, connections));
  }
  await node.stop(READY_MS, () => undefined);
  stop();
  return costs;
}

/** Opens connections to the server at `port`, and measures its process. The first ones are not counted: they are what any server has. */
async function idleCost(name: string, port: number, pid: number, connections: number): Promise<IdleCost> {
  const first = await openIdle(port, AT_ONCE);
  const beforeBytes = residentBytes(pid);
  const others = await openIdle(port, connections);
  const withBytes = residentBytes(pid);
  for (const socket of [...first, ...others]) socket.destroy();
  return { name, connections, beforeBytes, withBytes };
}

export function idleTable(costs: readonly IdleCost[]): string {
  const rows = costs.map(({ name, connections, beforeBytes, withBytes }) => [
    name,
    connections.toLocaleString('en-US'),
    bytesCell(beforeBytes),
    bytesCell(withBytes),
    bytesCell(withBytes - beforeBytes),
    Math.round((withBytes - beforeBytes) / connections).toLocaleString('en-US'),
  ]);
  return textTable(['idle connections', 'count', 'before', 'with them', 'they take', 'bytes each'], rows);
}

/** Opens so many connections, a hundred at a time. */
export async function openIdle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () => connectedTo(port));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

/** How many files a process may open here; Node raises the soft limit to the hard one as it starts. */
export function openFilesMax(): number {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return Number(limit ?? 1024);
}

function connectedTo(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST, () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => undefined);
  });
}

function residentBytes(pid: number): number {
  const memory = processMemory(pid);
  if (memory === undefined) throw new Error('the memory of a process is known on Linux only');
  return memory.now;
}
