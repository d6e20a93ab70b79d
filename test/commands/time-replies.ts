/** Replies that tell of time can't be equal to the byte: the two servers get a request at different instants. */

/** How much later than the other a server may have run a command: machines that run tests are busy. */
const TOLERANCE_MS = 5000;

const TIME_LEFT = /^(TTL|PTTL) /i;
const TIME_OF_END = /^(EXPIRETIME|PEXPIRETIME) /i;
const RELATIVE_EXPIRY = /^(?:P?EXPIRE |P?SETEX |RESTORE |(?:SET|GETEX) .* (?:EX|PX) )/i;
const CLOCK_REPLY = /^\*2\r\n\$10\r\n(\d{10})\r\n\$[1-6]\r\n(\d{1,6})\r\n$/;
/** When a server started or saved: each at a time of its own, perhaps the same. */
const INSTANT_REPLY = /^:\d{10}\r\n$/;
const INTEGER_REPLY = /^:(\d+)\r\n$/;

/**
 * Whether both replies are positive times within the tolerance. The instant of an expiry that was given as an instant
 * has no tolerance. `done` are the lines so far.
 */
export function sameButForTime(line: string, done: readonly string[], redis: string, ours: string): boolean {
  if (/^TIME$/i.test(line)) return sameClock(redis, ours);
  if (/^LASTSAVE$/i.test(line)) return INSTANT_REPLY.test(redis) && INSTANT_REPLY.test(ours);
  const command = (TIME_LEFT.exec(line) ?? TIME_OF_END.exec(line))?.[1]?.toUpperCase();
  if (command === undefined) return false;
  if (TIME_OF_END.test(line) && !done.some((earlier) => RELATIVE_EXPIRY.test(earlier))) return false;
  const [theirTime, ourTime] = [redis, ours].map((reply) => Number(INTEGER_REPLY.exec(reply)?.[1]));
  if (theirTime === undefined || ourTime === undefined || !(theirTime > 0) || !(ourTime > 0)) return false;
  const unitMs = command.startsWith('P') ? 1 : 1000;
  return Math.abs(theirTime - ourTime) * unitMs <= TOLERANCE_MS;
}

/** The reply to TIME: seconds and microseconds, as strings. */
function sameClock(redis: string, ours: string): boolean {
  const [theirTime = Number.NaN, ourTime = Number.NaN] = [redis, ours].map((reply) => {
    const [, seconds, microseconds] = CLOCK_REPLY.exec(reply) ?? [];
    return Number(seconds) * 1000 + Number(microseconds) / 1000;
  });
  return Math.abs(theirTime - ourTime) <= TOLERANCE_MS;
}
