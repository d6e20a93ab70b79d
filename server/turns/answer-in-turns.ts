import type { ReplySlot } from '../net/reply-slot.js';

/**
 * Runs the `work` that writes the reply of `slot`: up to its first `yield` at once, and from there on a bit in each turn of the event
 * loop. What is written leaves meanwhile. Then completes the slot; sooner where nobody is there any more, or where more waits to be
 * sent than may.
 */
export function answerInTurns(slot: ReplySlot, work: Iterator<void>): void {
  slot.connection.context.turns.run(untilAnswered(slot, work));
}

function* untilAnswered(slot: ReplySlot, work: Iterator<void>): Generator<void> {
  const { connection } = slot;
  while (!connection.hasGone && work.next().done !== true && !slot.out.isOverfull) {
    connection.wroteOn(slot);
    yield;
  }
  slot.complete();
}
