import test from 'ava';
import type { Session } from '../../../../cluster/coordinator/session.js';
import type { Failure } from '../../../../cluster/failure.js';
import { nodeClock } from '../../../../cluster/ports/node-clock.js';
import { NodeTimers } from '../../../../cluster/ports/node-timers.js';
import { keyOf } from '../../../../server/commands/arguments/key-argument.js';
import { setAllOrNone } from '../../../../server/commands/strings/msetnx.js';
import { TurnQueue } from '../../../../server/turns/turn-queue.js';
import { bulk, LiveServer, type RawClient } from '../live-server.js';

type Steps = Pick<Session, 'get' | 'modify'>;

/** The session of a client; before the change of the key `before`, the first time, `meanwhile` happens. */
function interrupted(session: Session, before: string, meanwhile: () => Promise<unknown>): Steps {
  let isOver = false;
  return {
    get: session.get.bind(session),
    modify: (db, slot, key, change, state, done) => {
      if (key !== before || isOver) {
        session.modify(db, slot, key, change, state, done);
        return;
      }
      isOver = true;
      void meanwhile().then(() => session.modify(db, slot, key, change, state, done));
    },
  };
}

/** The session of a client to which the change of the key `failing` fails. */
function failingAt(session: Session, failing: string, failure: Failure): Steps {
  return {
    get: session.get.bind(session),
    modify: (db, slot, key, change, state, done) => {
      if (key === failing) done(state, failure, false, undefined, undefined);
      else session.modify(db, slot, key, change, state, done);
    },
  };
}

function setBoth(live: LiveServer, session: Steps) {
  const pairs = ['a', 'b'].map((name) => ({
    place: { db: 0, key: keyOf(Buffer.from(name)) },
    value: Buffer.from('ours'),
  }));
  return setAllOrNone(live.server, session, new TurnQueue(new NodeTimers(), nodeClock), pairs);
}

function held(client: RawClient): Promise<string> {
  return client.ask('MGET a b');
}

test('where a key comes to be there after the look, what was set is taken back', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  const session = interrupted(live.server.node.openSession(), 'b', () => client.ask('SET b theirs'));
  t.is(await setBoth(live, session), false);
  t.is(await held(client), `*2\r\n$-1\r\n${bulk('theirs')}`);
});

test('what someone else has written over a key meanwhile is not taken back', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  const session = interrupted(live.server.node.openSession(), 'b', async () => {
    await client.ask('SET b theirs');
    await client.ask('APPEND a +theirs');
  });
  t.is(await setBoth(live, session), false);
  t.is(await held(client), `*2\r\n${bulk('ours+theirs')}${bulk('theirs')}`);
});

test('the same value that someone else has written to a key meanwhile is not taken back', async (t) => {
  for (const reconcile of ['newest', 'siblings']) {
    const live = await LiveServer.start({ reconcile });
    t.teardown(() => live.stop());
    const client = await live.connect();
    const session = interrupted(live.server.node.openSession(), 'b', async () => {
      await client.ask('SET b theirs');
      await client.ask('SET a ours');
    });
    t.is(await setBoth(live, session), false);
    t.is(await held(client), `*2\r\n${bulk('ours')}${bulk('theirs')}`, reconcile);
  }
});

test('where one key fails, the others are taken back and the failure is the answer', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  const failure: Failure = { code: 'WriteQuorumNotMet', answered: 1, needed: 2, attempted: true };
  t.deepEqual(await setBoth(live, failingAt(live.server.node.openSession(), 'b', failure)), failure);
  t.is(await held(client), '*2\r\n$-1\r\n$-1\r\n');
});

test('a command behind MSETNX or BITOP in a pipeline sees what that did', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  const lines = [
    'MSETNX a 1 b 2',
    'GET a',
    'BITOP OR c a b',
    'GET c',
    'SET a 4',
    'BITOP OR c a b',
    'APPEND c !',
    'GET c',
  ];
  const replies = [':1\r\n', bulk('1'), ':1\r\n', bulk('3'), '+OK\r\n', ':1\r\n', ':2\r\n', bulk('6!')];
  t.is(await client.ask(lines.join('\r\n')), replies.join(''));
});
