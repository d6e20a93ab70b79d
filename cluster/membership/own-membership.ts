/** This node's part in the history: it keeps what it hears, and says what is about itself. */
import { StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import type { NodeId } from '../ring/ring.js';
import { HybridClock } from '../version/hybrid-clock.js';
import { Audit, THIS_NODE } from './audit.js';
import { type EventContent, type MembershipEvent, makeEvent, readEvent } from './event.js';
import { isAlone } from './founding.js';
import type { GossipParty, Speaker } from './gossip.js';
import type { Side } from './gossip-exchange.js';
import type { Parcel } from './gossip-message.js';
import { foundersIdOf } from './history.js';
import { changed, type Holding, nothingHeld, readHolding } from './holding.js';
import { Knowledge } from './knowledge.js';
import { LENT_MS } from './limits.js';
import type { HoldingChange, Member, MemberState } from './membership.js';
import type { MembershipRows, MembershipWrite } from './membership-rows.js';

const LIFE_BYTES = 6;
const NOT_NEW = 'this node is not new any more';
const LEFT =
  'this node has left its cluster before: it only passes requests on; it joins again with seeds, on an empty folder';
const LAST_STAYS = 'the others were the first to leave: this node, as the last member, stays with all of the data';
const TOO_LATE = 'another node has taken the place of the same dead node before: this one joins beside it';
const FULL = 'the history is as long as one may be: nodes may come to differ on who is a member';

export type MembershipWorld = Pick<World, 'clock' | 'timers' | 'random' | 'log'>;

/** What a node knows when it opens. */
export interface OwnStart {
  readonly self: Member;
  readonly knowledge: Knowledge;
  /** It has a history and has yet to say that it joins. */
  readonly isEntering: boolean;
  /** N of each keyspace of this node. */
  readonly classes: readonly number[];
  readonly clockDriftMaxMs: number;
}

export class OwnMembership implements GossipParty {
  readonly world: MembershipWorld;
  readonly audit: Audit;
  readonly #rows: MembershipRows;
  readonly #configured: Member;
  readonly #classes: readonly number[];
  readonly #hybridClock: HybridClock;
  readonly #life: string;
  readonly #callbacks: (() => void)[] = [];
  #news: () => void = () => undefined;
  #knowledge: Knowledge;
  #isEntering: boolean;
  #changedUs: number;
  #tells = false;
  /** A history of another cluster is being written in place of the own one. */
  #isAdopting = false;
  /** When another node was given the history to take it over, monotonic µs. */
  #lentUs: number | undefined;
  /** What changes the own part runs one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(world: MembershipWorld, rows: MembershipRows, start: OwnStart) {
    const { knowledge, self } = start;
    this.world = world;
    this.audit = new Audit(world.log, world.clock);
    this.#rows = rows;
    this.#configured = self;
    this.#classes = [...new Set(start.classes)];
    this.#knowledge = knowledge;
    this.#isEntering = start.isEntering;
    this.#life = world.random.bytes(LIFE_BYTES).toString('hex');
    this.#hybridClock = new HybridClock(world.clock, knowledge.history.last, start.clockDriftMaxMs);
    const holding = knowledge.holdings.get(self.id);
    if (holding?.kind === 'declared') this.#hybridClock.observe(holding.version);
    this.#changedUs = world.clock.monotonicUs();
  }

  get knowledge(): Knowledge {
    return this.#knowledge;
  }

  get self(): Member {
    return this.#knowledge.find(this.#configured.id) ?? this.#configured;
  }

  /** When anything that follows from the knowledge has changed last, monotonic µs. */
  get changedUs(): number {
    return this.#changedUs;
  }

  state(): MemberState {
    return this.#isEntering ? 'joining' : this.#knowledge.stateOf(this.#configured.id);
  }

  onChange(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** `callback` hears at once that there is something to tell others. */
  onNews(callback: () => void): void {
    this.#news = callback;
  }

  async side(): Promise<Side> {
    const { self, knowledge } = this;
    const isFresh = isAlone(knowledge.history.events, self.id) && !(await this.#rows.holdsKeys()) && !this.#isLent();
    return { id: self.id, isFresh, knowledge };
  }

  // Both stand alone until the other has said that it joins: went this node over to a third, the other would be left alone
  // in a cluster that has this node for its founder.
  lend(knowledge: Knowledge): string | undefined {
    if (this.#isAdopting || knowledge !== this.#knowledge) return NOT_NEW;
    this.#lentUs = this.world.clock.monotonicUs();
    return undefined;
  }

  refused(from: Speaker, reason: string): void {
    this.audit.refused('gossip', from.id, from.address, reason);
  }

  /** A store that fails is the operator's business; anything else is a defect. */
  failed(error: unknown, message: string): void {
    if (!(error instanceof StoreError)) throw error;
    this.world.log.error({ reason: error.message }, message);
  }

  learn(parcel: Parcel, from: Speaker): void {
    const before = this.state();
    const events = this.#knowledge.take(this.#readEvents(parcel.events, from).filter(({ dot }) => dot.counter > 0));
    const holdings = this.#readHoldings(parcel.holdings, from).filter((heard) => this.#takeHolding(heard, from));
    if (events.length === 0 && holdings.length === 0) return;
    for (const { dot } of events) this.#hybridClock.observe(dot.counter);
    for (const event of events) this.#report(event, from.address);
    // Of the last members that leave at once the fold keeps one.
    if (before === 'leaving' && this.state() === 'member') {
      this.audit.note('leave undone', this.#configured.id, from.address, LAST_STAYS);
    }
    this.#keep({ events, holdings }, false);
    this.#changed();
  }

  /** Resolves when nothing is being written any more. */
  settled(): Promise<void> {
    return this.#turn;
  }

  adopt(parcel: Parcel, founders: Buffer, from: Speaker): Promise<string | undefined> {
    return this.#inTurn(async () => {
      const events = this.#readEvents(parcel.events, from);
      if (!foundersIdOf(events).equals(founders)) return 'the history came without those who founded the cluster';
      const { self, knowledge: before } = this;
      // Another exchange may have been faster.
      if (!(await this.side()).isFresh || this.#isLent()) return NOT_NEW;
      this.#isAdopting = true;
      const knowledge = new Knowledge(before.partitionCount, events);
      const others = this.#readHoldings(parcel.holdings, from).filter(({ node }) => node !== self.id);
      const own = this.#nothing(knowledge.history.last);
      for (const holding of [...others, own]) knowledge.holdings.merge(holding);
      const written = { removed: before.history.events, events, holdings: [...others, own], isEntering: true };
      try {
        await this.#rows.write(written, true);
        this.#knowledge = knowledge;
        this.#isEntering = true;
      } finally {
        this.#isAdopting = false;
      }
      this.audit.note('adopt', self.id, from.address, 'this node takes over the history of a cluster, to join it');
      this.#changed();
      return undefined;
    });
  }

  /** Puts an event into the history, on the disk first. Rejects with `StoreError`. */
  say(content: EventContent): Promise<void> {
    return this.#inTurn(() => this.#append(content, {}));
  }

  /** The entrance of a node that has no part in the history yet: it holds nothing. Rejects with `StoreError`. */
  enter(content: EventContent): Promise<void> {
    return this.#inTurn(async () => {
      await this.#append(content, { isEntering: false });
      this.#isEntering = false;
    });
  }

  /** Says where the configuration of this node and what all know of it differ. Rejects with `StoreError`. */
  async sayChanges(): Promise<void> {
    const { port, zone, weight } = this.#configured;
    const known = this.self;
    if (known.port === port && known.zone === zone && known.weight === weight) return;
    await this.say({ kind: 'update', node: known.id, member: this.#configured });
  }

  declare(changes: readonly HoldingChange[]): Promise<void> {
    return this.#inTurn(async () => {
      const { self, knowledge } = this;
      const before = knowledge.holdings.get(self.id);
      const classes = changed(
        knowledge.partitionCount,
        before?.kind === 'declared' ? before.classes : new Map(),
        this.#classes,
        changes,
        (partition, n) => knowledge.holds(self.id, partition, n),
      );
      const holding: Holding = { node: self.id, kind: 'declared', version: this.#hybridClock.next(), classes };
      await this.#rows.write({ holdings: [holding] }, true);
      if (this.#knowledge === knowledge && knowledge.holdings.merge(holding)) this.#changed();
    });
  }

  async #append(content: EventContent, more: MembershipWrite): Promise<void> {
    const { self, knowledge } = this;
    const event = makeEvent({ counter: this.#hybridClock.next(), life: this.#life }, self.id, content);
    const comes = content.kind === 'join' || content.kind === 'replace';
    const holdings = comes ? [this.#nothing(event.dot.counter)] : [];
    await this.#rows.write({ ...more, events: [event], holdings }, true);
    knowledge.take([event]);
    for (const holding of holdings) knowledge.holdings.merge(holding);
    this.#report(event, THIS_NODE);
    this.#changed();
  }

  #isLent(): boolean {
    return this.#lentUs !== undefined && this.world.clock.monotonicUs() - this.#lentUs < LENT_MS * 1000;
  }

  /** What this node holds from now on: nothing. */
  #nothing(after: number): Holding {
    this.#hybridClock.observe(after);
    const classes = nothingHeld(this.#knowledge.partitionCount, this.#classes);
    return { node: this.#configured.id, kind: 'declared', version: this.#hybridClock.next(), classes };
  }

  /** Whether the holding was news. One of this node that it has not said in this folder: its disk was lost. */
  #takeHolding(heard: Holding, from: Speaker): boolean {
    const { holdings } = this.#knowledge;
    if (heard.node !== this.#configured.id) return holdings.merge(heard);
    const mark = { version: heard.kind === 'declared' ? heard.version : 0, folder: '' };
    const own = holdings.get(heard.node);
    if (own?.kind === 'declared' && own.version >= mark.version) return false;
    if (own?.kind === 'presumed' && heard.kind === 'presumed' && own.folder === heard.folder) return false;
    const nothing = this.#nothing(mark.version);
    holdings.merge(nothing);
    this.audit.note(
      'disk lost',
      heard.node,
      from.address,
      'others know of data that this folder does not hold: all of it is fetched again',
    );
    this.#keep({ holdings: [nothing] }, true);
    this.#changed();
    return false;
  }

  /** Writes what is known already: if that fails, it is heard again after the next start. */
  #keep(write: MembershipWrite, sync: boolean): void {
    this.#inTurn(() => this.#rows.write(write, sync)).catch((error) => this.failed(error, 'news could not be stored'));
  }

  #readEvents(parts: readonly Buffer[], from: Speaker): MembershipEvent[] {
    return parts.flatMap((bytes) => {
      const event = readEvent(bytes);
      const fault = typeof event === 'string' ? event : this.#eventFault(event);
      if (fault !== undefined) this.audit.refused('event', from.id, from.address, fault);
      return typeof event === 'string' || fault !== undefined ? [] : [event];
    });
  }

  #eventFault({ dot, content }: MembershipEvent): string | undefined {
    if (content !== undefined && (dot.counter === 0) !== (content.kind === 'found')) return 'its counter is impossible';
    return this.#hybridClock.isTooFarAhead(dot.counter) ? 'its time is too far ahead: a clock is wrong' : undefined;
  }

  #readHoldings(parts: readonly Buffer[], from: Speaker): Holding[] {
    return parts.flatMap((bytes) => {
      const holding = readHolding(bytes, this.#knowledge.partitionCount);
      const isAhead =
        typeof holding !== 'string' && holding.kind === 'declared' && this.#hybridClock.isTooFarAhead(holding.version);
      const fault = isAhead ? 'its time is too far ahead: a clock is wrong' : holding;
      if (typeof fault !== 'string') return [fault];
      this.audit.refused('holding', from.id, from.address, fault);
      return [];
    });
  }

  #report(event: MembershipEvent, from: string): void {
    const { content } = event;
    if (this.#knowledge.history.isFull) this.audit.refused('history', this.#configured.id, THIS_NODE, FULL);
    this.audit.happened(event, content && this.#knowledge.find(content.node), from);
    const late = content?.kind === 'replace' ? this.#lateHeir(content.replaced) : undefined;
    if (late !== undefined) this.audit.note('replace', late, from, TOO_LATE);
    const { id } = this.#configured;
    if (content?.kind === 'gone' && content.node === id && from !== THIS_NODE) this.audit.note('gone', id, from, LEFT);
    const isOfThis =
      content?.kind === 'forget' ? content.node : content?.kind === 'replace' ? content.replaced : undefined;
    if (isOfThis !== id || this.state() !== 'forgotten') return;
    this.audit.note('forgotten', isOfThis, from, 'this node was forgotten by its cluster: it only passes requests on');
  }

  /** Which node is the last to have said that it replaces that one, where several have; the ring has it as one that joins. */
  #lateHeir(replaced: NodeId): NodeId | undefined {
    const heirs = this.#knowledge.history.events.flatMap(({ content }) =>
      content?.kind === 'replace' && content.replaced === replaced ? [content.node] : [],
    );
    return new Set(heirs).size < 2 ? undefined : heirs.at(-1);
  }

  /** Tells those who use the membership at the end of the turn, and other nodes soon. */
  #changed(): void {
    this.#changedUs = this.world.clock.monotonicUs();
    this.#news();
    if (this.#tells) return;
    this.#tells = true;
    this.world.timers.endOfTurn(() => {
      this.#tells = false;
      for (const callback of this.#callbacks) callback();
    });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }
}
