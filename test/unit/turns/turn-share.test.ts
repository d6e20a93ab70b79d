import test from 'ava';
import { CLIENT_TURN_US, CLIENTS_TURN_US } from '../../../server/turns/limits.js';
import { TurnShare } from '../../../server/turns/turn-share.js';
import { SteppedTurns } from './stepped-turns.js';

/** Serves one client whose requests take so long; says whether it should wait then. */
function serve(share: TurnShare, fromUs: number, tookUs: number): boolean {
  share.begin(fromUs);
  share.note(fromUs + tookUs);
  const { isSpent } = share;
  share.end();
  return isSpent;
}

test('a client has its stretch of a turn, and what all have had is counted', (t) => {
  const { timers, clock } = new SteppedTurns();
  const share = new TurnShare(timers, clock);
  t.false(serve(share, 0, CLIENT_TURN_US - 1));
  t.true(serve(share, 10_000, CLIENT_TURN_US));
  const shortUs = CLIENT_TURN_US / 10;
  let served = 0;
  while (share.begin(100_000) && served < 1000) {
    share.end();
    serve(share, 100_000, shortUs);
    served++;
  }
  t.is(served, Math.ceil((CLIENTS_TURN_US - 2 * CLIENT_TURN_US + 1) / shortUs));
  share.turnEnded();
  t.true(share.begin(200_000));
});

test('what is answered while no requests are run took nobody else time', (t) => {
  const { timers, clock } = new SteppedTurns();
  const share = new TurnShare(timers, clock);
  serve(share, 0, 10);
  share.note(CLIENTS_TURN_US * 10);
  t.false(share.isSpent);
  t.true(share.begin(CLIENTS_TURN_US * 10));
});

test('clients that have more to do take turns, and who was not served goes first', (t) => {
  const turns = new SteppedTurns();
  const share = new TurnShare(turns.timers, turns.clock);
  const served: string[] = [];
  const guest = (name: string, stretches: number, tookUs: number) => {
    let left = stretches;
    const guestOf = {
      goOnInTurn: () => {
        served.push(name);
        share.note(tookUs);
        if (--left > 0) share.defer(guestOf);
      },
    };
    return guestOf;
  };
  share.defer(guest('long', 3, CLIENTS_TURN_US));
  share.defer(guest('short', 2, 1));
  turns.turn();
  t.deepEqual(served, ['long'], 'the first has taken the whole turn');
  turns.turn();
  t.deepEqual(served, ['long', 'short', 'long']);
  turns.untilCalm();
  t.deepEqual(served, ['long', 'short', 'long', 'short', 'long']);
});
