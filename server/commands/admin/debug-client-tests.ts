/** What the test suites of clients and tools ask of `DEBUG`, answered as by Redis 7.0. Nothing here orders a fault. */
import { dumpString } from '../../rdb/string-payload.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, refuse } from '../command.js';
import { refusesFailure } from '../failure-text.js';
import { encodingOf, idleSeconds, referencesTo, shownOf } from '../keys/object.js';
import { readable } from '../shown-sibling.js';

/** A payload's type before the value, and its version and checksum behind. */
const PAYLOAD_FRAME_BYTES = 11;
/** Redis's clock of accesses: seconds in 24 bits. */
const LRU_CLOCK_TURN_S = 2 ** 24;
const MS_A_SECOND = 1000;

const PROTOCOL_REFUSED =
  'ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false';
/** The reply of type double; a string, since it stands for no constant. */
const DOUBLE = Number('3.141');
const NEEDS_RESP3 = 'ERR RESP2 is not supported by this command';

/** One reply of each type, with the values of Redis. */
const PROTOCOL_REPLIES: ReadonlyMap<string, (out: ReplyBuffer) => void> = new Map([
  ['STRING', (out: ReplyBuffer) => out.bulkText('Hello World')],
  ['INTEGER', (out: ReplyBuffer) => out.integer(12345)],
  ['DOUBLE', (out: ReplyBuffer) => out.double(DOUBLE)],
  ['BIGNUM', (out: ReplyBuffer) => out.bigNumber(1234567999999999999999999999999999999n)],
  ['NULL', (out: ReplyBuffer) => out.nullBulk()],
  ['ARRAY', (out: ReplyBuffer) => countTo(out, () => out.array(3))],
  ['SET', (out: ReplyBuffer) => countTo(out, () => out.set(3))],
  ['MAP', writeMap],
  ['ATTRIB', (out: ReplyBuffer) => writeAttribute(out)],
  ['PUSH', writePush],
  ['VERBATIM', (out: ReplyBuffer) => out.verbatim('txt', 'This is a verbatim\nstring')],
  ['TRUE', (out: ReplyBuffer) => out.boolean(true)],
  ['FALSE', (out: ReplyBuffer) => out.boolean(false)],
]);

function countTo(out: ReplyBuffer, open: () => void): void {
  open();
  for (let number = 0; number < 3; number++) out.integer(number);
}

function writeMap(out: ReplyBuffer): void {
  out.map(3);
  for (let number = 0; number < 3; number++) {
    out.integer(number);
    out.boolean(number === 1);
  }
}

/** An attribute goes before a reply, and only RESP3 has them. */
function writeAttribute(out: ReplyBuffer): void {
  if (out.resp === 3) {
    out.attribute(1);
    out.bulkText('key-popularity');
    out.array(2);
    out.bulkText('key:123');
    out.integer(90);
  }
  out.bulkText('Some real reply following the attribute');
}

function writePush(out: ReplyBuffer): void {
  out.push(2);
  out.bulkText('server-cpu-usage');
  out.integer(42);
  out.bulkText('Some real reply following the push reply');
}

/** `DEBUG PROTOCOL type`. */
export function protocol({ server, args, slot }: Call) {
  const type = keyword(args[2]);
  const write = PROTOCOL_REPLIES.get(type);
  if (write === undefined) return refuse(server, slot, PROTOCOL_REFUSED);
  if (type === 'PUSH' && slot.out.resp === 2) return refuse(server, slot, NEEDS_RESP3);
  write(slot.out);
  slot.complete();
}

/** `DEBUG ERROR text`: that error; it counts as any other. */
export function error({ server, args, slot }: Call) {
  refuse(server, slot, args[2]?.toString('latin1') ?? '', 'latin1');
}

/** `DEBUG LOG text`. */
export function log({ server, args, slot }: Call) {
  server.log.warn({ text: args[2]?.toString() }, 'DEBUG LOG');
  slot.out.ok();
  slot.complete();
}

/** What changes nothing here: keys end at their time whoever looks, and there is no cron job or packed list. */
export function accepted({ slot }: Call) {
  slot.out.ok();
  slot.complete();
}

/** `DEBUG RELOAD`, `DEBUG LOADAOF`: what is in memory is then on disk too; it need not be read back. */
export function reload({ server, args, slot }: Call) {
  if (!args.slice(2).every((word) => ['MERGE', 'NOFLUSH', 'NOSAVE'].includes(keyword(word)))) {
    return refuse(server, slot, 'ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.');
  }
  server.node.persist().then(
    () => {
      slot.out.ok();
      slot.complete();
    },
    (reason: unknown) => refuse(server, slot, `ERR ${reason instanceof Error ? reason.message : String(reason)}`),
  );
}

/** `DEBUG OBJECT key`: as `OBJECT` tells it; where the value stands in memory is nobody's business. */
export function object(call: Call) {
  const { server, connection, args, slot } = call;
  if (refusesKey(call, args[2])) return;
  const key = keyOf(args[2]);
  connection.session.get(connection.db, key.slot, key.text, undefined, (_state, failure, found) => {
    if (refusesFailure(server, slot, failure)) return;
    const shown = shownOf(server, key.text, readable(server, found));
    if (shown === undefined) return refuse(server, slot, 'ERR no such key');
    const { value } = shown;
    const idleS = idleSeconds(server, shown);
    const lru = (Math.trunc(server.clock.nowMs() / MS_A_SECOND) - idleS) % LRU_CLOCK_TURN_S;
    const serialized = dumpString(value).length - PAYLOAD_FRAME_BYTES;
    slot.out.simple(
      `Value at:0x0 refcount:${referencesTo(value)} encoding:${encodingOf(value)} serializedlength:${serialized} lru:${lru} lru_seconds_idle:${idleS}`,
    );
    slot.complete();
  });
}
