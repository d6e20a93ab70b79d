import type { Member } from '../../../cluster/membership/membership.js';
import type { TransferProgress } from '../../../cluster/transfer/progress.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';

/** What `DYNAMO TRANSFERS` tells of the partitions that go to, or come from, one other node. */
export interface ShownTransfer extends TransferProgress {
  /** Undefined: it is no longer in the cluster. */
  readonly member: Member | undefined;
}

/**
 * `[{direction, node, address, partitions-done, partitions, keys, bytes, bytes-a-second, eta-seconds, started,
 * waits-since}, …]`: keys and bytes so far; `eta-seconds` is null where it can't be told yet; `waits-since` is null unless this
 * node waits for the other one, which is down and is to take something over: it has to come back, or to be forgotten.
 */
export function writeTransfers(out: ReplyBuffer, transfers: readonly ShownTransfer[]): void {
  out.array(transfers.length);
  for (const transfer of transfers) {
    const { direction, peer, member, etaSeconds, waitsSinceMs } = transfer;
    out.map(11);
    writeText(out, 'direction', direction);
    writeText(out, 'node', peer);
    writeText(out, 'address', member === undefined ? '' : `${member.host}:${member.port}`);
    writeCount(out, 'partitions-done', transfer.partitionsDone);
    writeCount(out, 'partitions', transfer.partitionsTotal);
    writeCount(out, 'keys', transfer.keys);
    writeCount(out, 'bytes', transfer.bytes);
    writeCount(out, 'bytes-a-second', transfer.bytesPerSecond);
    out.bulkText('eta-seconds');
    if (etaSeconds === undefined) out.nullBulk();
    else out.integer(Math.ceil(etaSeconds));
    writeText(out, 'started', new Date(transfer.startedMs).toISOString());
    out.bulkText('waits-since');
    if (waitsSinceMs === undefined) out.nullBulk();
    else out.bulkText(new Date(waitsSinceMs).toISOString());
  }
}

function writeText(out: ReplyBuffer, name: string, text: string): void {
  out.bulkText(name);
  out.bulkText(text);
}

function writeCount(out: ReplyBuffer, name: string, count: number): void {
  out.bulkText(name);
  out.integer(Math.round(count));
}
