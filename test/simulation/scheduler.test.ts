import test from 'ava';
import { Scheduler } from './scheduler.js';

/** A process that stands still until an instant, and what has run of it. */
function frozenProcess(untilUs: number) {
  const scheduler = new Scheduler();
  const process = { alive: true, frozenUntilUs: untilUs };
  const ran: string[] = [];
  const plan = (name: string, delayUs: number) =>
    scheduler.after(delayUs, process, () => ran.push(`${name} at ${scheduler.nowUs}`));
  return { scheduler, process, ran, plan };
}

test('what is due for a frozen process runs when it goes on, in its order', async (t) => {
  const { scheduler, ran, plan } = frozenProcess(100);
  plan('second', 20);
  plan('first', 10);
  plan('later', 150);
  await scheduler.run(200);
  t.deepEqual(ran, ['first at 100', 'second at 100', 'later at 150']);
});

test('a process that is thawed early goes on then, with all that waited, and with nothing twice', async (t) => {
  const { scheduler, process, ran, plan } = frozenProcess(100);
  plan('first', 10);
  plan('next', 15);
  const late = plan('stopped', 20);
  process.frozenUntilUs = 300;
  plan('second', 30);
  scheduler.after(50, undefined, () => {
    late.stop();
    process.frozenUntilUs = 0;
    scheduler.thaw(process);
  });
  await scheduler.run(40);
  t.deepEqual(ran, []);
  await scheduler.run(400);
  t.deepEqual(ran, ['first at 50', 'next at 50', 'second at 50']);
});

test('what a frozen process left for the end of an instant comes last when it is thawed', async (t) => {
  const { scheduler, process, ran, plan } = frozenProcess(100);
  scheduler.atEndOfInstant(process, () => ran.push(`end at ${scheduler.nowUs}`));
  plan('first', 10);
  scheduler.after(50, undefined, () => {
    process.frozenUntilUs = 0;
    scheduler.thaw(process);
  });
  await scheduler.run(400);
  t.deepEqual(ran, ['first at 50', 'end at 50']);
});
