import { CASE_KEYS, type Step } from './case.js';
import { wordsOf } from './request.js';

/** Cases write to these databases. */
const DATABASES = [1, 0];
const WORDS = new Map(CASE_KEYS.map((word) => [wordsOf(word)[0]?.toString('latin1'), word]));

/**
 * The keys of `CASE_KEYS` that may be there: those that a step has named since they were last removed. To remove all of them before
 * each of thousands of cases would cost a cluster more than the cases themselves.
 */
export class UsedKeys {
  /** Nobody knows what the server was asked before. */
  readonly #words = new Set(CASE_KEYS);

  /** A step is about to be sent. */
  add(step: Step): void {
    const line = lineOf(step);
    if (line === undefined) {
      this.addAll();
      return;
    }
    for (const argument of wordsOf(line)) {
      const word = WORDS.get(argument.toString('latin1'));
      if (word !== undefined) this.#words.add(word);
    }
  }

  /** Nobody knows any more which are there. */
  addAll(): void {
    for (const word of CASE_KEYS) this.#words.add(word);
  }

  /** Lines of words that remove them, and end in database 0; none is there any more. */
  removal(): string[] {
    if (this.#words.size === 0) return [];
    const removal = `DEL ${[...this.#words].join(' ')}`;
    this.#words.clear();
    return DATABASES.flatMap((database) => [`SELECT ${database}`, removal]);
  }
}

/** The words of a step; undefined where it may name keys in bytes of any form. */
function lineOf(step: Step): string | undefined {
  if (typeof step === 'string') return step;
  if ('last' in step) return step.last;
  return 'until' in step ? step.until : undefined;
}
