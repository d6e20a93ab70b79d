import test from 'ava';
import { Loopback } from './loopback.js';

/** Answers each request with its first argument; `WAIT` suspends its connection and is answered when told. */
function waiting(): { start: Promise<Loopback>; goOn: () => void; asked: string[] } {
  const asked: string[] = [];
  let goOn = (): void => undefined;
  const start = Loopback.start((slot, args) => {
    const word = String(args[0]);
    asked.push(word);
    const answer = (): void => {
      slot.out.simple(word);
      slot.complete();
    };
    if (word !== 'WAIT') return answer();
    slot.connection.requests.suspend();
    goOn = () => {
      answer();
      slot.connection.requests.resume();
    };
  });
  return { start, goOn: () => goOn(), asked };
}

async function received(client: { readonly chunks: Buffer[] }, text: string): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (Buffer.concat(client.chunks).toString() !== text) {
    if (performance.now() > endMs) throw new Error(`received: ${Buffer.concat(client.chunks)}`);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test('what stands behind a request that suspends its connection comes after the answer, in order', async (t) => {
  const { start, goOn, asked } = waiting();
  const loopback = await start;
  t.teardown(() => loopback.stop());
  const client = await loopback.connect();
  client.socket.write('*1\r\n$1\r\na\r\n*1\r\n$4\r\nWAIT\r\n*1\r\n$1\r\nb\r\n*1\r\n$4\r\nWAIT\r\n*1\r\n$1\r\nc\r\n');
  await received(client, '+a\r\n');
  t.deepEqual(asked, ['a', 'WAIT']);
  client.socket.write('*1\r\n$1\r\nd\r\n');
  goOn();
  await received(client, '+a\r\n+WAIT\r\n+b\r\n');
  t.deepEqual(asked, ['a', 'WAIT', 'b', 'WAIT']);
  goOn();
  await received(client, '+a\r\n+WAIT\r\n+b\r\n+WAIT\r\n+c\r\n+d\r\n');
});

test('what breaks the protocol behind a request that waits is told in its turn', async (t) => {
  const { start, goOn } = waiting();
  const loopback = await start;
  t.teardown(() => loopback.stop());
  const client = await loopback.connect();
  client.socket.write('*1\r\n$4\r\nWAIT\r\n*1\r\n$1\r\nb\r\n*x\r\n');
  while (loopback.newest().outstanding === 0) await new Promise((resolve) => setImmediate(resolve));
  goOn();
  await t.notThrowsAsync(received(client, '+WAIT\r\n+b\r\n-ERR Protocol error: invalid multibulk length\r\n'));
});

test('a client that goes while its request waits leaves nothing behind', async (t) => {
  const { start, goOn, asked } = waiting();
  const loopback = await start;
  t.teardown(() => loopback.stop());
  const client = await loopback.connect();
  client.socket.write('*1\r\n$4\r\nWAIT\r\n*1\r\n$1\r\nb\r\n');
  while (loopback.newest().outstanding === 0) await new Promise((resolve) => setImmediate(resolve));
  client.socket.destroy();
  // Its socket is not read meanwhile, and so it is not heard to go.
  goOn();
  while (loopback.clients.count > 0) await new Promise((resolve) => setImmediate(resolve));
  t.is(asked[0], 'WAIT');
});
