import test from 'ava';
import fc from 'fast-check';
import { AWAITED_BYTES_MAX, OUTSTANDING_MAX, TURN_BYTES_MAX, WRITE_BYTES_MAX } from '../../../server/net/limits.js';
import type { ReplySlot } from '../../../server/net/reply-slot.js';
import { RUN_REQUESTS_MAX } from '../../../server/resp/limits.js';
import { answerInTurns } from '../../../server/turns/answer-in-turns.js';
import { type Answer, Loopback, until } from './loopback.js';

/** `now …`: echoed at once; `later …`: kept in `waiting`. */
function answerer(): { answer: Answer; waiting: { slot: ReplySlot; text: string }[] } {
  const waiting: { slot: ReplySlot; text: string }[] = [];
  const answer: Answer = (slot, args) => {
    const text = String(args[1]);
    if (String(args[0]) === 'later') {
      waiting.push({ slot, text });
      return;
    }
    slot.out.bulkText(text);
    slot.complete();
  };
  return { answer, waiting };
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

/** After so many short replies a connection takes those to come for short ones. */
const SHORT_REPLIES = 40;

test('replies leave in the order of the requests, in whatever order they are completed', async (t) => {
  const { answer, waiting } = answerer();
  const loopback = await Loopback.start(answer);
  const client = await loopback.connect();
  // Of a client whose replies may be long, few are under way.
  let expected = bulk('short').repeat(SHORT_REPLIES);
  client.send('now short\r\n'.repeat(SHORT_REPLIES));
  await client.receives(expected);
  const rounds = fc.array(fc.record({ later: fc.boolean(), bytes: fc.nat({ max: 3000 }), rank: fc.nat() }), {
    minLength: 1,
    maxLength: 100,
  });
  await fc.assert(
    fc.asyncProperty(rounds, fc.boolean(), async (commands, inTurns) => {
      const before = loopback.newest().commandCount;
      commands.forEach(({ later, bytes }, i) => {
        const text = `${i}.${'x'.repeat(bytes)}`;
        expected += bulk(text);
        client.send(`${later ? 'later' : 'now'} ${text}\r\n`);
      });
      const order = commands.filter(({ later }) => later).map(({ rank }, i) => ({ rank, i }));
      order.sort((a, b) => a.rank - b.rank);
      await until(() => loopback.newest().commandCount === before + commands.length);
      const slots = waiting.splice(0);
      for (const { i } of order) {
        const late = slots[i];
        late?.slot.out.bulkText(late.text);
        late?.slot.complete();
        if (inTurns) await until(() => loopback.newest().out.length === 0);
      }
      await client.receives(expected);
      t.is(loopback.newest().outstanding, 0);
    }),
    { numRuns: 40 },
  );
  await loopback.stop();
});

test('a reply may be written in parts while it is its turn, and while it is not', async (t) => {
  const { answer, waiting } = answerer();
  const loopback = await Loopback.start(answer);
  const client = await loopback.connect();
  client.send('later a\r\nlater b\r\n');
  await until(() => waiting.length === 2);
  const [first, second] = waiting.map(({ slot }) => slot);
  second?.out.array(2);
  first?.out.array(2);
  first?.out.integer(1);
  await until(() => loopback.newest().out.length > 0);
  second?.out.integer(3);
  first?.out.integer(2);
  first?.complete();
  await client.receives('*2\r\n:1\r\n:2\r\n');
  second?.out.integer(4);
  second?.complete();
  await client.receives('*2\r\n:1\r\n:2\r\n*2\r\n:3\r\n:4\r\n');
  t.throws(() => first?.complete(), { message: /twice/ });
  await loopback.stop();
});

test('a long reply that is written in turns leaves meanwhile, and may be longer than what may wait', async (t) => {
  const outputBytesMax = 4 * WRITE_BYTES_MAX;
  const part = Buffer.alloc(WRITE_BYTES_MAX, 'p');
  const parts = 20;
  let most = 0;
  const loopback = await Loopback.start(
    (slot) => {
      answerInTurns(slot, inParts(slot));
    },
    { outputBytesMax },
  );
  function* inParts(slot: ReplySlot): Generator<void> {
    slot.out.array(parts);
    for (let i = 0; i < parts; i++) {
      slot.out.bulk(part);
      most = Math.max(most, slot.connection.queuedBytes);
      do yield;
      while (slot.connection.queuedBytes > 0);
    }
  }
  const client = await loopback.connect();
  const whole = `*${parts}\r\n${bulk(part.toString()).repeat(parts)}`;
  client.send('LONG\r\n');
  await until(() => client.receivedBytes >= whole.length);
  t.true(Buffer.concat(client.chunks).toString() === whole);
  t.true(most <= part.length + 100, `${most} bytes`);
  await loopback.stop();
});

test('of replies that are longer, a client is written so much at a stretch', async (t) => {
  const value = Buffer.alloc(10 * TURN_BYTES_MAX, 'v');
  const atOnce: number[] = [];
  const loopback = await Loopback.start((slot) => {
    const before = slot.connection.bytesOut;
    slot.out.bulk(value);
    slot.complete();
    atOnce.push(slot.connection.bytesOut - before);
  });
  const client = await loopback.connect();
  client.send('GET\r\nGET\r\n');
  await until(() => client.receivedBytes === 2 * bulk(value.toString()).length);
  t.is(atOnce.length, 2);
  for (const bytes of atOnce) t.true(bytes <= TURN_BYTES_MAX + WRITE_BYTES_MAX, `${bytes} bytes`);
  await loopback.stop();
});

test('a change of protocol applies to the commands behind it only', async (t) => {
  const waiting: ReplySlot[] = [];
  const loopback = await Loopback.start((slot, args) => {
    if (String(args[0]) === 'hello') {
      slot.connection.resp = 3;
      slot.out.resp = 3;
      slot.out.nullBulk();
      slot.complete();
    } else waiting.push(slot);
  });
  const client = await loopback.connect();
  client.send('get\r\nhello\r\nget\r\n');
  await until(() => waiting.length === 2);
  for (const slot of waiting.reverse()) {
    slot.out.nullBulk();
    slot.complete();
  }
  await client.receives('$-1\r\n_\r\n_\r\n');
  t.pass();
  await loopback.stop();
});

test('CLIENT REPLY silences commands as in Redis', async (t) => {
  const waiting: ReplySlot[] = [];
  const loopback = await Loopback.start((slot, args) => {
    const word = String(args[0]);
    if (word === 'later') {
      waiting.push(slot);
      return;
    }
    if (word === 'on' || word === 'off' || word === 'skip') slot.connection.setReplyMode(word, slot);
    if (word === 'on') slot.out.ok();
    else if (args[1] !== undefined) slot.out.bulk(args[1]);
    slot.complete();
  });
  // What redis-server 7.0.15 answers to the same with CLIENT REPLY and PING.
  const stories = [
    ['skip\r\nping 0\r\nping 1\r\n', '$1\r\n1\r\n'],
    ['skip\r\nskip\r\nping 0\r\nping 1\r\n', '$1\r\n1\r\n'],
    ['skip\r\non\r\nping 0\r\nping 1\r\n', '+OK\r\n$1\r\n0\r\n$1\r\n1\r\n'],
    ['off\r\nping 0\r\non\r\nping 1\r\n', '+OK\r\n$1\r\n1\r\n'],
    ['off\r\nskip\r\nping 0\r\nping 1\r\non\r\n', '+OK\r\n'],
    ['off\r\nlater\r\nping 0\r\non\r\n', '+OK\r\n'],
  ];
  for (const [requests = '', replies = ''] of stories) {
    const client = await loopback.connect();
    const last = loopback.newest();
    const count = requests.split('\n').length - 1;
    client.send(requests);
    await until(() => last.commandCount === count);
    for (const slot of waiting.splice(0)) {
      slot.out.ok();
      slot.complete();
    }
    await client.receives(replies);
  }
  t.pass();
  await loopback.stop();
});

test('a protocol error is told after the earlier replies, and ends the connection', async (t) => {
  const { answer, waiting } = answerer();
  const loopback = await Loopback.start(answer);
  const client = await loopback.connect();
  client.send('later 1\r\nnow 2\r\n*1\r\nxPING\r\nnow 3\r\n');
  await until(() => waiting.length === 1 && loopback.newest().isClosed);
  client.send('now 4\r\n');
  t.is(client.received, '');
  waiting[0]?.slot.out.bulkText('1');
  waiting[0]?.slot.complete();
  await until(() => client.isClosed);
  t.is(client.received, `${bulk('1')}${bulk('2')}-ERR Protocol error: expected '$', got 'x'\r\n`);
  await until(() => loopback.clients.count === 0);
  await loopback.stop();
});

test('a connection that is to close takes no more requests and answers those it took', async (t) => {
  const { answer, waiting } = answerer();
  const loopback = await Loopback.start((slot, args) => {
    answer(slot, args);
    if (String(args[1]) === 'quit') slot.connection.closeAfterReplies();
  });
  const client = await loopback.connect();
  client.send('*2\r\n$5\r\nlater\r\n$1\r\n1\r\n*2\r\n$3\r\nnow\r\n$4\r\nquit\r\n*2\r\n$3\r\nnow\r\n$1\r\n3\r\n');
  await until(() => waiting.length === 1);
  waiting[0]?.slot.complete();
  await until(() => client.isClosed);
  t.is(client.received, bulk('quit'));
  await loopback.stop();
});

test('a client that has shut down its sending side still gets its replies', async (t) => {
  const { answer, waiting } = answerer();
  const loopback = await Loopback.start(answer);
  const client = await loopback.connect();
  client.socket.end('now 1\r\nlater 2\r\nnow 3\r\n');
  await until(() => waiting.length === 1 && loopback.newest().isClosed);
  waiting[0]?.slot.out.bulkText('2');
  waiting[0]?.slot.complete();
  await until(() => client.isClosed);
  t.is(client.received, bulk('1') + bulk('2') + bulk('3'));
  await loopback.stop();
});

test('commands may be completed after their client has gone', async (t) => {
  const { answer, waiting } = answerer();
  const loopback = await Loopback.start(answer);
  const client = await loopback.connect();
  client.send('later 1\r\nlater 2\r\nlater 3\r\n');
  await until(() => waiting.length === 3);
  const connection = loopback.newest();
  client.socket.resetAndDestroy();
  await until(() => loopback.clients.count === 0);
  for (const { slot, text } of waiting.reverse()) {
    slot.out.bulkText(text);
    slot.complete();
  }
  t.is(connection.queuedBytes, 0);
  t.is(loopback.clients.totals.queuedBytes, 0);
  await loopback.stop();
});

test('a request over the query buffer limit closes its client', async (t) => {
  const { answer } = answerer();
  const loopback = await Loopback.start(answer, { queryBufferBytesMax: 1000 });
  const client = await loopback.connect();
  client.send('*2\r\n$3\r\nnow\r\n$100000\r\n');
  for (let i = 0; i < 20; i++) client.send('x'.repeat(100));
  await until(() => client.isClosed);
  t.is(client.received, '');
  t.is(loopback.clients.totals.queryBufferCloses, 1);
  await loopback.stop();
});

test('a million commands in one go are answered in order', async (t) => {
  const count = 1_000_000;
  let most = 0;
  let answered = 0;
  const loopback = await Loopback.start((slot) => {
    slot.out.integer(answered++ % 10);
    slot.complete();
    most = Math.max(most, slot.connection.queuedBytes);
  });
  const client = await loopback.connect();
  client.send('*1\r\n$4\r\nPING\r\n'.repeat(count));
  await until(() => client.receivedBytes >= count * 4);
  const received = client.received;
  t.is(received.length, count * 4);
  t.is(received, ':0\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n'.repeat(count / 10));
  t.true(most < 20 * 1024 * 1024);
  await loopback.stop();
});

test('commands that wait for their answers are bounded, and all are answered', async (t) => {
  const count = 50_000;
  const waiting: ReplySlot[] = [];
  let most = 0;
  let answered = 0;
  const loopback = await Loopback.start((slot) => {
    waiting.push(slot);
    most = Math.max(most, slot.connection.outstanding);
  });
  const client = await loopback.connect();
  client.send('*1\r\n$4\r\nPING\r\n'.repeat(count));
  while (answered < count) {
    await until(() => waiting.length > 0);
    for (const slot of waiting.splice(0)) {
      slot.out.integer(answered++ % 10);
      slot.complete();
    }
  }
  await until(() => client.receivedBytes === count * 4);
  t.is(client.received, ':0\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n'.repeat(count / 10));
  t.true(most > OUTSTANDING_MAX / 2 && most <= OUTSTANDING_MAX + RUN_REQUESTS_MAX + 1, `${most} outstanding`);
  await loopback.stop();
});

test('large requests that wait for their answers are bounded by their bytes', async (t) => {
  const waiting: ReplySlot[] = [];
  const loopback = await Loopback.start((slot) => waiting.push(slot));
  const client = await loopback.connect();
  const request = `*2\r\n$3\r\nSET\r\n$1048576\r\n${'v'.repeat(1024 * 1024)}\r\n`;
  let answered = 0;
  // First small replies, so that the number of commands alone would not hold the client.
  client.send('x\r\n'.repeat(200));
  for (const total of [200, 300]) {
    if (total === 300) for (let i = 0; i < 100; i++) client.send(request);
    while (answered < total) {
      const connection = loopback.newest();
      await until(() => waiting.length === total - answered || (waiting.length > 0 && connection.isHeld));
      if (total === 300) t.true(waiting.length <= 20, `${waiting.length} megabytes outstanding`);
      for (const slot of waiting.splice(0)) {
        answered++;
        slot.out.ok();
        slot.complete();
      }
    }
  }
  await client.receives('+OK\r\n'.repeat(300));
  await loopback.stop();
});

test('a reply that grows beyond client-output-buffer-limit is not kept, and ends the connection', async (t) => {
  const outputBytesMax = 1024 * 1024;
  const value = Buffer.alloc(100_000);
  let longest = 0;
  const waiting: ReplySlot[] = [];
  const answer: Answer = (slot, args) => {
    if (args[0]?.toString() === 'later') {
      waiting.push(slot);
      return;
    }
    for (let i = 0; i < 100; i++) slot.out.bulk(value);
    longest = Math.max(longest, slot.out.length);
    slot.complete();
  };
  const loopback = await Loopback.start(answer, { outputBytesMax });
  for (const request of ['long\r\n', 'later\r\nlong\r\n']) {
    const client = await loopback.connect();
    client.send(request);
    await until(() => client.isClosed);
    t.is(client.receivedBytes, 0);
  }
  t.true(longest <= outputBytesMax);
  for (const slot of waiting) slot.complete();
  await loopback.stop();
});

for (const what of ['long', 'short, and made from long values'] as const) {
  test(`of answers that are ${what}, a client has few under way, and all come in order`, async (t) => {
    const count = 100;
    const bytes = AWAITED_BYTES_MAX / 4;
    const { answer, waiting } = answerer();
    const loopback = await Loopback.start(answer);
    const client = await loopback.connect();
    client.send(Array.from({ length: count }, (_, i) => `later ${i}\r\n`).join(''));
    let expected = '';
    let most = 0;
    for (let done = 0; done < count; done++) {
      await until(() => waiting.length > 0);
      // The first ones are dispatched before anything is known of their length.
      if (done > count / 2) most = Math.max(most, loopback.newest().outstanding);
      const first = waiting.shift();
      if (first === undefined) return t.fail();
      const reply = what === 'long' ? first.text.padEnd(bytes, 'x') : first.text;
      first.slot.readBytes = bytes;
      first.slot.out.bulkText(reply);
      first.slot.complete();
      expected += bulk(reply);
    }
    await client.receives(expected);
    t.true(most <= AWAITED_BYTES_MAX / bytes + 2, `${most} under way`);
    await loopback.stop();
  });
}
