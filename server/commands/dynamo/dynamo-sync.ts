import type { PartitionSync } from '../../../cluster/anti-entropy/anti-entropy.js';
import type { ExchangeReport } from '../../../cluster/anti-entropy/exchange.js';
import type { Member } from '../../../cluster/membership/membership.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';

type MemberOf = (id: NodeId) => Member | undefined;

/**
 * `{partitions, built, keys, compared, repaired: [{…}, …]}`: how many partitions there are, whose trees are built, the keys in
 * them, how many partitions were compared with another node, and those whose last comparison found something to repair.
 */
export function writeSync(out: ReplyBuffer, partitions: readonly PartitionSync[], memberOf: MemberOf): void {
  const repaired = partitions.flatMap(({ partition, last }) =>
    last !== undefined && last.pushed + last.pulled + last.failed > 0 ? { partition, last } : [],
  );
  out.map(5);
  writeCount(out, 'partitions', partitions.length);
  writeCount(out, 'built', partitions.filter(({ built }) => built).length);
  writeCount(
    out,
    'keys',
    partitions.reduce((sum, { keys }) => sum + keys, 0),
  );
  writeCount(out, 'compared', partitions.filter(({ last }) => last !== undefined).length);
  out.bulkText('repaired');
  out.array(repaired.length);
  for (const { partition, last } of repaired) {
    out.map(7);
    writeCount(out, 'partition', partition);
    writeExchange(out, last, memberOf);
  }
}

/**
 * `{partition, built, keys, root, exchanges: [{…}, …]}`: one partition after it was compared with each other primary that can be
 * reached. Replicas of the same keys have the same root. `fault` says why an exchange ended early, null: it did not.
 */
export function writePartitionSync(
  out: ReplyBuffer,
  { partition, built, keys, root }: PartitionSync,
  reports: readonly ExchangeReport[],
  memberOf: MemberOf,
): void {
  out.map(5);
  writeCount(out, 'partition', partition);
  out.bulkText('built');
  out.boolean(built);
  writeCount(out, 'keys', keys);
  out.bulkText('root');
  out.bulkText(root);
  out.bulkText('exchanges');
  out.array(reports.length);
  for (const { peer, atMs, partitions, fault } of reports) {
    const totals = partitions.get(partition) ?? { pushed: 0, pulled: 0, failed: 0 };
    out.map(7);
    writeExchange(out, { peer, atMs, ...totals }, memberOf);
    out.bulkText('fault');
    if (fault === undefined) out.nullBulk();
    else out.bulkText(fault);
  }
}

/** Six pairs: keys that were sent there, brought here, and could not be repaired. */
function writeExchange(out: ReplyBuffer, last: NonNullable<PartitionSync['last']>, memberOf: MemberOf): void {
  const member = memberOf(last.peer);
  out.bulkText('node');
  out.bulkText(last.peer);
  out.bulkText('address');
  out.bulkText(member === undefined ? '' : `${member.host}:${member.port}`);
  out.bulkText('at');
  out.bulkText(new Date(last.atMs).toISOString());
  writeCount(out, 'pushed', last.pushed);
  writeCount(out, 'pulled', last.pulled);
  writeCount(out, 'failed', last.failed);
}

function writeCount(out: ReplyBuffer, name: string, count: number): void {
  out.bulkText(name);
  out.integer(count);
}
