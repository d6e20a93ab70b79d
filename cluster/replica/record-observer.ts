import type { Partition } from '../ring/slots.js';

/** A key as its observer sees it, with two places in which the observer may keep what it has worked out. */
export interface ObservedKey {
  readonly partition: Partition;
  readonly db: number;
  readonly key: string;
  /** A hash of `db` and `key`; 0: not yet worked out. A small integer. */
  keyHash: number;
  /** `versionFingerprint` of the record, as a signed integer; 0: not worked out. Whoever hears `changed` renews it. */
  fingerprint: number;
}

/**
 * Is told of all records of a replica, tombstones too. Of each partition, from a moment between two turns on: first those
 * that are there (`begin`, `found` for each, `complete`), and from `begin` on every change, within the call that makes it.
 *
 * Records are the object, then the note, and good for the call only.
 */
export interface RecordObserver {
  /** From this moment on the records of the partition are told, from nothing. */
  begin(partition: Partition): void;
  /** A record that was there at `begin`; it may have changed since, which was told too. */
  found(partition: Partition, db: number, key: string, record: Buffer): void;
  /** All that was there has been told. */
  complete(partition: Partition): void;
  /** What was told since `begin` is not all, and there is no more: another `begin` follows. */
  suspend(partition: Partition): void;
  /** HOT PATH. `before` undefined: the key was absent; `after`: an object, undefined where the record leaves the node. */
  changed(key: ObservedKey, before: Buffer | undefined, after: Buffer | undefined): void;
}

export const UNOBSERVED: RecordObserver = {
  begin: () => undefined,
  found: () => undefined,
  complete: () => undefined,
  suspend: () => undefined,
  changed: (key) => {
    key.fingerprint = 0;
  },
};
