/** What a session does with one key, as promises: for commands of several steps, which are not in a hurry. None rejects. */
import type { Change } from '../../cluster/coordinator/changes/change.js';
import type { Session } from '../../cluster/coordinator/session.js';
import type { Failure } from '../../cluster/failure.js';
import type { ObjectBytes } from '../../cluster/version/codec.js';
import type { Written } from '../../cluster/version/encoded.js';
import type { VersionVector } from '../../cluster/version/object.js';
import type { Key } from './arguments/key-argument.js';

/** A key of a database. */
export interface KeyPlace {
  readonly db: number;
  readonly key: Key;
}

/** What the replicas hold, a copy of its own; `object` undefined: nothing. */
export function getStep(
  session: Session,
  { db, key }: KeyPlace,
): Promise<{ readonly failure: Failure | undefined; readonly object: ObjectBytes | undefined }> {
  return new Promise((resolve) => {
    session.get(db, key.slot, key.text, undefined, (_state, failure, object) =>
      resolve({ failure, object: object && Buffer.from(object) }),
    );
  });
}

export function putStep(
  session: Session,
  { db, key }: KeyPlace,
  context: VersionVector | undefined,
  written: Written,
): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    session.put(db, key.slot, key.text, context, written, undefined, (_state, failure) => resolve(failure));
  });
}

/** `applied`: whether the change took effect. */
export function modifyStep(
  session: Session,
  { db, key }: KeyPlace,
  change: Change,
): Promise<{ readonly failure: Failure | undefined; readonly applied: boolean }> {
  return new Promise((resolve) => {
    session.modify(db, key.slot, key.text, change, undefined, (_state, failure, applied) =>
      resolve({ failure, applied }),
    );
  });
}
