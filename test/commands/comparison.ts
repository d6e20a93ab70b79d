import { type AllowedDifference, allowedDifferences, type Unanswered } from './allowed-differences.js';
import type { Case, Step } from './case.js';
import { type Answer, type Asked, RawConnection } from './raw-connection.js';
import { pipelineOf, requestOf, wordsOf } from './request.js';
import { sameButForTime } from './time-replies.js';
import { TurningConnection } from './turning-connection.js';
import { UsedKeys } from './used-keys.js';

const UNTIL_MS = 120_000;
/** How long Redis must say nothing: an answer takes it less than a millisecond. */
const SILENCE_MS = 200;
/** No key in any database. */
const EMPTY = ['FLUSHALL'];
const TEXT_SHOWN_MAX = 600;
/** Among the replies of a node of ours: other nodes did not answer it in time. */
const NOT_IN_TIME = /(?:^|\r\n)-(?:NOREPLICAS|CLUSTERDOWN|TRYAGAIN) /;
const ATTEMPTS_MAX = 10;

/** Asks Redis and our server the same and tells where the answers differ. */
export class Comparison {
  readonly #used = new Set<AllowedDifference>();
  readonly #keys = new UsedKeys();

  readonly #redisPort: number;
  readonly #ourPort: number;
  readonly #openOurs: () => Promise<Asked>;

  /** With several ports of ours each step goes to the next of those nodes. */
  constructor(redisPort: number, ourPort: number, ...furtherPorts: readonly number[]) {
    this.#redisPort = redisPort;
    this.#ourPort = ourPort;
    const ports = [ourPort, ...furtherPorts];
    this.#openOurs = () => (ports.length === 1 ? RawConnection.open(ourPort) : TurningConnection.open(ports));
  }

  /**
   * Runs a case on a new connection to each server; gives a text for each step that was answered differently. Before it all
   * databases are emptied, or only the keys of the cases removed.
   */
  async differences(steps: Case, resp: 2 | 3, empties = false): Promise<string[]> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const removal = this.#keys.removal();
      const preparation = pipelineOf([`HELLO ${resp}`, ...(empties ? EMPTY : removal)]);
      const found = await this.#attempt(preparation, steps);
      if (found !== undefined) return found;
      this.#keys.addAll();
    }
    return [`replicas did not answer in time in any of ${ATTEMPTS_MAX} attempts`];
  }

  /** One run of a case; undefined: a node of ours was held up for so long that others gave it up, which says nothing of replies. */
  async #attempt(preparation: Buffer, steps: Case): Promise<string[] | undefined> {
    const [redis, ours] = await Promise.all([RawConnection.open(this.#redisPort), this.#openOurs()]);
    const found: string[] = [];
    try {
      const [, prepared] = await Promise.all([redis.exchange(preparation), ours.exchange(preparation)]);
      if (NOT_IN_TIME.test(prepared.bytes)) return undefined;
      const done: string[] = [];
      for (const step of steps) {
        this.#keys.add(step);
        const [theirAnswer, ourAnswer] = await Promise.all([answerTo(redis, step), answerTo(ours, step)]);
        if (NOT_IN_TIME.test(ourAnswer.bytes)) return undefined;
        const text = textOf(step);
        done.push(text);
        if (!this.#agree(text, done, theirAnswer, ourAnswer)) {
          found.push(
            `${done.map(shown).join('\n')}\n  Redis: ${shownAnswer(theirAnswer)}\n  ours:  ${shownAnswer(ourAnswer)}`,
          );
        }
        if (theirAnswer.end !== 'open' || ourAnswer.end !== 'open') break;
      }
    } finally {
      redis.close();
      ours.close();
    }
    return found;
  }

  /** Sends both what Redis leaves without an answer; gives what is not as `allowed` says. */
  async unanswered({ input, ours: expected }: Unanswered): Promise<string[]> {
    const [redis, ours] = await Promise.all([RawConnection.open(this.#redisPort), RawConnection.open(this.#ourPort)]);
    const bytes = Buffer.from(input, 'latin1');
    const [theirAnswer, ourAnswer] = await Promise.all([
      redis.exchangeLast(bytes, SILENCE_MS),
      ours.exchangeLast(bytes),
    ]);
    redis.close();
    ours.close();
    const isAsSaid =
      theirAnswer.bytes === '' &&
      theirAnswer.end === 'late' &&
      ourAnswer.end === 'closed' &&
      expected.test(ourAnswer.bytes);
    return isAsSaid
      ? []
      : [`${shown(input)}\n  Redis: ${shownAnswer(theirAnswer)}\n  ours:  ${shownAnswer(ourAnswer)}`];
  }

  /** The allowed differences that have not been met. */
  unmet(): string[] {
    return allowedDifferences.filter((difference) => !this.#used.has(difference)).map(({ reason }) => reason);
  }

  #agree(text: string, done: readonly string[], redis: Answer, ours: Answer): boolean {
    if (redis.end === 'late' || ours.end === 'late') return false;
    const [theirs, own] = [wholeOf(redis), wholeOf(ours)];
    if (theirs === own || sameButForTime(text, done, theirs, own)) return true;
    const allowed = allowedDifferences.filter(
      ({ when, after }) => when.test(text) && (after === undefined || after.test(done.join('\n'))),
    );
    const difference = allowed.find(({ even }) => even(theirs) === even(own));
    if (difference !== undefined) this.#used.add(difference);
    return difference !== undefined;
  }
}

async function answerTo(connection: Asked, step: Step): Promise<Answer> {
  if (typeof step === 'string') return connection.exchange(requestOf(wordsOf(step)));
  if ('raw' in step) return connection.exchange(Buffer.from(step.raw, 'latin1'));
  if ('rawLast' in step) return connection.exchangeLast(Buffer.from(step.rawLast, 'latin1'));
  if ('last' in step) return connection.exchangeLast(requestOf(wordsOf(step.last)));
  const request = requestOf(wordsOf(step.until));
  const endMs = performance.now() + UNTIL_MS;
  for (;;) {
    const answer = await connection.exchange(request);
    if (answer.bytes === step.reply || performance.now() > endMs) return answer;
  }
}

function wholeOf({ bytes, end }: Answer): string {
  return end === 'open' ? bytes : `${bytes}<${end}>`;
}

function textOf(step: Step): string {
  if (typeof step === 'string') return step;
  if ('raw' in step) return step.raw;
  if ('rawLast' in step) return step.rawLast;
  return 'last' in step ? step.last : step.until;
}

function shown(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.length > TEXT_SHOWN_MAX ? `${quoted.slice(0, TEXT_SHOWN_MAX)}… (${text.length} bytes)` : quoted;
}

function shownAnswer({ bytes, end }: Answer): string {
  return shown(bytes) + (end === 'open' ? '' : `, ${end}`);
}
