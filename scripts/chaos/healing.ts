/**
 * Waits until the cluster has healed: all nodes see all others and agree on the ring, no hints wait, and the primaries of each key hold the
 * same, byte for byte. Clients may go on meanwhile: of a key that they write, its primaries need to have been seen equal
 * once since the wait began. That is enough for every write that was acknowledged before: it is on all of them then.
 */
import { ask, connectedPeers } from '../processes/ask.js';
import type { NodeProcess } from '../processes/node-process.js';
import { waitUntil } from '../processes/wait.js';
import { differences, differenceText, Primaries } from './replica-digests.js';

/** N of the default keyspace. */
const REPLICAS = 3;
const TOLD_EVERY_MS = 5000;

/**
 * Rejects with `DeadlineError`, which says what is left, when it takes longer than `deadlineMs`. `nodes` gives those that
 * run now: one that has left the cluster is not waited for.
 */
export async function untilHealed(
  nodes: () => readonly NodeProcess[],
  keys: readonly string[],
  deadlineMs: number,
  print: (line: string) => void,
): Promise<void> {
  let left: readonly string[] = keys;
  let toldMs = performance.now();
  await waitUntil('the cluster has healed', deadlineMs, async () => {
    const text = await obstacle(nodes().map(({ port }) => port)).catch(messageOf);
    if (text === undefined) return true;
    if (performance.now() - toldMs >= TOLD_EVERY_MS) {
      toldMs = performance.now();
      print(`healing: ${text}`);
    }
    return text;
  });

  /** What is not healed yet, in words. */
  async function obstacle(ports: readonly number[]): Promise<string | undefined> {
    await Promise.all(ports.map((port) => checkConnected(port, ports.length - 1)));
    // Hints first: what they bring is then compared.
    const hints = await Promise.all(ports.map((port) => hintsAt(port)));
    const hintCount = hints.reduce((sum, count) => sum + count, 0);
    const different = await differences(await agreedPrimaries(ports), left);
    left = different.map(({ key }) => key);
    const [first] = different;
    if (hintCount === 0 && first === undefined) return undefined;
    return `${hintCount} hints, ${left.length} of ${keys.length} keys differ${first ? `; ${differenceText(first)}` : ''}`;
  }
}

async function checkConnected(port: number, peers: number): Promise<void> {
  const connected = await connectedPeers(port);
  if (connected < peers) throw new Error(`port ${port} sees ${connected} of ${peers} others`);
}

/** The primaries as all nodes know them. Rejects where they do not agree. */
async function agreedPrimaries(ports: readonly number[]): Promise<Primaries> {
  const [first, ...others] = await Promise.all(ports.map((port) => Primaries.of(port)));
  if (first === undefined) throw new Error('no node runs');
  for (const [index, other] of others.entries()) {
    if (other.text !== first.text) throw new Error(`ports ${ports[0]} and ${ports[index + 1]} have different rings`);
  }
  const wanted = Math.min(REPLICAS, ports.length);
  if (first.least < wanted) throw new Error(`a partition has ${first.least} of ${wanted} primaries`);
  return first;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Hints that wait at a node, by its own account. Rejects while it still reads those of an earlier run, or starts over. */
async function hintsAt(port: number): Promise<number> {
  const info = String(await ask(port, 'INFO', 'healing'));
  const pending = /^hints_pending:(\d+)/m.exec(info);
  const unsettled = Number(/^partitions_unsettled:(\d+)/m.exec(info)?.[1]);
  if (unsettled !== 0) throw new Error(`port ${port} starts over with ${unsettled} partitions`);
  if (pending === null || !/^hints_loaded:1/m.test(info)) throw new Error(`port ${port} still reads its hints`);
  return Number(pending[1]);
}
