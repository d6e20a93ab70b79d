import { type ElasticMembership, isElastic } from '../../../cluster/membership/membership.js';
import type { ReplySlot } from '../../net/reply-slot.js';
import type { Server } from '../../server.js';
import { refuse } from '../command.js';

/** Why the members of a node that stands alone do not change. */
export const STANDS_ALONE =
  'ERR this node stands alone: it has neither peers nor seeds, nor a cluster secret to meet others with';

/** The membership where it can change while the node runs; undefined: it is a fixed list. */
export function elasticOf({ node }: Server): ElasticMembership | undefined {
  return isElastic(node.membership) ? node.membership : undefined;
}

/** Answers OK once the members have changed, or the reason why they have not. */
export async function answerChange(
  server: Server,
  slot: ReplySlot,
  change: Promise<string | undefined>,
): Promise<void> {
  const reason = await change.catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (reason !== undefined) {
    refuse(server, slot, `ERR ${reason.replaceAll(/[\r\n]/g, ' ')}`);
    return;
  }
  slot.out.ok();
  slot.complete();
}
