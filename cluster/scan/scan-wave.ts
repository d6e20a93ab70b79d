/**
 * One question to the replicas of several partitions: what are the next keys of each? All primaries are asked, and as soon as enough
 * have answered for every kind of keyspace their pages are merged; where too few of them can be reached, others stand in
 * for them as for a get. Too few in all is the failure of a get, not a shorter list.
 */
import { ask } from '../background/peer-calls.js';
import type { Coordination } from '../coordinator/coordination.js';
import { isReachable, type Target } from '../coordinator/routes.js';
import type { Failure } from '../failure.js';
import { QUERY_KIND } from '../wire/queries.js';
import { type Electorate, electorateOf, type VoterClass, voterClassOf } from './electorate.js';
import { type HeardPage, type MergedPage, mergePages, type Standing } from './merge-pages.js';
import { decodeScanAnswer, encodeScanQuestion, type ScanPage, type ScanQuestion } from './page.js';
import type { ScanPlace } from './place.js';
import type { ScanAnswers } from './scan-answers.js';

/** What is known of one place of the question. */
interface Poll {
  readonly place: ScanPlace;
  /** One for each class of keyspaces. */
  readonly electorates: readonly Electorate[];
  readonly asked: Set<Target>;
  readonly heard: Map<Target, ScanPage>;
  /** Those that need more time. */
  readonly late: Set<Target>;
  outstanding: number;
  outcome: MergedPage | Failure | undefined;
}

/** The outcome for each place of the question, in its order. */
export type WaveOutcome = readonly (MergedPage | Failure)[];

/** Asks. A page that ends where it began: ask again. Never rejects. */
export function askWave(
  node: Coordination,
  answers: ScanAnswers,
  classes: readonly VoterClass[],
  question: ScanQuestion,
): Promise<WaveOutcome> {
  return new Promise((resolve) => new ScanWave(node, answers, classes, question, resolve).start());
}

class ScanWave {
  readonly #node: Coordination;
  readonly #answers: ScanAnswers;
  readonly #classes: readonly VoterClass[];
  readonly #question: ScanQuestion;
  readonly #polls: readonly Poll[];
  readonly #done: (outcome: WaveOutcome) => void;
  #open: number;

  constructor(
    node: Coordination,
    answers: ScanAnswers,
    classes: readonly VoterClass[],
    question: ScanQuestion,
    done: (outcome: WaveOutcome) => void,
  ) {
    this.#node = node;
    this.#answers = answers;
    this.#classes = classes;
    this.#question = question;
    this.#done = done;
    this.#polls = question.places.map((place) => ({
      place,
      electorates: classes.map((kind) => electorateOf(kind, node.routes.placement(place.partition, kind.n))),
      asked: new Set(),
      heard: new Map(),
      late: new Set(),
      outstanding: 0,
      outcome: undefined,
    }));
    this.#open = this.#polls.length;
  }

  start(): void {
    this.#ask(this.#polls, primariesOf);
  }

  /** Asks those that `voters` gives for each poll, one question for each node. */
  #ask(polls: readonly Poll[], voters: (poll: Poll) => readonly Target[]): void {
    const byTarget = new Map<Target, Poll[]>();
    for (const poll of polls) {
      for (const target of voters(poll)) {
        poll.asked.add(target);
        poll.outstanding++;
        const others = byTarget.get(target);
        if (others === undefined) byTarget.set(target, [poll]);
        else others.push(poll);
      }
    }
    for (const [target, asked] of byTarget) void this.#askOne(target, asked);
    for (const poll of polls) if (poll.outstanding === 0) this.#advance(poll);
  }

  async #askOne(target: Target, polls: readonly Poll[]): Promise<void> {
    const places = polls.map(({ place }) => place);
    const pages = await this.#pagesOf(target, { ...this.#question, places });
    for (const [index, poll] of polls.entries()) {
      poll.outstanding--;
      const page = pages?.[index];
      if (page !== undefined && page.upTo === poll.place.after) poll.late.add(target);
      else if (page !== undefined) poll.heard.set(target, page);
      this.#advance(poll);
    }
  }

  async #pagesOf({ peer }: Target, question: ScanQuestion): Promise<readonly (ScanPage | undefined)[] | undefined> {
    if (peer === undefined) return this.#answers.pages(question);
    const answer = await ask(peer, QUERY_KIND.scan, encodeScanQuestion(question));
    return typeof answer === 'string' ? undefined : decodeScanAnswer(answer, question.places);
  }

  #advance(poll: Poll): void {
    if (poll.outcome !== undefined) return;
    const { electorates, heard, late, outstanding, place } = poll;
    if (electorates.every((electorate) => votes(electorate, heard) >= electorate.needed)) {
      this.#settle(poll, this.#merged(poll));
    } else if (outstanding === 0) {
      const lacking = electorates.find(
        (electorate) => votes(electorate, heard) + votes(electorate, late) < electorate.needed,
      );
      if (lacking === undefined) this.#settle(poll, { keys: [], looked: 0, upTo: place.after });
      else if (standInsOf(poll).length > 0) this.#ask([poll], standInsOf);
      else {
        this.#node.counters.read_quorum_failures++;
        const answered = votes(lacking, heard) + votes(lacking, late);
        this.#settle(poll, { code: 'ReadQuorumNotMet', answered, needed: lacking.needed });
      }
    }
  }

  #merged({ electorates, heard }: Poll): MergedPage {
    const { keyspaces } = this.#node;
    const pages = Array.from(heard, ([target, page]): HeardPage => {
      const standings = electorates.map((electorate) => standingOf(electorate, target));
      return { page, standing: (key) => standings[voterClassOf(this.#classes, keyspaces, key)] ?? 'none' };
    });
    return mergePages(pages);
  }

  #settle(poll: Poll, outcome: MergedPage | Failure): void {
    poll.outcome = outcome;
    this.#open--;
    if (this.#open === 0) this.#done(this.#polls.flatMap((settled) => settled.outcome ?? []));
  }
}

function primariesOf({ electorates }: Poll): readonly Target[] {
  const primaries = new Set(electorates.flatMap((electorate) => electorate.primaries));
  return [...primaries].filter(isReachable);
}

/** As many others as there are answers missing. */
function standInsOf({ electorates, asked, heard, late }: Poll): readonly Target[] {
  const standIns = new Set<Target>();
  for (const electorate of electorates) {
    const missing = electorate.needed - votes(electorate, heard) - votes(electorate, late);
    const others = electorate.fallbacks.filter((target) => isReachable(target) && !asked.has(target));
    for (const target of others.slice(0, Math.max(0, missing))) standIns.add(target);
  }
  return [...standIns];
}

/** How many of those that count have answered. */
function votes({ primaries, fallbacks }: Electorate, answered: { has(target: Target): boolean }): number {
  const count = (targets: readonly Target[]) => targets.filter((target) => answered.has(target)).length;
  return count(primaries) + count(fallbacks);
}

function standingOf({ primaries, fallbacks }: Electorate, target: Target): Standing {
  if (primaries.includes(target)) return 'primary';
  return fallbacks.includes(target) ? 'fallback' : 'none';
}
