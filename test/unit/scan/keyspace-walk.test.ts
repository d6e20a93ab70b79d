import test from 'ava';
import fc from 'fast-check';
import type { Partition } from '../../../cluster/ring/slots.js';
import { partitionOf, slotOf } from '../../../cluster/ring/slots.js';
import { cursorOf, FIRST_PLACE, type ScanPlace } from '../../../cluster/scan/place.js';
import { actorNamed, objectWith } from '../coordinator/scripted-node.js';
import { PARTITIONS } from '../replica/opened-replica.js';
import { pageOf, replyPages, ScriptedScan } from './scripted-scan.js';

const COUNTER = 1_000;
const live = (counter: number) => objectWith({ actor: actorNamed('a'), counter, value: 'x' });
const dead = (counter: number) => objectWith({ actor: actorNamed('a'), counter, tombstone: true });
const key = fc.stringMatching(/^[a-h]{1,3}$/);

/** What the own replica holds of a key from now on; `counter` orders the versions. */
function hold(scan: ScriptedScan, name: string, object: Buffer): void {
  const partition = partitionOf(slotOf(Buffer.from(name)), PARTITIONS);
  scan.node.replica.merge(partition, 0, name, object, 0, { stored: () => undefined });
}

test('a walk gives every key that is there throughout, whatever comes and goes between its steps', async (t) => {
  const change = fc.record({ key, comes: fc.boolean() });
  const rounds = fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 20 });
  const property = fc.asyncProperty(
    fc.uniqueArray(key, { maxLength: 30 }),
    fc.uniqueArray(key, { maxLength: 10 }),
    rounds,
    fc.integer({ min: 1, max: 7 }),
    async (stay, others, changes, count) => {
      const scan = await ScriptedScan.open({ nodes: 1 });
      let counter = COUNTER;
      for (const name of [...stay, ...others]) hold(scan, name, live(counter++));
      const known = new Set([...stay, ...others]);
      const given = new Set<string>();
      let place: ScanPlace | undefined = FIRST_PLACE;
      for (let step = 0; place !== undefined; step++) {
        const taken: Awaited<ReturnType<typeof scan.walk.step>> = await scan.settled(scan.walk.step(0, place, count));
        if ('code' in taken) throw new Error(taken.code);
        for (const name of taken.keys) given.add(name);
        t.true(taken.next === undefined || cursorOf(taken.next) > cursorOf(place), 'it goes on');
        place = taken.next;
        for (const one of changes[step] ?? []) {
          if (stay.includes(one.key)) continue;
          hold(scan, one.key, one.comes ? live(counter++) : dead(counter++));
          known.add(one.key);
        }
      }
      t.deepEqual(
        stay.filter((name) => !given.has(name)),
        [],
      );
      t.deepEqual(
        [...given].filter((name) => !known.has(name)),
        [],
      );
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test('a step gives as many keys as it is asked for, and the next one goes on behind them', async (t) => {
  const scan = await ScriptedScan.open({ nodes: 1 });
  const names = Array.from({ length: 100 }, (_, index) => `k${index}`);
  for (const name of names) hold(scan, name, live(COUNTER));
  const given: string[] = [];
  let place: ScanPlace | undefined = FIRST_PLACE;
  while (place !== undefined) {
    const taken: Awaited<ReturnType<typeof scan.walk.step>> = await scan.settled(scan.walk.step(0, place, 7));
    if ('code' in taken) throw new Error(taken.code);
    if (taken.next !== undefined) t.is(taken.keys.length, 7);
    given.push(...taken.keys);
    place = taken.next;
  }
  t.deepEqual(given.sort(), names.sort());
  const some = await scan.settled(scan.walk.someKeys(0));
  t.true('length' in some && some.length === 16 && some.every((name) => names.includes(name)));
});

test('where replicas differ over a deletion, a read tells which of them is right', async (t) => {
  const scan = await ScriptedScan.open();
  const [deleted, kept] = ['a', 'e'].map((letter) => nameIn(0, letter));
  hold(scan, deleted, live(COUNTER));
  hold(scan, kept, dead(COUNTER));
  const step = scan.walk.step(0, FIRST_PLACE, 10);
  await scan.scripted.advance(50);
  const peer = scan.scripted.peer(0);
  replyPages(peer, pageOf(`-${deleted} ${kept}`), pageOf(''), pageOf(''), pageOf(''));
  await scan.scripted.advance(1);
  const reads = scan.scripted.peers.flatMap(({ gets }) => gets);
  t.is(reads.length, 2);
  for (const read of reads) read.reply(read.key === deleted ? dead(COUNTER + 1) : live(COUNTER + 1));
  t.deepEqual(await scan.settled(step), { keys: [kept], next: undefined });
});

/** A key of that partition. */
function nameIn(partition: number, letter: string): string {
  for (let number = 0; ; number++) {
    const name = `${letter}${number}`;
    if (partitionOf(slotOf(Buffer.from(name)), PARTITIONS) === (partition as Partition)) return name;
  }
}
