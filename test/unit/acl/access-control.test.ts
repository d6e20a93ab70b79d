import test from 'ava';
import type { LogFields } from '../../../cluster/ports/log.js';
import type { Timer } from '../../../cluster/ports/timers.js';
import { type AccessClient, AccessControl, type LoginVerdict } from '../../../server/acl/access-control.js';
import { FAILURES_FREE, WAITING_MAX } from '../../../server/acl/limits.js';
import type { Login } from '../../../server/acl/login.js';
import { completeConfig, type GivenValues } from '../../../server/config/config.js';
import { Settings } from '../../../server/config/settings.js';
import { commands } from './fixtures.js';

/** A connection without a socket. */
class FakeClient implements AccessClient {
  isSuspended = false;
  isClosed = false;
  closing: string | undefined;
  readonly requests = {
    suspend: () => {
      this.isSuspended = true;
    },
    resume: () => {
      this.isSuspended = false;
    },
  };

  constructor(
    readonly login: Login,
    readonly address: string,
  ) {}

  describe(): string {
    return `addr=${this.address}`;
  }

  close(reason: string): void {
    this.isClosed = true;
    this.closing = reason;
  }

  closeAfterReplies(): void {
    this.closing = 'after its replies';
  }
}

/** Access control in a world whose time stands still until it is told. */
class World {
  readonly clients: FakeClient[] = [];
  readonly logged: LogFields[] = [];
  readonly settings: Settings;
  readonly access: AccessControl;
  #nowMs = 1_000;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(given: GivenValues = {}) {
    this.settings = new Settings(completeConfig(given));
    const note = (fields: LogFields): void => {
      this.logged.push(fields);
    };
    const after = (delayMs: number, run: () => void): Timer => {
      this.#timers.push({ atMs: this.#nowMs + delayMs, run });
      return { stop: () => undefined };
    };
    this.access = new AccessControl({
      settings: this.settings,
      commands,
      clients: this.clients,
      clock: { nowMs: () => this.#nowMs, monotonicUs: () => this.#nowMs * 1000 },
      timers: { after },
      log: { debug: note, info: note, warn: note, error: note },
    });
  }

  connect(host = '10.0.0.1'): FakeClient {
    const client = new FakeClient(this.access.open(), `${host}:${5000 + this.clients.length}`);
    this.clients.push(client);
    return client;
  }

  /** The verdicts as they come, `later` first where it waits. */
  logIn(client: FakeClient, name: string, password: string): (LoginVerdict | 'later')[] {
    const verdicts: (LoginVerdict | 'later')[] = [];
    const late = (verdict: LoginVerdict): void => {
      verdicts.push(verdict);
    };
    verdicts.unshift(this.access.logIn(client, name, Buffer.from(password), 'AUTH', late));
    return verdicts;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { run } of due) run();
  }
}

test('who has to log in is a stranger until a login succeeds, and again when it starts over', (t) => {
  const world = new World({ requirepass: 'sesame' });
  const client = world.connect();
  const flags = (): boolean[] => [client.login.isStranger, client.login.isUnrestricted, client.login.isAuthenticated];
  t.deepEqual(flags(), [true, false, false]);
  t.deepEqual(world.logIn(client, 'default', 'simsim'), ['wrong']);
  t.deepEqual(flags(), [true, false, false]);
  t.deepEqual(world.logIn(client, 'default', 'sesame'), ['welcome']);
  t.deepEqual(flags(), [false, true, true]);
  world.access.begin(client.login);
  t.deepEqual(flags(), [true, false, false]);
});

test('connections that are there follow what becomes of their user', (t) => {
  const world = new World({ user: 'alice on nopass +@all ~* &*' });
  const [alice, other] = [world.connect(), world.connect()];
  world.logIn(alice, 'alice', '');
  t.true(alice.login.isUnrestricted);
  t.is(world.access.setUser('alice', ['-get'], other), undefined);
  t.false(alice.login.isUnrestricted);
  t.true(other.login.isUnrestricted);
  // Whoever is in stays in when a password is set; who comes then is not.
  world.settings.change([['requirepass', 'sesame']]);
  t.true(other.login.isUnrestricted);
  t.true(world.connect().login.isStranger);
});

