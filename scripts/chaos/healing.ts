/**
 * Waits until the cluster has healed: all nodes see all others and agree on the ring, no hints wait, and the primaries of each key hold the
 * same, byte for byte. Clients may go on meanwhile: of a key that they write, its primaries need to have been seen equal
 * once since the wait began. That is enough for every write that was acknowledged before: it is on all of them then.
 */
import { connectedPeers, infoFields } from '../processes/ask.js';
import type { NodeProcess } from '../processes/node-process.js';
import { waitUntil } from '../processes/wait.js';
import { differences, differenceText, Primaries } from './replica-digests.js';

/** N of the default keyspace. */
const REPLICAS = 3;
const TOLD_EVERY_MS = 5000;
/** Each look asks every node for several things: not so often that what is to heal waits for the questions. */
const POLL_MS = 100;

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
  const look = async (): Promise<true | string> => {
    const text = await obstacle(nodes().map(({ port }) => port)).catch(messageOf);
    if (text === undefined) return true;
    if (performance.now() - toldMs >= TOLD_EVERY_MS) {
      toldMs = performance.now();
      print(`healing: ${text}`);
    }
    return text;
  };
  await waitUntil('the cluster has healed', deadlineMs, look, POLL_MS);

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

/** The primaries as all nodes know them. Rejects where they do not agree, or where partitions are on their way. */
async function agreedPrimaries(ports: readonly number[]): Promise<Primaries> {
  const views = await Promise.all(ports.map((port) => viewOf(port)));
  if (new Set(views).size > 1)
    throw new Error(`the nodes have heard different things: ${[...new Set(views)].join('; ')}`);
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

/** What a node has heard about the members and their holdings, as a text. Rejects while partitions are on their way to it. */
async function viewOf(port: number): Promise<string> {
  const fields = await infoFields(port, 'membership');
  const toReceive = fields.get('partitions_to_receive');
  if (toReceive !== '0') throw new Error(`port ${port} has to receive ${toReceive} partitions`);
  return `${fields.get('members')} members, history ${fields.get('history_digest')}, holdings ${fields.get('holdings_digest')}`;
}

/** Hints that wait at a node, by its own account. Rejects while it still reads those of an earlier run, or starts over. */
async function hintsAt(port: number): Promise<number> {
  const fields = await infoFields(port, 'healing');
  const unsettled = Number(fields.get('partitions_unsettled'));
  if (unsettled !== 0) throw new Error(`port ${port} starts over with ${unsettled} partitions`);
  if (fields.get('hints_loaded') !== '1') throw new Error(`port ${port} still reads its hints`);
  return Number(fields.get('hints_pending'));
}
