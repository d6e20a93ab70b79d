import test from 'ava';
import { STEADY_MS, TRIAL_MS } from '../../../cluster/wire/limits.js';
import { Reachability } from '../../../cluster/wire/reachability.js';

/** A judgement over a clock that is set by hand. */
class Judged {
  nowMs = 0;
  readonly reachability = new Reachability({
    nowMs: () => 1_700_000_000_000 + this.nowMs,
    monotonicUs: () => this.nowMs * 1000,
  });
  /** The view after each change, as `ms state`. */
  readonly lines: string[] = [];

  at(nowMs: number, event: 'stands' | 'started anew' | 'lost' | 'heard'): this {
    this.nowMs = nowMs;
    const { reachability } = this;
    const changed =
      event === 'stands' || event === 'started anew'
        ? reachability.linkStands(event === 'started anew')
        : event === 'lost'
          ? reachability.linkLost('reset')
          : reachability.trialEnds(nowMs * 1000);
    if (changed) this.lines.push(`${nowMs} ${reachability.reachable ? 'reachable' : 'away'}`);
    return this;
  }
}

test('a first link counts at once, and its loss too', (t) => {
  const { lines, reachability } = new Judged().at(10, 'stands').at(20, 'lost');
  t.deepEqual(lines, ['10 reachable', '20 away']);
  t.is(reachability.changes, 2);
  t.is(reachability.sinceMs, 1_700_000_000_020);
  t.is(reachability.reason, 'reset');
});

test('a peer that was never reached is found away once, however often it is dialled', (t) => {
  const { lines } = new Judged().at(10, 'lost').at(20, 'lost').at(30, 'lost').at(40, 'stands');
  t.deepEqual(lines, ['10 away', '40 reachable']);
});

test('after a steady link the next one counts at once', (t) => {
  const { lines } = new Judged()
    .at(0, 'stands')
    .at(STEADY_MS, 'lost')
    .at(STEADY_MS + 5, 'stands');
  t.deepEqual(lines, ['0 reachable', `${STEADY_MS} away`, `${STEADY_MS + 5} reachable`]);
});

test('a link that comes and goes changes the view once, until it lasts', (t) => {
  const judged = new Judged().at(0, 'stands').at(100, 'lost');
  let nowMs = 100;
  for (let flap = 0; flap < 50; flap++) {
    judged
      .at(nowMs + 50, 'stands')
      .at(nowMs + 49 + TRIAL_MS, 'heard')
      .at(nowMs + 49 + TRIAL_MS, 'lost');
    nowMs += 49 + TRIAL_MS;
  }
  t.deepEqual(judged.lines, ['0 reachable', '100 away']);
  judged.at(nowMs, 'stands').at(nowMs + TRIAL_MS, 'heard');
  t.deepEqual(judged.lines, ['0 reachable', '100 away', `${nowMs + TRIAL_MS} reachable`]);
  t.is(judged.reachability.changes, 3);
});

test('a peer that was started anew counts at once, however short its last link was', (t) => {
  const { lines } = new Judged().at(0, 'stands').at(100, 'lost').at(900, 'started anew').at(950, 'lost');
  t.deepEqual(lines, ['0 reachable', '100 away', '900 reachable', '950 away']);
});

test('a link on trial on which nothing is heard does not count', (t) => {
  const judged = new Judged().at(0, 'stands').at(100, 'lost').at(200, 'stands');
  const { reachability } = judged;
  judged.nowMs = TRIAL_MS * 10;
  t.false(reachability.trialEnds(200_000));
  t.false(reachability.reachable);
});
