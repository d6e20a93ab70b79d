/** What several replicas say of the next keys of a partition, made one. Pure. */
import type { ScanPage, ScanRow } from './page.js';

/** What one node said. `standing` tells as what it counts for the keyspace of a key. */
export interface HeardPage {
  readonly page: ScanPage;
  readonly standing: (key: string) => Standing;
}

/** A fallback may hold what the primaries have forgotten for good, so that it is not believed alone; others do not count. */
export type Standing = 'primary' | 'fallback' | 'none';

/** `isCertain` false: the replicas differ; a read has to tell whether the key is there. */
export interface MergedKey {
  readonly hash: number;
  readonly key: string;
  readonly isCertain: boolean;
}

export interface MergedPage {
  /** Keys that are there, and those that may be, in the order of their hashes. */
  readonly keys: readonly MergedKey[];
  /** How many keys the replicas spoke of. */
  readonly looked: number;
  /** Nothing is said of keys behind this hash. */
  readonly upTo: number;
}

/** Whether anybody says so. */
interface Tally {
  readonly hash: number;
  live: boolean;
  liveByPrimary: boolean;
  dead: boolean;
}

/** The keys up to the hash that all pages reach. A deletion that one replica has seen and another has not makes a key uncertain. */
export function mergePages(heard: readonly HeardPage[]): MergedPage {
  const upTo = Math.min(...heard.map(({ page }) => page.upTo));
  const tallies = new Map<string, Tally>();
  for (const { page, standing } of heard) {
    for (const row of page.rows) {
      if (row.hash > upTo) break;
      count(tallies, row, standing(row.key));
    }
  }
  const keys: MergedKey[] = [];
  for (const [key, { hash, live, liveByPrimary, dead }] of tallies) {
    if (live) keys.push({ hash, key, isCertain: liveByPrimary && !dead });
  }
  keys.sort((a, b) => a.hash - b.hash || (a.key < b.key ? -1 : 1));
  return { keys, looked: tallies.size, upTo };
}

function count(tallies: Map<string, Tally>, row: ScanRow, standing: Standing): void {
  if (standing === 'none') return;
  const known = tallies.get(row.key);
  const tally = known ?? { hash: row.hash, live: false, liveByPrimary: false, dead: false };
  if (known === undefined) tallies.set(row.key, tally);
  tally.live ||= row.isLive;
  tally.liveByPrimary ||= row.isLive && standing === 'primary';
  tally.dead ||= !row.isLive;
}
