/**
 * The versions of the peer protocol. Two nodes speak the highest that both know; `PROTOCOL.md` says how one is added.
 *
 * | version | brings                                                            |
 * | ------- | ----------------------------------------------------------------- |
 * | 1       | all messages, and the questions 1 to 8                            |
 * | 2       | the questions from 9 on: gossip, transfers, agreement of keyspaces |
 * | 3       | counters inside of objects                                        |
 * | 4       | forwarded changes that say when they were asked for               |
 * | 5       | forwarded puts that say when they were asked for                  |
 */
export const VERSION_MIN = 1;
export const VERSION_MAX = 5;

/** A node of a lower version can't read objects with counters in them. */
export const VERSION_OF_COUNTERS = 3;

/** A node of a lower version declines a forwarded change that says when it was asked for. */
export const VERSION_OF_ASKED = 4;
/** The same for a forwarded put. */
export const VERSION_OF_ASKED_PUTS = 5;

/** The last question (first byte of a QUERY) that version 1 knows. Append-only, as the questions are. */
const LAST_QUESTION_OF_VERSION_1 = 8;

/** Whether a link of `version` may carry the question. */
export function carriesQuestion(version: number, question: Buffer): boolean {
  return version > 1 || question.length === 0 || question.readUInt8(0) <= LAST_QUESTION_OF_VERSION_1;
}
