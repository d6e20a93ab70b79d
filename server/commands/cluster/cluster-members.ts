/** `CLUSTER MEET` and `CLUSTER FORGET`: an operator changes who is in the cluster. The words of the errors are Redis's. */
import { normalHost, PEER_PORT_OFFSET } from '../../../cluster/membership/peer-text.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import { answerChange, elasticOf, STANDS_ALONE } from './elastic.js';

const NOTHING = Buffer.alloc(0);
const PORT_MAX = 65_535n;
const HOST = /^[\w.:%-]{1,253}$/;

/**
 * Unlike Redis, which answers before it has tried, this waits until the two have found each other, or says why not. A
 * name is taken as well as an address.
 */
function runMeet({ server, args, slot }: Call): void {
  const [host = '', portText = '', peerPortText] = args.slice(2).map((arg) => arg.toString('latin1'));
  if (args.length > 5) {
    refuse(server, slot, "ERR unknown subcommand or wrong number of arguments for 'meet'. Try CLUSTER HELP.");
    return;
  }
  const port = parseInt64(args[3] ?? NOTHING);
  if (port === undefined) {
    refuse(server, slot, `ERR Invalid TCP base port specified: ${portText}`, 'latin1');
    return;
  }
  const peerPort = args[4] === undefined ? port + BigInt(PEER_PORT_OFFSET) : parseInt64(args[4]);
  if (peerPort === undefined) {
    refuse(server, slot, `ERR Invalid TCP bus port specified: ${peerPortText}`, 'latin1');
    return;
  }
  if (!HOST.test(host) || !isPort(port) || !isPort(peerPort)) {
    refuse(server, slot, `ERR Invalid node address specified: ${host}:${portText}`, 'latin1');
    return;
  }
  const address = { host: normalHost(host), port: Number(port), peerPort: Number(peerPort) };
  const membership = elasticOf(server);
  if (membership === undefined) refuse(server, slot, STANDS_ALONE);
  else void answerChange(server, slot, membership.meet(address));
}

function isPort(port: bigint): boolean {
  return port >= 1n && port <= PORT_MAX;
}

function runForget({ server, args, slot }: Call): void {
  const id = (args[2] ?? NOTHING).toString('latin1');
  const { membership } = server.node;
  if (!membership.nodes().some((node) => node.id === id)) {
    refuse(server, slot, `ERR Unknown node ${id}`, 'latin1');
    return;
  }
  if (id === membership.self.id) {
    refuse(server, slot, "ERR I tried hard but I can't forget myself...");
    return;
  }
  const elastic = elasticOf(server);
  if (elastic === undefined) refuse(server, slot, STANDS_ALONE);
  else void answerChange(server, slot, elastic.forget(id as NodeId));
}

const COMMON: Pick<CommandRow, 'flags' | 'categories' | 'since' | 'group'> = {
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: ['@admin', '@slow', '@dangerous'],
  since: '3.0.0',
  group: 'cluster',
};

export const forgetRow: CommandRow = {
  ...COMMON,
  name: 'forget',
  arity: 3,
  complexity: 'O(1)',
  summary: 'Declares a node dead, so that the others take its partitions',
  arguments: [{ name: 'node-id', type: 'string' }],
  run: runForget,
};

export const meetRow: CommandRow = {
  ...COMMON,
  name: 'meet',
  arity: -4,
  complexity: 'O(1)',
  summary: 'Unites this node and another one in one cluster',
  arguments: [
    { name: 'ip', type: 'string' },
    { name: 'port', type: 'integer' },
    { name: 'cluster_bus_port', type: 'integer', since: '4.0.0', flags: ['optional'] },
  ],
  run: runMeet,
};
