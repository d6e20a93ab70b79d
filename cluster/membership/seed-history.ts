/** How a node that knows nothing comes by the history of the cluster that it joins: it asks its seeds until one gives it. */
import { audit } from '../ports/log.js';
import { StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import { QuietLog } from '../wire/quiet-log.js';
import { readEvent } from './event.js';
import { exchange, type GossipParty, type Speaker } from './gossip.js';
import type { Parcel } from './gossip-message.js';
import { foundersIdOf } from './history.js';
import { readHolding } from './holding.js';
import { Knowledge } from './knowledge.js';
import { REPLACE_WAIT_MS, SEED_RETRY_MS, WAITING_LOG_PERIOD_MS } from './limits.js';
import type { Contact } from './links.js';
import type { MembershipPlan } from './plan.js';

/**
 * What the first seed that answers knows. Waits for one, and says in the log why none does: at once, and each
 * `WAITING_LOG_PERIOD_MS`. Rejects with `StoreError` where no seed comes to know the node that is to be replaced.
 */
export async function historyFromSeeds(world: World, plan: MembershipPlan, contact: Contact): Promise<Knowledge> {
  const newcomer = new Newcomer(world, plan);
  const quietLog = new QuietLog(world.clock, world.log, WAITING_LOG_PERIOD_MS);
  const startedUs = world.clock.monotonicUs();
  for (;;) {
    for (const address of plan.seeds) {
      const seed = `${address.host}:${address.port}`;
      const reason = await newcomer.ask(seed, await contact(address));
      if (newcomer.known !== undefined) return newcomer.known;
      const waitedMs = Math.round((world.clock.monotonicUs() - startedUs) / 1000);
      const fields = { seed, reason, waitedMs, retryMs: SEED_RETRY_MS };
      quietLog.warn(`${seed} ${reason}`, fields, 'a seed gave no history: this node waits, and asks again');
    }
    const waitedMs = (world.clock.monotonicUs() - startedUs) / 1000;
    if (newcomer.lacksReplaced && waitedMs >= REPLACE_WAIT_MS) throw new StoreError(nobodyToReplace(plan));
    await new Promise<void>((resolve) => {
      world.timers.after(SEED_RETRY_MS, resolve);
    });
  }
}

function nobodyToReplace({ replace }: MembershipPlan): string {
  return (
    `the cluster knows no node ${replace} that could be replaced: 'replace' takes the id of a dead node as CLUSTER NODES ` +
    'names it; without it this node joins beside the others'
  );
}

/** One who knows nothing, and takes what there is. */
class Newcomer implements GossipParty {
  readonly #world: World;
  readonly #plan: MembershipPlan;
  readonly #nothing: Knowledge;
  known: Knowledge | undefined;
  /** The last seed that answered did not know the node that is to be replaced. */
  lacksReplaced = false;

  constructor(world: World, plan: MembershipPlan) {
    this.#world = world;
    this.#plan = plan;
    this.#nothing = new Knowledge(plan.partitionCount, []);
  }

  /** Asks a seed, where one was reached. Resolves with the reason why nothing came of it, else undefined. */
  async ask(seed: string, node: Awaited<ReturnType<Contact>>): Promise<string | undefined> {
    if (typeof node === 'string') return node;
    const fault = await exchange(this, { id: node.id, address: seed }, (body) => node.ask(body));
    node.close();
    if (this.known === undefined) return fault ?? 'it knows of no cluster';
    const events = this.known.history.events.length;
    this.#world.log.info({ ...audit(node.id, seed, 'history'), events }, 'the history of the cluster has come');
    return undefined;
  }

  async side() {
    return { id: this.#plan.self.id, isFresh: true, knowledge: this.#nothing };
  }

  learn(): void {
    throw new Error('a node without a history learns nothing');
  }

  lend(): string {
    return 'a node without a history has none to give';
  }

  async adopt(parcel: Parcel, founders: Buffer): Promise<string | undefined> {
    const events = parcel.events.map(readEvent).filter((event) => typeof event !== 'string');
    if (!foundersIdOf(events).equals(founders)) return 'the history came without those who founded the cluster';
    const { replace, self } = this.#plan;
    const knowledge = new Knowledge(this.#plan.partitionCount, events);
    // Who is a member already has come back with an empty disk: it replaces nobody.
    const isIn = ['member', 'leaving'].includes(knowledge.stateOf(self.id));
    this.lacksReplaced = !isIn && replace !== undefined && replace !== self.id && knowledge.find(replace) === undefined;
    if (this.lacksReplaced)
      return `it knows no node ${replace} that could be replaced, and may not have heard of it yet`;
    for (const bytes of parcel.holdings) {
      const holding = readHolding(bytes, this.#plan.partitionCount);
      if (typeof holding !== 'string') knowledge.holdings.merge(holding);
    }
    this.known = knowledge;
    return undefined;
  }

  refused(from: Speaker, reason: string): void {
    const own = this.#plan.self.id;
    this.#world.log.warn({ ...audit(own, from.address, 'join refused'), by: from.id, reason }, 'refused');
  }
}