test('the connections of a user who is removed are closed; who did it is answered first', (t) => {
  const world = new World({ user: 'alice on nopass +@all ~* &*' });
  const [one, two, other] = [world.connect(), world.connect(), world.connect()];
  for (const client of [one, two]) world.logIn(client, 'alice', '');
  t.is(world.access.deleteUsers(['alice', 'nobody'], one), 1);
  t.deepEqual([one.closing, two.closing, other.closing], ['after its replies', 'its user was removed', undefined]);
});

test('a login of an address that keeps failing waits, even if it is right, and others do not', (t) => {
  const world = new World({ requirepass: 'sesame' });
  const client = world.connect();
  for (let i = 0; i < FAILURES_FREE; i++) t.deepEqual(world.logIn(client, 'default', 'simsim'), ['wrong']);
  const verdicts = world.logIn(client, 'default', 'sesame');
  t.deepEqual([verdicts, client.isSuspended, client.login.isStranger], [['later'], true, true]);
  t.deepEqual(world.logIn(world.connect('10.0.0.2'), 'default', 'sesame'), ['welcome']);
  world.pass(50);
  t.deepEqual([verdicts, client.isSuspended, client.login.isStranger], [['later', 'welcome'], false, false]);
});

test('so many logins of an address wait at a time; others are refused as late, whatever their password', (t) => {
  const world = new World({ requirepass: 'sesame' });
  for (let i = 0; i < FAILURES_FREE; i++) world.logIn(world.connect(), 'default', 'simsim');
  const waiting = Array.from({ length: WAITING_MAX }, () => world.logIn(world.connect(), 'default', 'sesame'));
  const refused = world.logIn(world.connect(), 'default', 'sesame');
  t.deepEqual(refused, ['later']);
  world.pass(50);
  t.deepEqual(refused, ['later', 'too many']);
  t.true(waiting.every((verdicts) => verdicts.at(-1) === 'welcome'));
  t.is(world.logIn(world.connect(), 'default', 'sesame').length, 1);
  world.pass(50);
  t.is(world.access.denied.auth, FAILURES_FREE + 1);
});

test('a login whose client has gone is not looked at', (t) => {
  const world = new World({ requirepass: 'sesame' });
  const client = world.connect();
  for (let i = 0; i < FAILURES_FREE; i++) world.logIn(client, 'default', 'simsim');
  world.logIn(client, 'default', 'sesame');
  client.close('it has gone');
  world.pass(50);
  t.true(client.login.isStranger);
});

test('a failed login is logged with its address, and with a name only if a user has it', (t) => {
  const world = new World({ requirepass: 'sesame' });
  world.logIn(world.connect('10.0.0.1'), 'default', 'simsim');
  world.logIn(world.connect('10.0.0.2'), 'sesame', 'sesame');
  const lines = world.logged.map(({ audit, who, from, what }) => [audit, who, from, what]);
  t.deepEqual(lines, [
    [true, 'default', '10.0.0.1:5000', 'login failed'],
    [true, 'unknown', '10.0.0.2:5001', 'login failed'],
  ]);
  t.false(JSON.stringify(world.logged).includes('sesame'));
});

test('protected mode turns away who is elsewhere, as long as the default user needs no password', (t) => {
  const world = new World();
  const isServed = (address: string): boolean => world.access.doorFault(address) === undefined;
  const local = ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'];
  t.true(local.every(isServed));
  t.deepEqual(['10.0.0.1', '128.0.0.1', '::2', '::ffff:10.0.0.1', 'fe80::1'].filter(isServed), []);
  world.settings.change([['requirepass', 'sesame']]);
  t.true(isServed('10.0.0.1'));
  world.settings.change([['requirepass', '']]);
  t.false(isServed('10.0.0.1'));
  world.settings.change([['protected-mode', 'no']]);
  t.true(isServed('10.0.0.1'));
});
