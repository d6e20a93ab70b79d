import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { FRAME_HEADER_BYTES } from '../../../cluster/wire/frames.js';
import {
  appendClosing,
  appendGet,
  appendGetReply,
  appendPut,
  appendPutHinted,
  appendPutReply,
  appendWhole,
  CLOSING_CODES,
  DECLINED,
  FORWARD,
  FORWARD_REPLY,
  GetFields,
  GetReplyFields,
  MESSAGES,
  PING,
  PONG,
  PutFields,
  PutHintedFields,
  QUERY,
  readClosing,
} from '../../../cluster/wire/messages.js';
import { OutBuffer } from '../../../cluster/wire/out-buffer.js';
import { GOLDEN, KEY, OBJECT } from './golden.js';

function appended(append: (out: OutBuffer) => void): Buffer {
  const out = new OutBuffer();
  append(out);
  return Buffer.from(out.bytes.subarray(0, out.length));
}

const TARGET = 'aa'.repeat(20) as NodeId;
const BODY = FRAME_HEADER_BYTES;

test('messages are written as the golden bytes', (t) => {
  const rows: [Buffer, (out: OutBuffer) => void][] = [
    [GOLDEN.put, (out) => appendPut(out, 1, 255, 15, 1, KEY, OBJECT, OBJECT.length)],
    [GOLDEN.putHinted, (out) => appendPutHinted(out, 5, TARGET, 255, 15, 1, KEY, OBJECT, OBJECT.length)],
    [GOLDEN.putReply, (out) => appendPutReply(out, 1, 0)],
    [GOLDEN.get, (out) => appendGet(out, 2, 255, 15, KEY, 0xdeadbeef)],
    [GOLDEN.getReplyNothing, (out) => appendGetReply(out, 2, false, undefined, 0)],
    [GOLDEN.getReplySame, (out) => appendGetReply(out, 2, true, undefined, 0)],
    [GOLDEN.getReplyObject, (out) => appendGetReply(out, 2, false, OBJECT, OBJECT.length)],
    [GOLDEN.forward, (out) => appendWhole(out, FORWARD, 3, Buffer.from('do this'))],
    [GOLDEN.forwardReply, (out) => appendWhole(out, FORWARD_REPLY, 3, Buffer.from('done'))],
    [GOLDEN.query, (out) => appendWhole(out, QUERY, 4, Buffer.from('how many'))],
    [GOLDEN.declined, (out) => appendWhole(out, DECLINED, 4, undefined)],
    [GOLDEN.ping, (out) => appendWhole(out, PING, 7, undefined)],
    [GOLDEN.pong, (out) => appendWhole(out, PONG, 7, undefined)],
    [GOLDEN.closing, (out) => appendClosing(out, 'stopping', 'the node stops')],
  ];
  for (const [golden, append] of rows) t.deepEqual(appended(append), golden);
});

test('the golden bytes are read as what they mean', (t) => {
  const put = new PutFields();
  t.is(put.read(GOLDEN.put, BODY, GOLDEN.put.length, 256), undefined);
  t.like(put, { partition: 255, db: 15, durability: 1, key: KEY, object: OBJECT });
  const hinted = new PutHintedFields();
  t.is(hinted.read(GOLDEN.putHinted, BODY, GOLDEN.putHinted.length, 256), undefined);
  t.is(hinted.target, TARGET);
  t.like(hinted.put, { partition: 255, db: 15, durability: 1, key: KEY, object: OBJECT });
  const get = new GetFields();
  t.is(get.read(GOLDEN.get, BODY, GOLDEN.get.length, 256), undefined);
  t.like(get, { partition: 255, db: 15, fingerprint: 0xdeadbeef, key: KEY });
  const reply = new GetReplyFields();
  t.is(reply.read(GOLDEN.getReplySame, BODY, GOLDEN.getReplySame.length), undefined);
  t.like(reply, { same: true, object: undefined });
  t.is(reply.read(GOLDEN.getReplyNothing, BODY, GOLDEN.getReplyNothing.length), undefined);
  t.like(reply, { same: false, object: undefined });
  t.is(reply.read(GOLDEN.getReplyObject, BODY, GOLDEN.getReplyObject.length), undefined);
  t.like(reply, { same: false, object: OBJECT });
  t.is(readClosing(GOLDEN.closing, BODY, GOLDEN.closing.length), 'stopping: the node stops');
});

