import { type Slot, slotOf } from '../../cluster/ring/slots.js';
import { type Call, refuse } from './command.js';

/** A key as the cluster takes it. */
export interface Key {
  /** Binary string. */
  readonly text: string;
  readonly slot: Slot;
}

export function keyOf(argument: Buffer): Key {
  return { text: argument.toString('latin1'), slot: slotOf(argument) };
}

/** Answers the call with an error, and says so, when a key is longer than this node takes. */
export function refusesKey(call: Call, argument: Buffer): boolean {
  const max = call.server.config.keyMaxLen;
  if (argument.length <= max) return false;
  refuse(call.server, call.slot, `ERR key is ${argument.length} bytes long; at most ${max} are allowed (key-max-len)`);
  return true;
}

/** Answers the call with an error, and says so, when a value is longer than this node takes. */
export function refusesValue(call: Call, argument: Buffer): boolean {
  const max = call.server.config.valueMaxLen;
  if (argument.length <= max) return false;
  refuse(
    call.server,
    call.slot,
    `ERR value is ${argument.length} bytes long; at most ${max} are allowed (value-max-len)`,
  );
  return true;
}
