/** Which links a node looks at, and how often. */
import test from 'ava';
import { idleLookPeriodMs, TICK_MAX_MS } from '../../../cluster/wire/limits.js';
import { LinkWatch, type WatchedLink } from '../../../cluster/wire/link-watch.js';
import { FakeWorld } from './fake-world.js';

const REQUEST_TIMEOUT_MS = 1_000;

class FakeLink implements WatchedLink {
  attended = false;
  looks = 0;
  isDueSoon = false;

  look(): boolean {
    this.looks++;
    return this.isDueSoon;
  }
}

function watching(count: number): { world: FakeWorld; watch: LinkWatch; links: FakeLink[] } {
  const world = new FakeWorld();
  const watch = new LinkWatch(world.node(), REQUEST_TIMEOUT_MS);
  const links = Array.from({ length: count }, () => new FakeLink());
  for (const link of links) watch.add(link);
  return { world, watch, links };
}

test('a few idle links are looked at in each tick', (t) => {
  for (const count of [1, 3, 9]) {
    const { world, links } = watching(count);
    world.advance(10 * TICK_MAX_MS);
    t.deepEqual(new Set(links.map(({ looks }) => looks)), new Set([10]));
  }
});

test('many idle links have their turns: each of them in time, and not many a second', (t) => {
  for (const count of [20, 50, 99, 199]) {
    const { world, links } = watching(count);
    const periodMs = idleLookPeriodMs(count) + 500;
    for (let round = 1; round <= 5; round++) {
      world.advance(periodMs);
      t.true(links.every(({ looks }) => looks >= round));
    }
    const perSecond = links.reduce((sum, { looks }) => sum + looks, 0) / ((5 * periodMs) / 1000);
    // With few links a look is no PING: those are sent to who was silent for half a second.
    if (count >= 50) t.true(perSecond <= 26, `${count} links: ${perSecond}`);
  }
});

test('a link on which something is due is looked at in each tick until nothing is', (t) => {
  const { world, watch, links } = watching(99);
  const [link] = links;
  if (link === undefined) throw new Error('there is no link');
  world.advance(idleLookPeriodMs(99));
  link.looks = 0;
  link.isDueSoon = true;
  watch.attend(link);
  watch.attend(link);
  world.advance(10 * TICK_MAX_MS);
  t.is(link.looks, 10);
  link.isDueSoon = false;
  world.advance(TICK_MAX_MS);
  t.is(link.looks, 11);
  world.advance(TICK_MAX_MS);
  t.is(link.looks, 11);
});

test('a node that stood still looks at no link before it has read what came meanwhile', (t) => {
  const { world, watch, links } = watching(3);
  for (const link of links) {
    link.isDueSoon = true;
    watch.attend(link);
  }
  world.freeze(5_000);
  world.advance(0);
  t.true(links.every(({ looks }) => looks === 0));
  world.advance(TICK_MAX_MS);
  t.true(links.every(({ looks }) => looks > 0));
});

test('links that are gone are not looked at, and without links there is no timer', (t) => {
  const { world, watch, links } = watching(3);
  for (const link of links) watch.remove(link);
  world.advance(1_000);
  t.true(links.every(({ looks }) => looks === 0));
});
