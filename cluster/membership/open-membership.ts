/**
 * What a node knows of its cluster before it opens: from its disk, else from its configuration if it founds the cluster, else
 * from a seed.
 */
import { audit, type Log } from '../ports/log.js';
import { type Store, StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import { THIS_NODE } from './audit.js';
import type { MembershipEvent } from './event.js';
import { folderNodeFault } from './folder-node.js';
import { foundingEvents, isAsFounded } from './founding.js';
import { GossipMembership } from './gossip-membership.js';
import { foundersIdOf, foundersOf } from './history.js';
import { FOLDER_BYTES, type Holding, nothingHeld } from './holding.js';
import { Knowledge } from './knowledge.js';
import type { Contact } from './links.js';
import { MembershipRows, type StoredMembership } from './membership-rows.js';
import { OwnMembership } from './own-membership.js';
import type { MembershipPlan } from './plan.js';
import { historyFromSeeds } from './seed-history.js';

/** What is known, and whether this node has yet to join. */
interface Known {
  readonly knowledge: Knowledge;
  readonly isEntering: boolean;
}

export interface MembershipMeans {
  /** N of each keyspace of this node. */
  readonly classes: readonly number[];
  readonly clockDriftMaxMs: number;
  readonly contact: Contact;
}

/**
 * Opens the membership on `store`. A node with seeds and an empty folder waits here until a seed answers. Rejects with
 * `StoreError`: where the store fails or was written by a later version, where the folder holds the keys of a node that was
 * no member, where it is that of another node, where its node has left the cluster or was forgotten, and where the seeds know nobody that could be replaced.
 */
export async function openMembership(
  world: World,
  store: Store,
  plan: MembershipPlan,
  means: MembershipMeans,
): Promise<GossipMembership> {
  const rows = new MembershipRows(store, plan.partitionCount);
  const stored = await rows.load(world.log);
  const fault = folderNodeFault(stored, plan);
  if (fault !== undefined) throw new StoreError(fault);
  const { knowledge, isEntering } = await learnFirst(world, rows, stored, plan, means);
  const state = knowledge.stateOf(plan.self.id);
  if (!isEntering && (state === 'gone' || state === 'forgotten')) {
    const words = state === 'gone' ? 'has left its cluster' : 'was forgotten, or replaced, by its cluster';
    throw new StoreError(
      `the node of this data folder ${words}; to join again, start it with seeds, on an empty folder`,
    );
  }
  if (stored.node !== plan.self.id) await rows.write({ node: plan.self.id }, true);
  const { classes, clockDriftMaxMs, contact } = means;
  const own = new OwnMembership(world, rows, { self: plan.self, knowledge, isEntering, classes, clockDriftMaxMs });
  return new GossipMembership(own, plan, contact);
}

/**
 * Rejects with `StoreError` where the folder is that of a node that was in a cluster with others: one that stands alone would
 * take itself for all of it.
 */
export async function refuseAlone(log: Log, store: Store, partitionCount: number): Promise<void> {
  const { events, isEntering } = await new MembershipRows(store, partitionCount).load(log);
  const ids = new Set(events.flatMap(({ content }) => content?.node ?? []));
  if (ids.size <= 1 && !isEntering) return;
  throw new StoreError(
    `the data folder belongs to a cluster that ${ids.size} nodes have been part of, and this node is started without a ` +
      "cluster secret, to stand alone: start it with the secret of that cluster ('cluster-secret-file'), or with an empty folder",
  );
}

async function learnFirst(
  world: World,
  rows: MembershipRows,
  stored: StoredMembership,
  plan: MembershipPlan,
  means: MembershipMeans,
): Promise<Known> {
  const folder = stored.folder ?? world.random.bytes(FOLDER_BYTES).toString('hex');
  if (stored.events.length === 0 && plan.seeds.length > 0) {
    if (await rows.holdsKeys()) {
      throw new StoreError(
        'the data folder holds keys and belongs to no cluster; a node joins with an empty folder ' +
          '(a node that runs alone lets others join it: start them with this one as seed)',
      );
    }
    return join(world, rows, folder, plan, means);
  }
  const events = firstEvents(world, stored, plan);
  const knowledge = new Knowledge(plan.partitionCount, events);
  for (const holding of stored.holdings) knowledge.holdings.merge(holding);
  if (stored.events.length > 0 && events === stored.events) return { knowledge, isEntering: stored.isEntering };
  const presumed: Holding = { node: plan.self.id, kind: 'presumed', folder };
  const isNews = knowledge.holdings.get(plan.self.id) === undefined;
  if (isNews) knowledge.holdings.merge(presumed);
  await rows.write({ removed: stored.events, folder, events, holdings: isNews ? [presumed] : [] }, true);
  return { knowledge, isEntering: false };
}

/** What the disk says, unless nothing has happened yet and the configuration names other founders. */
function firstEvents(world: World, stored: StoredMembership, plan: MembershipPlan): readonly MembershipEvent[] {
  const planned = foundingEvents(plan.founders);
  if (stored.events.length === 0) return planned;
  const isAsPlanned = foundersIdOf(stored.events).equals(foundersIdOf(planned));
  if (isAsPlanned || plan.seeds.length > 0 || stored.isEntering) return stored.events;
  // Who names nobody else does not mean that the others are no more.
  if (plan.founders.length === 1 && foundersOf(stored.events).length > 1) return stored.events;
  if (isAsFounded(stored.events)) {
    world.log.warn(
      audit(plan.self.id, THIS_NODE, 'founders'),
      'the configuration names other founders than the data folder: it wins',
    );
    return planned;
  }
  world.log.warn(
    audit(plan.self.id, THIS_NODE, 'founders'),
    'the configuration names other founders than the history of the cluster: the history wins',
  );
  return stored.events;
}

/** Takes the history from the first seed that answers. */
async function join(
  world: World,
  rows: MembershipRows,
  folder: string,
  plan: MembershipPlan,
  means: MembershipMeans,
): Promise<Known> {
  const knowledge = await historyFromSeeds(world, plan, means.contact);
  const state = knowledge.stateOf(plan.self.id);
  const isEntering = state !== 'member' && state !== 'leaving';
  if (!isEntering) {
    // It is one of them already, and its disk is empty.
    const own = knowledge.holdings.get(plan.self.id);
    const seen = Math.max(own?.kind === 'declared' ? own.version : 0, knowledge.history.last);
    const version = Math.max(seen + 1, world.clock.nowMs() * 1000);
    const classes = nothingHeld(plan.partitionCount, means.classes);
    knowledge.holdings.merge({ node: plan.self.id, kind: 'declared', version, classes });
    world.log.warn(
      audit(plan.self.id, THIS_NODE, 'disk lost'),
      'this node is a member already: it fetches all of its data again',
    );
  }
  const { events } = knowledge.history;
  await rows.write({ folder, isEntering, events, holdings: [...knowledge.holdings.all()] }, true);
  return { knowledge, isEntering };
}
