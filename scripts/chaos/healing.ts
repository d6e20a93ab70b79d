/**
 * Waits until the cluster has healed: all nodes see all others, no hints wait, and the primaries of each key hold the
 * same, byte for byte. Clients may go on meanwhile: of a key that they write, its primaries need to have been seen equal
 * once since the wait began. That is enough for every write that was acknowledged before: it is on all of them then.
 */
import { ask } from '../processes/ask.js';
import type { NodeProcess } from '../processes/node-process.js';
import { waitUntil } from '../processes/wait.js';
import { type Difference, differences, differenceText, Primaries } from './replica-digests.js';

const READY_MS = 60_000;
const TOLD_EVERY_MS = 5000;

/** Rejects with `DeadlineError`, which says what is left, when it takes longer than `deadlineMs`. */
export async function untilHealed(
  nodes: readonly NodeProcess[],
  keys: readonly string[],
  deadlineMs: number,
  print: (line: string) => void,
): Promise<void> {
  await Promise.all(nodes.map((node) => node.ready(nodes.length - 1, READY_MS)));
  let left: readonly string[] = keys;
  let toldMs = performance.now();
  await waitUntil('the cluster has healed', deadlineMs, async () => {
    const obstacles = await obstaclesTo(nodes, left);
    left = obstacles.different.map(({ key }) => key);
    if (obstacles.hints === 0 && left.length === 0) return true;
    const [first] = obstacles.different;
    const text = `${obstacles.hints} hints, ${left.length} of ${keys.length} keys differ${first ? `; ${differenceText(first)}` : ''}`;
    if (performance.now() - toldMs >= TOLD_EVERY_MS) {
      toldMs = performance.now();
      print(`healing: ${text}`);
    }
    return text;
  });
}

async function obstaclesTo(
  nodes: readonly NodeProcess[],
  keys: readonly string[],
): Promise<{ hints: number; different: Difference[] }> {
  const [first] = nodes;
  if (first === undefined) return { hints: 0, different: [] };
  // Hints first: what they bring is then compared.
  const hints = await Promise.all(nodes.map(({ port }) => hintsAt(port)));
  const primaries = await Primaries.of(first.port);
  return { hints: hints.reduce((sum, count) => sum + count, 0), different: await differences(primaries, keys) };
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
