import type { PendingHints } from '../../../cluster/handoff/hints.js';
import type { Member } from '../../../cluster/membership/membership.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';

/** What `DYNAMO HINTS` tells of one node that has missed writes. */
export interface ShownHints extends PendingHints {
  /** Undefined: it is no longer in the cluster. */
  readonly member: Member | undefined;
  readonly isReachable: boolean;
}

/** `{hints, bytes, loaded, targets: [{…}, …]}`; `isLoaded`: those of an earlier run are counted too. */
export function writeHints(out: ReplyBuffer, targets: readonly ShownHints[], isLoaded: boolean, nowMs: number): void {
  out.map(4);
  out.bulkText('hints');
  out.integer(targets.reduce((sum, { count }) => sum + count, 0));
  out.bulkText('bytes');
  out.integer(targets.reduce((sum, { bytes }) => sum + bytes, 0));
  out.bulkText('loaded');
  out.boolean(isLoaded);
  out.bulkText('targets');
  out.array(targets.length);
  for (const hints of targets) writeTarget(out, hints, nowMs);
}

function writeTarget(
  out: ReplyBuffer,
  { target, member, isReachable, count, bytes, oldestMs, delivering }: ShownHints,
  nowMs: number,
): void {
  out.map(8);
  out.bulkText('node');
  out.bulkText(target);
  out.bulkText('address');
  out.bulkText(member === undefined ? '' : `${member.host}:${member.port}`);
  out.bulkText('reachable');
  out.boolean(isReachable);
  out.bulkText('hints');
  out.integer(count);
  out.bulkText('bytes');
  out.integer(bytes);
  out.bulkText('oldest');
  if (oldestMs === 0) out.nullBulk();
  else out.bulkText(new Date(oldestMs).toISOString());
  out.bulkText('oldest-ms-ago');
  out.integer(oldestMs === 0 ? 0 : Math.max(0, Math.round(nowMs - oldestMs)));
  out.bulkText('delivering');
  out.boolean(delivering);
}
