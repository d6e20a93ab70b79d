/**
 * What a key takes of a node's memory: a node of its own with two numbers of keys, and the difference between them over their
 * number. What is garbage is collected before each look.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fillKeys } from '../background/fill.js';
import type { Progress } from '../bench/contest.js';
import { processMemory } from '../bench/memory.js';
import { textTable } from '../bench/text-table.js';
import { infoField, infoFields } from '../processes/ask.js';
import { localNode } from '../processes/local-nodes.js';
import { NodeProcess } from '../processes/node-process.js';
import { freePorts } from '../processes/ports.js';
import { waitUntil } from '../processes/wait.js';
import { collectGarbage, recorderFlags } from '../profile/recording.js';
import { benchmarkKey } from './growing-arena.js';

const READY_MS = 60_000;
const SETTLED_MS = 300_000;
const STOP_MS = 120_000;
const VALUE_BYTES = 100;
const IN_FLIGHT = 64;
/** Of keys: the smaller of the two numbers is a quarter of the other. */
const SMALLER_SHARE = 0.25;
/** More than a million keys take. */
const ROOM = ['--maxmemory', '2gb', '--n', '1', '--r', '1', '--w', '1'];
/** As long as the option may be: nothing is written while it is measured. */
const BUFFERED = ['--durability', 'buffer', '--object-flush-ms', '60000'];

/** A process with so many keys. */
export interface KeyMemory {
  readonly keys: number;
  /** Heap and buffers outside of it, without garbage. */
  readonly usedBytes: number;
  /** What the system has given to the process. */
  readonly residentBytes: number;
  /** What the node itself counts against `maxmemory`. */
  readonly countedBytes: number;
}

export type KeyMemoryCase = 'cache' | 'buffer';

/** Bytes that each further key took, between the two. */
export function perKey(few: KeyMemory, many: KeyMemory): Omit<KeyMemory, 'keys'> {
  const keys = many.keys - few.keys;
  return {
    usedBytes: (many.usedBytes - few.usedBytes) / keys,
    residentBytes: (many.residentBytes - few.residentBytes) / keys,
    countedBytes: (many.countedBytes - few.countedBytes) / keys,
  };
}

/** Measures both cases with up to `keys` keys. The buffered ones are a fifth of that at the most: they have a minute to come. */
export async function measureKeyMemory(folder: string, keys: number, progress: Progress) {
  const buffered = Math.min(keys, 200_000);
  return {
    cache: await measure(folder, 'cache', keys, progress),
    buffer: await measure(folder, 'buffer', buffered, progress),
  };
}

export function keyMemoryTable(measured: Readonly<Record<KeyMemoryCase, readonly [KeyMemory, KeyMemory]>>): string {
  const rows = Object.entries(measured).map(([name, [few, many]]) => {
    const { usedBytes, residentBytes, countedBytes } = perKey(few, many);
    return [
      name === 'cache' ? 'in the cache' : 'in the buffer, not yet written',
      `${few.keys.toLocaleString('en-US')}–${many.keys.toLocaleString('en-US')}`,
      ...[usedBytes, residentBytes, countedBytes].map((bytes) => String(Math.round(bytes))),
    ];
  });
  const header = [
    `bytes a key takes (key 16, value ${VALUE_BYTES})`,
    'keys',
    'heap and buffers',
    'RSS',
    'of maxmemory',
  ];
  return textTable(header, rows);
}

async function measure(
  folder: string,
  which: KeyMemoryCase,
  keys: number,
  progress: Progress,
): Promise<[KeyMemory, KeyMemory]> {
  const [port = 0, peerPort = 0] = await freePorts(2);
  const own = join(folder, `memory-${which}`);
  const socketPath = join(folder, `${which}-recorder`);
  const plain = localNode(own, { port, peerPort }, [...ROOM, ...(which === 'buffer' ? BUFFERED : [])]);
  const node = new NodeProcess({ ...plain.start, runtimeFlags: recorderFlags(socketPath) });
  process.once('exit', () => node.signal('SIGKILL'));
  void node.launch();
  await node.ready(0, READY_MS);
  const looks: KeyMemory[] = [];
  let from = 0;
  for (const to of [Math.round(keys * SMALLER_SHARE), keys]) {
    progress(`memory of a key in the ${which}: ${to.toLocaleString('en-US')} keys`);
    await fillKeys([port], { from, to, keyOf: benchmarkKey, value: 'x'.repeat(VALUE_BYTES), inFlight: IN_FLIGHT });
    from = to;
    if (which === 'cache') await settled(node, socketPath);
    looks.push(await look(node, socketPath, to));
  }
  await node.stop(STOP_MS, () => undefined);
  const [few, many] = looks;
  if (few === undefined || many === undefined) throw new Error('there are two numbers of keys');
  return [few, many];
}

/** A node that has just read its keys from its store has them in the cache, and nothing else. */
async function settled(node: NodeProcess, socketPath: string): Promise<void> {
  await node.stop(STOP_MS, () => undefined);
  rmSync(socketPath, { force: true });
  void node.launch();
  await node.ready(0, READY_MS);
  await waitUntil(
    'the node has read its store',
    SETTLED_MS,
    async () => (await infoField(node.port, 'dynamo', 'warm')) === '1' || 'it reads',
  );
}

async function look(node: NodeProcess, socketPath: string, keys: number): Promise<KeyMemory> {
  await collectGarbage(socketPath);
  const fields = await infoFields(node.port, 'memory');
  const counted = await infoField(node.port, 'dynamo', 'cached_bytes');
  return {
    keys,
    usedBytes: Number(fields.get('used_memory')),
    residentBytes: (node.pid === undefined ? undefined : processMemory(node.pid)?.now) ?? Number.NaN,
    countedBytes: Number(counted),
  };
}
