/** What the coordinator has done since the start or the last reset, as the sections `dynamo` and `healing` of `INFO` show it. */
export class Counters {
  /** Gets by the number of siblings that they found (Dynamo §6.3). */
  reads_no_version = 0;
  reads_one_version = 0;
  reads_two_versions = 0;
  reads_three_versions = 0;
  reads_four_or_more_versions = 0;
  coordinated_gets = 0;
  coordinated_puts = 0;
  coordinated_modifies = 0;
  forwarded = 0;
  forwarded_here = 0;
  /** Operations that ran again elsewhere, because their coordinator went away or its store failed. */
  run_again = 0;
  /** Forwarded operations that arrived when they may have been given up, and were not run. */
  late_forwards = 0;
  /** Objects that a node outside of the primaries was sent in the place of one. */
  stand_ins = 0;
  hedged_reads = 0;
  /** Puts that another node ran too, as the one that was to coordinate them was silent. */
  hedged_puts = 0;
  read_repairs = 0;
  read_quorum_failures = 0;
  write_quorum_failures = 0;
  /** Hints that this node began to keep, brought to their target, or gave up: no room, too old, no such node, no object, it leaves. */
  hints_kept = 0;
  hints_delivered = 0;
  hints_dropped_full = 0;
  hints_dropped_old = 0;
  hints_dropped_stranger = 0;
  hints_dropped_gone = 0;
  hints_dropped_leaving = 0;
  /** Copies without a hint that this node held for others, and that W of their primaries have now. */
  orphans_handed_over = 0;
  /** The same, of keys that have been deleted and forgotten since. */
  orphans_forgotten = 0;
  /** Keys that left this replica: deleted or expired longer ago than the grace, and held by all primaries. */
  reaped_keys = 0;
  /** Exchanges that this node began, by how they ended; keys that they repaired there and here; bytes to find these. */
  exchanges = 0;
  exchanges_broken_off = 0;
  exchange_keys_pushed = 0;
  exchange_keys_pulled = 0;
  exchange_tree_bytes = 0;
  /** Partitions (once for each N) that came to this node whole, and that it gave up; pulls that broke off and went on later. */
  transfer_partitions_received = 0;
  transfer_partitions_retired = 0;
  transfer_pulls_broken_off = 0;
  /** What went with them: rows that came and that were given, and rows that left when their owners had them. */
  transfer_keys_received = 0;
  transfer_bytes_received = 0;
  transfer_keys_sent = 0;
  transfer_bytes_sent = 0;
  transfer_keys_dropped = 0;
  /** Keys that left this replica, or lost siblings, as their database was flushed; FLUSHDB, FLUSHALL and SWAPDB that ran here. */
  flushed_keys = 0;
  flushes = 0;
  database_swaps = 0;
  clock_truncations = 0;
  clock_drift_refusals = 0;
  #driftLoggedUs = Number.NEGATIVE_INFINITY;

  /** Notes that a get found `siblings` versions. */
  sawVersions(siblings: number): void {
    if (siblings === 1) this.reads_one_version++;
    else if (siblings === 0) this.reads_no_version++;
    else if (siblings === 2) this.reads_two_versions++;
    else if (siblings === 3) this.reads_three_versions++;
    else this.reads_four_or_more_versions++;
  }

  /** Notes a refusal at `nowUs`. Answers whether to log it: the last line is `periodUs` ago. */
  refusedDrift(nowUs: number, periodUs: number): boolean {
    this.clock_drift_refusals++;
    if (nowUs - this.#driftLoggedUs < periodUs) return false;
    this.#driftLoggedUs = nowUs;
    return true;
  }

  /** Back to zero (`CONFIG RESETSTAT`). */
  reset(): void {
    Object.assign(this, new Counters());
  }
}
