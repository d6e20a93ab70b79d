/** A cluster on this machine, for `npm start`: keeps its nodes as children until it's told to stop. */

import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { HELP, orUsage } from './processes/command-line.js';
import { joiningNode, localNodes, type NodePorts, PEER_PORT_OFFSET } from './processes/local-nodes.js';
import { endText, type NodeProcess, type ProcessEnd } from './processes/node-process.js';
import { portFault } from './processes/ports.js';

const READY_MS = 120_000;
const STOP_MS = 30_000;
const NODES_MAX = 16;
const PORT_MAX = 65_535;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const USAGE = `Usage: npm start -- [--nodes N] [--base-port P] [--dir D] [--durability buffer|log|fsync-one|fsync]
  --nodes N        how many nodes (3)
  --base-port P    the first node's port for clients; the others follow, peer ports lie 10000 above (7001)
  --dir D          folder for data, logs and the cluster's secret (./data)
  --durability X   as the option of the same name of every node (log)`;

/** In place of what is wrong with a command line: it asks for the usage. */

interface Wishes {
  readonly ports: readonly NodePorts[];
  readonly folder: string;
  readonly nodeArgs: readonly string[];
}

/** Reads the command line; a text says what is wrong with it. */
function readWishes(argv: readonly string[]): Wishes | string {
  const parsed = parse(argv);
  if (typeof parsed === 'string') return parsed;
  const count = Number(parsed.nodes);
  const basePort = Number(parsed['base-port']);
  const basePortMax = PORT_MAX - PEER_PORT_OFFSET - NODES_MAX;
  if (!Number.isInteger(count) || count < 1 || count > NODES_MAX) return `--nodes: expected 1 to ${NODES_MAX}`;
  if (!Number.isInteger(basePort) || basePort < 1 || basePort > basePortMax)
    return `--base-port: expected 1 to ${basePortMax}`;
  const ports = Array.from({ length: count }, (_, index) => portsFrom(basePort + index));
  return { ports, folder: parsed.dir, nodeArgs: ['--durability', parsed.durability] };
}

function portsFrom(port: number): NodePorts {
  return { port, peerPort: port + PEER_PORT_OFFSET };
}

function parse(argv: readonly string[]) {
  if (argv.includes(HELP)) return HELP;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        nodes: { type: 'string', default: '3' },
        'base-port': { type: 'string', default: '7001' },
        dir: { type: 'string', default: './data' },
        durability: { type: 'string', default: 'log' },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Keeps the nodes: starts them, tells when one ends, stops them all. */
class Keeper {
  readonly #nodes: readonly NodeProcess[];
  #started = false;
  #stopping: Promise<void> | undefined;

  constructor(nodes: readonly NodeProcess[]) {
    this.#nodes = nodes;
  }

  async start(): Promise<void> {
    for (const node of this.#nodes) {
      void node.launch().then((end) => {
        if (!this.#started || this.#stopping !== undefined) return;
        if (end.code === 0) this.#tellStop(node);
        else this.#tellEnd(node, endText(end));
        this.#tellLast();
      });
    }
    await Promise.all(this.#nodes.map((node) => node.ready(this.#nodes.length - 1, READY_MS)));
    this.#started = true;
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    console.log('\nStopping …');
    const late = (node: NodeProcess): void =>
      console.error(`Node ${node.port} did not stop within ${STOP_MS / 1000} s and is killed.`);
    const ends = await Promise.all(this.#nodes.map((node) => node.stop(STOP_MS, () => late(node))));
    const bad = this.#nodes.filter((_, index) => !endedWell(ends[index]));
    for (const node of bad) console.error(`Node ${node.port} ended badly; its log ends with:\n${node.logTail()}`);
    if (bad.length > 0) process.exitCode = 1;
    else console.log('All nodes have stopped.');
  }

  #tellEnd(node: NodeProcess, how: string): void {
    console.error(`\nNode ${node.port} has ended (${how}). ${node.start.logPath} ends with:\n${node.logTail()}\n`);
    console.error(`To bring it back by hand, from this folder:\n  ${node.commandLine(process.cwd())}\n`);
  }

  /** It was told to: it has left the cluster, or somebody has stopped it. */
  #tellStop(node: NodeProcess): void {
    console.error(`\nNode ${node.port} has stopped, as it was told. Unless it has left the cluster, it comes back by`);
    console.error(`  ${node.commandLine(process.cwd())}\n`);
  }

  #tellLast(): void {
    if (this.#nodes.every(({ pid }) => pid === undefined)) {
      console.error('No node is left.');
      process.exitCode = 1;
    }
  }
}

/** A node that was stopped while it started may not yet handle the signal. */
function endedWell(end: ProcessEnd | undefined): boolean {
  return end === undefined || end.code === 0 || end.signal === 'SIGTERM';
}

function welcome(nodes: readonly NodeProcess[], folder: string, joining: string): string {
  const below = relative('.', folder) || '.';
  const shown = below.startsWith('..') ? resolve(folder) : below;
  const [first] = nodes;
  const rows = nodes.map((node) => `  127.0.0.1:${node.port}   process ${node.pid}, log ${node.start.logPath}`);
  const startNodes = nodes.map(({ port }) => `{ port: ${port} }`).join(', ');
  return `${nodes.length === 1 ? 'One node is' : `${nodes.length} nodes are`} ready:
${rows.join('\n')}

  redis-cli -p ${first?.port}                      any node takes any command
  redis-benchmark -p ${first?.port} -t set,get -r 100000
  new Redis(${first?.port})                        ioredis, one node
  new Redis.Cluster([${startNodes}])
  npx cartwheel status -p ${first?.port} --watch   who is there, and what moves

Another node joins, from this folder in another terminal, by
  ${joining}
and any node hands over what it holds and leaves by  redis-cli -p PORT DYNAMO LEAVE

Data are under ${shown}. Ctrl-C stops the cluster.`;
}

/** What a person types in this folder to add a node behind the others. */
function joiningCommand({ folder, ports, nodeArgs }: Wishes): string {
  const last = Math.max(...ports.map(({ port }) => port));
  return joiningNode(folder, portsFrom(last + 1), ports, nodeArgs).commandLine(process.cwd());
}

async function main(): Promise<void> {
  const wishes = orUsage(readWishes(process.argv.slice(2)), USAGE);
  if (wishes === undefined) return;
  for (const port of wishes.ports.flatMap((ports) => [ports.port, ports.peerPort])) {
    const fault = await portFault(port);
    if (fault === undefined) continue;
    const reason = fault === 'EADDRINUSE' ? 'is in use by another program' : `cannot be listened on (${fault})`;
    console.error(`Port ${port} on 127.0.0.1 ${reason}. Stop that, or choose others: npm start -- --base-port 7101`);
    process.exitCode = 1;
    return;
  }
  const nodes = localNodes(wishes.folder, wishes.ports, wishes.nodeArgs);
  const keeper = new Keeper(nodes);
  for (const signal of STOP_SIGNALS) process.on(signal, () => void keeper.stop());
  console.log(`Starting ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`} …`);
  try {
    await keeper.start();
    console.log(welcome(nodes, wishes.folder, joiningCommand(wishes)));
  } catch (error) {
    if (keeper.isStopping) return;
    console.error(error instanceof Error ? error.message : error);
    await keeper.stop();
    process.exitCode = 1;
  }
}

await main();
