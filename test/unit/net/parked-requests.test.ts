import test from 'ava';
import { Loopback, until } from './loopback.js';

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

function received(client: { readonly received: string }, text: string): Promise<void> {
  return until(
    () => client.received === text,
    () => `received: ${client.received}`,
  );
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
  await until(() => loopback.newest().outstanding > 0);
  goOn();
  await t.notThrowsAsync(received(client, '+WAIT\r\n+b\r\n-ERR Protocol error: invalid multibulk length\r\n'));
});

test('a client that goes while its request waits leaves nothing behind', async (t) => {
  const { start, goOn, asked } = waiting();
  const loopback = await start;
  t.teardown(() => loopback.stop());
  const client = await loopback.connect();
  client.socket.write('*1\r\n$4\r\nWAIT\r\n*1\r\n$1\r\nb\r\n');
  await until(() => loopback.newest().outstanding > 0);
  client.socket.destroy();
  // Its socket is not read meanwhile, and so it is not heard to go.
  goOn();
  await until(() => loopback.clients.count === 0);
  t.is(asked[0], 'WAIT');
});
