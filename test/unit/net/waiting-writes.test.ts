import test, { type ExecutionContext } from 'ava';
import { ROOM_TIMEOUTS_MAX } from '../../../server/net/limits.js';
import { WaitingWrites } from '../../../server/net/waiting-writes.js';
import { ManualWorld } from '../storage/manual-world.js';
import { Loopback, type TestClient, until } from './loopback.js';

const TIMEOUT_MS = 200;
const WAIT_MS = TIMEOUT_MS * ROOM_TIMEOUTS_MAX;

/** What the client sends meanwhile, and what one read from a socket gives at the most. */
const REQUESTS = 200;
const REQUEST_BYTES = 30_000;
const READ_BYTES = 64 * 1024;

/** Room for so many writes. */
class Room {
  places = 0;
  cameRoom: () => void = () => undefined;

  get isFull(): boolean {
    return this.places <= 0;
  }

  onRoom(cameRoom: () => void): void {
    this.cameRoom = cameRoom;
  }

  awaitRoom(): void {}
}

/** Every request is a write: it is answered with its text when it runs, and takes a place. */
class Gated {
  readonly world = new ManualWorld();
  readonly room = new Room();
  readonly writes = new WaitingWrites(this.world, this.room, () => TIMEOUT_MS);
  /** In the order in which they ran. */
  readonly ran: string[] = [];
  readonly refused: string[] = [];

  private constructor(
    private readonly t: ExecutionContext,
    readonly loopback: Loopback,
  ) {}

  static async open(t: ExecutionContext): Promise<Gated> {
    const loopback: Loopback = await Loopback.start((slot, args) => {
      const text = String(args[0]);
      const run = (): void => {
        gated.ran.push(text);
        gated.room.places--;
        slot.out.simple(text);
        slot.complete();
      };
      const refuse = (): void => {
        gated.refused.push(text);
        slot.out.error(text, 'latin1');
        slot.complete();
      };
      if (gated.writes.areOn) gated.writes.hold(slot.connection, run, refuse);
      else run();
    });
    const gated = new Gated(t, loopback);
    t.teardown(() => loopback.stop());
    return gated;
  }

  /** A client whose first write waits. */
  async client(text: string): Promise<TestClient> {
    const client = await this.loopback.connect();
    const before = this.writes.count;
    client.send(text);
    await until(() => this.writes.count === before + 1);
    this.t.is(client.received, '');
    return client;
  }

  async letGo(places: number): Promise<void> {
    this.room.places = places;
    this.room.cameRoom();
    await this.world.timers.advance(0);
  }
}

test('writes wait while there is no room, and go in their order as there is', async (t) => {
  const gated = await Gated.open(t);
  const first = await gated.client('a\r\nd\r\n');
  const second = await gated.client('b\r\n');
  const third = await gated.client('c\r\n');
  await gated.letGo(2);
  t.deepEqual(gated.ran, ['a', 'b']);
  await first.receives('+a\r\n');
  await second.receives('+b\r\n');
  t.is(gated.writes.count, 2, 'the next of the first client waits behind those that came before it');
  await gated.letGo(2);
  t.deepEqual(gated.ran, ['a', 'b', 'c', 'd']);
  await third.receives('+c\r\n');
  await first.receives('+a\r\n+d\r\n');
  t.is(gated.writes.count, 0);
});

test('a client whose write waits is not read, so what it sends stays with it', async (t) => {
  const gated = await Gated.open(t);
  const client = await gated.client('a\r\n');
  const connection = gated.loopback.newest();
  t.true(connection.isHeld);
  const seen = connection.bytesIn;
  for (let count = 0; count < REQUESTS; count++) client.send(`${'x'.repeat(REQUEST_BYTES)}\r\n`);
  const other = await gated.client('b\r\n');
  t.true(connection.bytesIn - seen <= READ_BYTES, 'no more than what was on its way');
  await gated.letGo(2 * REQUESTS);
  await until(() => gated.ran.length === REQUESTS + 2);
  await other.receives('+b\r\n');
});

test('room is found without a call too', async (t) => {
  const gated = await Gated.open(t);
  const client = await gated.client('a\r\n');
  gated.room.places = 1;
  await gated.world.timers.advance(50);
  await client.receives('+a\r\n');
});

test('a write is refused only when none was let go for some request timeouts', async (t) => {
  const gated = await Gated.open(t);
  const texts = ['a', 'b', 'c', 'd'];
  for (const text of texts) await gated.client(`${text}\r\n`);
  for (const _ of texts.slice(1)) {
    await gated.world.timers.advance(WAIT_MS - 100);
    await gated.letGo(1);
  }
  t.deepEqual(gated.ran, ['a', 'b', 'c'], 'the last has waited for longer, and others went before it');
  const late = await gated.client('e\r\n');
  await gated.world.timers.advance(WAIT_MS + 50);
  t.deepEqual(gated.refused, ['d', 'e']);
  await late.receives('-e\r\n');
  t.is(gated.writes.refused, 2);
});

test('what waits is let go when the server closes', async (t) => {
  const gated = await Gated.open(t);
  await gated.client('a\r\n');
  gated.writes.end();
  t.deepEqual(gated.ran, ['a']);
});