test('a put or get that is cut off at any point is refused with a reason', (t) => {
  const put = new PutFields();
  const hinted = new PutHintedFields();
  const get = new GetFields();
  const reply = new GetReplyFields();
  for (let end = BODY; end < GOLDEN.putHinted.length; end++) {
    t.is(typeof hinted.read(GOLDEN.putHinted, BODY, end, 256), 'string');
  }
  for (let end = BODY; end < GOLDEN.put.length; end++) t.is(typeof put.read(GOLDEN.put, BODY, end, 256), 'string');
  for (let end = BODY; end < BODY + 7; end++) t.is(typeof get.read(GOLDEN.get, BODY, end, 256), 'string');
  for (let end = BODY; end < GOLDEN.getReplyObject.length; end++) {
    t.is(typeof reply.read(GOLDEN.getReplyObject, BODY, end), 'string');
  }
});

test('fields out of bounds are refused with a reason', (t) => {
  const put = (partition: number, db: number, durability: number, key: string, object: Buffer) => {
    const bytes = appended((out) => appendPut(out, 1, partition, db, durability, key, object, object.length));
    return new PutFields().read(bytes, BODY, bytes.length, 128);
  };
  t.is(put(127, 15, 2, 'k'.repeat(65_536), OBJECT), undefined);
  t.is(put(0, 0, 0, '', OBJECT), undefined);
  t.regex(put(128, 0, 0, 'k', OBJECT) ?? '', /partition 128/);
  t.regex(put(0, 16, 0, 'k', OBJECT) ?? '', /database 16/);
  t.regex(put(0, 0, 3, 'k', OBJECT) ?? '', /durability 3/);
  t.regex(put(0, 0, 0, 'k'.repeat(65_537), OBJECT) ?? '', /key of 65537/);
  t.regex(put(0, 0, 0, 'k', Buffer.concat([OBJECT, OBJECT])) ?? '', /follow/);
  const get = (partition: number, db: number, key: string) => {
    const bytes = appended((out) => appendGet(out, 1, partition, db, key, 0));
    return new GetFields().read(bytes, BODY, bytes.length, 128);
  };
  t.is(get(127, 15, 'k'.repeat(65_536)), undefined);
  t.regex(get(128, 0, 'k') ?? '', /partition 128/);
  t.regex(get(0, 16, 'k') ?? '', /database 16/);
  t.regex(get(0, 0, 'k'.repeat(65_537)) ?? '', /key of 65537/);
  t.regex(new GetReplyFields().read(Buffer.from([3]), 0, 1) ?? '', /verdict 3/);
  t.regex(new GetReplyFields().read(Buffer.from([1, 0]), 0, 2) ?? '', /follow/);
});

test('what is written is what is read, for any key and object, with and without a tail', (t) => {
  const binary = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.nat(15),
      fc.nat(2),
      binary,
      fc.constantFrom(0, 8, 100),
      (partition, db, d, key, tail) => {
        const record = Buffer.concat([OBJECT, Buffer.alloc(tail, 0xdd)]);
        const out = new OutBuffer();
        appendPut(out, 9, partition, db, d, key, record, OBJECT.length);
        const end = out.length;
        appendGetReply(out, 10, false, record, OBJECT.length);
        const put = new PutFields();
        t.is(put.read(out.bytes, BODY, end, 256), undefined);
        t.like(put, { partition, db, durability: d, key, object: OBJECT });
        const reply = new GetReplyFields();
        t.is(reply.read(out.bytes, end + BODY, out.length), undefined);
        t.deepEqual(reply.object, OBJECT);
      },
    ),
  );
});

test('a reason from a stranger is made fit for the log', (t) => {
  const bytes = appended((out) => appendClosing(out, 'busy', `\u001b[2J\n${'x'.repeat(1000)}`));
  const text = readClosing(bytes, BODY, bytes.length);
  t.regex(text, /^busy: \?\[2J\?x+$/);
  t.true(text.length < 420);
  t.is(readClosing(Buffer.from([200, 0, 65]), 0, 3), 'code 200: A');
  t.is(readClosing(Buffer.from([200]), 0, 1), 'no reason given');
});

test('PROTOCOL.md has a row for each kind and each closing code', (t) => {
  // A formatter may pad the cells.
  const oneSpace = (text: string) => text.replace(/ +/g, ' ');
  const text = oneSpace(readFileSync('cluster/wire/PROTOCOL.md', 'utf8'));
  for (const { kind, name, from, body } of MESSAGES) {
    t.true(text.includes(oneSpace(`| ${kind} | ${name} | ${from} | ${body} |`)), name);
  }
  for (const [name, code] of Object.entries(CLOSING_CODES)) t.true(text.includes(`| ${code} | ${name} |`), name);
  t.is(new Set(MESSAGES.map(({ kind }) => kind)).size, MESSAGES.length);
});
