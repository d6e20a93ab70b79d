import { type Slot, slotOf } from '../../../cluster/ring/slots.js';
import { type Call, refuse } from '../command.js';

const TOO_LONG_FOR_REDIS = 'ERR string exceeds maximum allowed size (proto-max-bulk-len)';

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

/** Answers the call with an error, and says so, when the value that a change is about to make is too long. */
export function refusesLength({ server, slot }: Call, length: number): boolean {
  const { valueMaxLen, protoMaxBulkLen } = server.config;
  if (length > protoMaxBulkLen) refuse(server, slot, TOO_LONG_FOR_REDIS);
  else if (length > valueMaxLen) {
    refuse(server, slot, `ERR value would be ${length} bytes long; at most ${valueMaxLen} are allowed (value-max-len)`);
  }
  return length > protoMaxBulkLen || length > valueMaxLen;
}
