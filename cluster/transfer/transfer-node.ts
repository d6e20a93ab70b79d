import type { ExchangeNode } from '../anti-entropy/exchange-node.js';
import type { HandoffNode } from '../handoff/handoff-node.js';
import type { ElasticMembership, Membership } from '../membership/membership.js';
import type { Place } from './roles.js';

/** What a membership that changes does for transfers. */
export type TransferMembership = Membership &
  Pick<ElasticMembership, 'declare' | 'gone' | 'state' | 'unchangedSinceUs'>;

/** What transfers need of their node. */
export interface TransferNode extends HandoffNode, Omit<ExchangeNode, 'peers'> {
  readonly world: ExchangeNode['world'];
  readonly membership: TransferMembership;
}

/** Every partition, once for each N that keyspaces have. */
export function* everyPlace({ forest }: TransferNode): Iterable<Place> {
  for (let partition = 0; partition < forest.partitionCount; partition++) {
    for (const n of forest.ns) yield { partition: partition as Place['partition'], n };
  }
}

/** The least W of the keyspaces with this N. */
export function leastW({ keyspaces }: TransferNode, n: number): number {
  return keyspaces.rows().reduce((least, row) => (row.n === n ? Math.min(least, row.w) : least), n);
}
