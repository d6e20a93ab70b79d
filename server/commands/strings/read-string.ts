import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { type Call, refuse } from '../command.js';
import { refusesFailure } from '../failure-text.js';
import { shownValue } from '../shown-sibling.js';

/**
 * Reads the key `call.args[1]` and hands what a plain read of it shows (undefined: nothing) to `answer`, which writes the
 * reply, or gives the text of an error. The value is good for this call only. `isLookup` false: it belongs to a write, which
 * does not count among hits and misses.
 */
export function readString(
  call: Call,
  answer: (value: Buffer | undefined) => string | undefined,
  isLookup = true,
): void {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1])) return;
  const key = keyOf(args[1]);
  connection.session.get(connection.db, key.slot, key.text, undefined, (_state, failure, object) => {
    if (refusesFailure(server, slot, failure)) return;
    const value = shownValue(server, key.text, object);
    slot.readBytes = value?.length ?? 0;
    if (isLookup) server.statistics.countLookup(value !== undefined);
    const error = answer(value);
    if (error === undefined) slot.complete();
    else refuse(server, slot, error);
  });
}
