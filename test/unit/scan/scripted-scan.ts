/** A walk of a scripted node: its own replica answers as it does, peers answer as the test says. */
import type { Coordination } from '../../../cluster/coordinator/coordination.js';
import { type KeyspaceRow, Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { KeyspaceWalk } from '../../../cluster/scan/keyspace-walk.js';
import type { ScanPage } from '../../../cluster/scan/page.js';
import { encodeScanAnswer } from '../../../cluster/scan/page.js';
import { HASH_MAX, hashOfCluster } from '../../../cluster/scan/place.js';
import { ScanAnswers } from '../../../cluster/scan/scan-answers.js';
import { KeyWindows } from '../../../cluster/scan/windows.js';
import type { FakePeer } from '../coordinator/fake-peer.js';
import { ScriptedNode, type ScriptedOptions } from '../coordinator/scripted-node.js';
import { PARTITIONS } from '../replica/opened-replica.js';

const hashOf = hashOfCluster('a secret of some length');
const WALK_MS = 60_000;

export const FIRST_PARTITION = 0 as Partition;

export class ScriptedScan {
  readonly node: Coordination;
  readonly answers: ScanAnswers;
  readonly walk: KeyspaceWalk;

  private constructor(
    readonly scripted: ScriptedNode,
    keyspaces: Keyspaces,
  ) {
    this.node = { ...scripted.node, keyspaces };
    const { world, replica } = this.node;
    this.answers = new ScanAnswers(world, replica, keyspaces, PARTITIONS, new KeyWindows(world, replica, hashOf));
    this.walk = new KeyspaceWalk(this.node, this.answers);
  }

  /** `rows`: further keyspaces beside the default one of `options`. */
  static async open(options: ScriptedOptions = {}, rows: readonly KeyspaceRow[] = []): Promise<ScriptedScan> {
    const scripted = await ScriptedNode.open(options);
    return new ScriptedScan(scripted, new Keyspaces([...scripted.node.keyspaces.rows(), ...rows]));
  }

  /** Lets time pass until the promise is settled. */
  settled<T>(promise: Promise<T>): Promise<T> {
    return this.scripted.world.timers.until(promise, WALK_MS);
  }
}

/** What a replica says of the rest of a partition: `key` is there, `-key` was deleted. */
export function pageOf(words: string, upTo: number = HASH_MAX): ScanPage {
  const rows = words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ key: word.replace(/^-/, ''), isLive: !word.startsWith('-') }))
    .map(({ key, isLive }) => ({ hash: hashOf(key), key, isLive }));
  return { rows: rows.sort((a, b) => a.hash - b.hash), upTo };
}

/** The peer answers the last question that it was sent: a page for each partition asked for, or undefined. */
export function replyPages(peer: FakePeer, ...pages: (ScanPage | undefined)[]): void {
  peer.queries.at(-1)?.reply(encodeScanAnswer(pages));
}
