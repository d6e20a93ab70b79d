/**
 * What a node knows of its cluster before it opens: from its disk, else from its configuration if it founds the cluster, else
 * from a seed.
 */
import { type Store, StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import type { MembershipEvent } from './event.js';
import { readEvent } from './event.js';
import { foundingEvents, isAsFounded } from './founding.js';
import { exchange, type GossipParty } from './gossip.js';
import { GossipMembership } from './gossip-membership.js';
import type { Parcel } from './gossip-message.js';
import { foundersIdOf } from './history.js';
import { FOLDER_BYTES, type Holding, nothingHeld, readHolding } from './holding.js';
import { Knowledge } from './knowledge.js';
import { SEED_RETRY_MS } from './limits.js';
import type { Contact } from './links.js';
import { MembershipRows, type StoredMembership } from './membership-rows.js';
import { OwnMembership } from './own-membership.js';
import type { MembershipPlan } from './plan.js';

export interface MembershipMeans {
  /** N of each keyspace of this node. */
  readonly classes: readonly number[];
  readonly clockDriftMaxMs: number;
  readonly contact: Contact;
}

/** What is known, and whether this node has yet to join. */
interface Known {
  readonly knowledge: Knowledge;
  readonly isEntering: boolean;
}

/**
 * Opens the membership on `store`. A node with seeds and an empty folder waits here until a seed answers. Rejects with
 * `StoreError`: where the store fails or was written by a later version, where the folder holds the keys of a node that was
 * no member, and where its node has left the cluster or was forgotten.
 */
export async function openMembership(
  world: World,
  store: Store,
  plan: MembershipPlan,
  means: MembershipMeans,
): Promise<GossipMembership> {
  const rows = new MembershipRows(store, plan.partitionCount);
  const stored = await rows.load(world.log);
  const { knowledge, isEntering } = await learnFirst(world, rows, stored, plan, means);
  const state = knowledge.stateOf(plan.self.id);
  if (!isEntering && (state === 'gone' || state === 'forgotten')) {
    const words = state === 'gone' ? 'has left its cluster' : 'was forgotten, or replaced, by its cluster';
    throw new StoreError(`the node of this data folder ${words}; to join again, start it with an empty folder`);
  }
  const { classes, clockDriftMaxMs, contact } = means;
  const own = new OwnMembership(world, rows, { self: plan.self, knowledge, isEntering, classes, clockDriftMaxMs });
  return new GossipMembership(own, plan, contact);
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
  if (isAsFounded(stored.events)) {
    world.log.warn(
      { audit: true, event: 'found' },
      'the configuration names other founders than the data folder: it wins',
    );
    return planned;
  }
  world.log.warn(
    { audit: true, event: 'found' },
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
  const learned = await askSeeds(world, plan, means.contact);
  const { knowledge } = learned;
  const state = knowledge.stateOf(plan.self.id);
  const isEntering = state !== 'member' && state !== 'leaving';
  if (!isEntering) {
    // It is one of them already, and its disk is empty.
    const own = learned.knowledge.holdings.get(plan.self.id);
    const seen = Math.max(own?.kind === 'declared' ? own.version : 0, knowledge.history.last);
    const version = Math.max(seen + 1, world.clock.nowMs() * 1000);
    const classes = nothingHeld(plan.partitionCount, means.classes);
    knowledge.holdings.merge({ node: plan.self.id, kind: 'declared', version, classes });
    world.log.warn(
      { audit: true, event: 'disk lost' },
      'this node is a member already: it fetches all of its data again',
    );
  }
  const { events } = knowledge.history;
  await rows.write({ folder, isEntering, events, holdings: [...knowledge.holdings.all()] }, true);
  return { knowledge, isEntering };
}

async function askSeeds(world: World, plan: MembershipPlan, contact: Contact): Promise<Known> {
  const newcomer = new Newcomer(world, plan);
  for (;;) {
    for (const seed of plan.seeds) {
      const name = `${seed.host}:${seed.port}`;
      const node = await contact(seed);
      const fault = typeof node === 'string' ? node : await exchange(newcomer, node.id, (body) => node.ask(body));
      if (typeof node !== 'string') node.close();
      if (newcomer.known !== undefined) {
        const events = newcomer.known.knowledge.history.events.length;
        world.log.info({ audit: true, event: 'history', seed: name, events }, 'the history of the cluster has come');
        return newcomer.known;
      }
      world.log.warn({ seed: name, reason: fault }, 'a seed gave no history; it is asked again');
    }
    await new Promise<void>((resolve) => {
      world.timers.after(SEED_RETRY_MS, resolve);
    });
  }
}

/** One who knows nothing, and takes what there is. */
class Newcomer implements GossipParty {
  readonly #world: World;
  readonly #plan: MembershipPlan;
  readonly #nothing: Knowledge;
  known: Known | undefined;

  constructor(world: World, plan: MembershipPlan) {
    this.#world = world;
    this.#plan = plan;
    this.#nothing = new Knowledge(plan.partitionCount, []);
  }

  async side() {
    return { id: this.#plan.self.id, isFresh: true, knowledge: this.#nothing };
  }

  learn(): void {
    throw new Error('a node without a history learns nothing');
  }

  async adopt(parcel: Parcel, founders: Buffer): Promise<string | undefined> {
    const events = parcel.events.map(readEvent).filter((event) => typeof event !== 'string');
    if (!foundersIdOf(events).equals(founders)) return 'the history came without those who founded the cluster';
    const { replace, self } = this.#plan;
    const knowledge = new Knowledge(this.#plan.partitionCount, events);
    if (replace !== undefined && replace !== self.id && knowledge.find(replace) === undefined) {
      throw new StoreError(`the cluster knows no node ${replace} that could be replaced`);
    }
    for (const bytes of parcel.holdings) {
      const holding = readHolding(bytes, this.#plan.partitionCount);
      if (typeof holding !== 'string') knowledge.holdings.merge(holding);
    }
    this.known = { knowledge, isEntering: true };
    return undefined;
  }

  refused(from: string, reason: string): void {
    this.#world.log.warn({ audit: true, event: 'join', from, reason }, 'refused');
  }
}
