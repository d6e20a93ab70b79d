/** The screen of `cartwheel status`: lines of text for a status. */
import { bytesText, countText, durationText, latencyText, progressBar } from './amounts.js';
import type { ClusterStatus, DifferingKeyspace, NodeStatus, TransferStatus } from './cluster-status.js';

const BAR_WIDTH = 20;
const NONE = '-';

/** A column: its title, and what stands in it. Numbers are aligned at their ends. */
interface Column {
  readonly title: string;
  readonly isNumber?: true;
  /** It is left out where all its cells are this. */
  readonly untold?: string;
  readonly cell: (node: NodeStatus) => string;
}

const PROGRAM: Column = { title: 'version', cell: ({ program }) => program ?? NONE };

const COLUMNS: readonly Column[] = [
  { title: 'zone', untold: NONE, cell: ({ zone }) => zone || NONE },
  { title: 'weight', isNumber: true, untold: '1', cell: ({ weight }) => String(weight) },
  { title: 'share', isNumber: true, cell: ({ share }) => `${(share * 100).toFixed(1)} %` },
  { title: 'state', cell: stateText },
  { title: 'link', cell: ({ reachable, answered }) => (reachable ? (answered ? 'up' : 'up, silent') : 'DOWN') },
  { title: 'keys', isNumber: true, cell: ({ keys }) => (keys === null ? NONE : countText(keys)) },
  { title: 'hints', isNumber: true, cell: ({ hints }) => (hints === null ? NONE : countText(hints)) },
  { title: 'get p99.9', isNumber: true, cell: ({ getP999Us }) => (getP999Us === null ? NONE : latencyText(getP999Us)) },
  { title: 'put p99.9', isNumber: true, cell: ({ putP999Us }) => (putP999Us === null ? NONE : latencyText(putP999Us)) },
];

/** One line each, without a line end. */
export function screenLines(status: ClusterStatus): string[] {
  return [
    headline(status),
    '',
    ...nodeLines(status),
    ...section('transfers', transferLines(status)),
    ...section('waiting for nodes that are down', waitingLines(status)),
    ...section(
      'keyspaces that differ',
      status.differingKeyspaces.flatMap((row) => keyspaceLines(row, status)),
    ),
  ];
}

function headline({
  asked,
  askedState,
  state,
  nodes,
  partitions,
  keys,
  events,
  agreed,
  transfers,
}: ClusterStatus): string {
  const leaving = nodes.filter((node) => node.state === 'leaving').length;
  const moving = transfers.filter((transfer) => transfer.partitionsDone < transfer.partitions).length;
  const isStill = nodes.every((node) => node.state === 'member' && node.toReceive + node.toHandOver === 0);
  const parts = [
    `${countOf(nodes.length - leaving, 'node')}${leaving > 0 ? ` and ${leaving} leaving` : ''}`,
    countOf(partitions, 'partition'),
    countOf(keys, 'key'),
    moving > 0 ? `${countOf(moving, 'transfer')} under way` : isStill ? 'nothing moves' : 'settling',
    ...(events > 0
      ? [agreed ? `history of ${events}, all agree` : `history of ${events}, not yet the same everywhere`]
      : []),
    ...(state === 'ok' ? [] : [`state ${state.toUpperCase()}: too few nodes to write`]),
  ];
  return `cluster as ${asked}${askedState === 'member' ? '' : ` (${askedState})`} sees it: ${parts.join(', ')}`;
}

function countOf(count: number, what: string): string {
  return `${countText(count)} ${what}${count === 1 ? '' : 's'}`;
}

function stateText({ state, held, toReceive, toHandOver }: NodeStatus): string {
  if (state === 'leaving') return `leaving, ${held} left`;
  if (toReceive > 0) return `receiving ${toReceive}`;
  return toHandOver > 0 ? `${state}, ${toHandOver} to let go` : state;
}

function nodeLines({ nodes, askedId }: ClusterStatus): string[] {
  const all: readonly Column[] = [
    { title: 'node', cell: (node) => `${addressOf(node)}${node.id === askedId ? ' *' : ''}` },
    ...COLUMNS,
    // While the nodes run different versions.
    ...(new Set(nodes.flatMap(({ program }) => program ?? [])).size > 1 ? [PROGRAM] : []),
  ];
  const columns = all.filter(({ untold, cell }) => untold === undefined || nodes.some((node) => cell(node) !== untold));
  const rows = [columns.map(({ title }) => title), ...nodes.map((node) => columns.map(({ cell }) => cell(node)))];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, at) => {
      const width = widths[at] ?? 0;
      return columns[at]?.isNumber === true ? cell.padStart(width) : cell.padEnd(width);
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}

function addressOf({ host, port }: Pick<NodeStatus, 'host' | 'port'>): string {
  return `${host}:${port}`;
}

function transferLines({ nodes, transfers }: ClusterStatus): string[] {
  const addresses = new Map(nodes.map((node) => [node.id, addressOf(node)]));
  const named = transfers.map((transfer) => ({
    transfer,
    route: `${addresses.get(transfer.from) ?? transfer.from} → ${addresses.get(transfer.to) ?? transfer.to}`,
  }));
  const width = Math.max(0, ...named.map(({ route }) => route.length));
  return named.map(({ transfer, route }) => `${route.padEnd(width)}  ${progressText(transfer)}`);
}

/** A line for each node that is waited for, and what is to be done about it. */
function waitingLines({ nodes, transfers }: ClusterStatus): string[] {
  const addresses = new Map(nodes.map((node) => [node.id, addressOf(node)]));
  return transfers.flatMap(({ from, to, waitsSince }): string[] => {
    if (waitsSince === null) return [];
    const [waiting, down] = [from, to].map((id) => addresses.get(id) ?? id);
    return [`${waiting} waits for ${down} since ${waitsSince}: start it again, or give it up: CLUSTER FORGET ${to}`];
  });
}

function progressText({ partitionsDone, partitions, keys, bytes, bytesPerSecond, etaSeconds }: TransferStatus): string {
  const done = partitions === 0 ? 1 : partitionsDone / partitions;
  const percent = `${Math.floor(done * 100)} %`.padStart(5);
  const parts = [`${partitionsDone}/${partitions} partitions`, countOf(keys, 'key'), bytesText(bytes)];
  if (done < 1) parts.push(`${bytesText(bytesPerSecond)}/s`);
  if (done < 1 && etaSeconds !== null) parts.push(`ready in ${durationText(etaSeconds)}`);
  return `${progressBar(done, BAR_WIDTH)} ${percent}  ${done < 1 ? parts.join(', ') : `${parts.join(', ')}, done`}`;
}

function keyspaceLines({ name, variants }: DifferingKeyspace, { nodes }: ClusterStatus): string[] {
  const addresses = new Map(nodes.map((node) => [node.id, addressOf(node)]));
  return variants.map(({ settings, nodes: ids }) => {
    const where = ids.map((id) => addresses.get(id) ?? id).join(', ');
    return `${name}: ${settings ?? 'not there'} on ${where}`;
  });
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}
