import test from 'ava';
import { Ledger, type Outcome, type Write, type WriteKind } from '../../../scripts/chaos/ledger.js';
import { violationsOf } from '../../../scripts/chaos/verdict.js';

const PORT = 7001;

/** A ledger whose writes last 10 ms, one after the other. */
class Story {
  readonly ledger = new Ledger();
  #nowMs = 0;

  /** A SET; gives the value that it writes. */
  set(key: string, outcome: Outcome = 'acknowledged', kind: WriteKind = 'set'): string {
    return this.#end(this.ledger.begin(key, kind, PORT, this.#nowMs), outcome);
  }

  delete(key: string, outcome: Outcome = 'acknowledged'): void {
    this.set(key, outcome, 'delete');
  }

  /** A write to a cart whose client was shown `items`; gives its name, which is that of the item that it adds. */
  cart(
    key: string,
    items: readonly string[],
    removed: readonly string[] = [],
    outcome: Outcome = 'acknowledged',
  ): string {
    const write = this.ledger.beginCart(key, items, removed, PORT, this.#nowMs);
    this.#end(write, outcome);
    return write.id;
  }

  /** `final`: the siblings of each key, newest first; `shown`: what a plain GET shows, where that is not the first of them. */
  violations(
    final: Readonly<Record<string, readonly string[]>>,
    shown: Readonly<Record<string, string | null>> = {},
  ): string {
    const states = Object.entries(final).map(([key, siblings]) => {
      const value = key in shown ? (shown[key] ?? null) : (siblings[0] ?? null);
      return [key, { siblings, shown: new Map([[PORT, value]]) }] as const;
    });
    return violationsOf(this.ledger, new Map(states)).join('\n');
  }

  #end(write: Write, outcome: Outcome): string {
    this.#nowMs += 10;
    write.outcome = outcome;
    if (outcome !== 'unknown') write.endMs = this.#nowMs;
    this.#nowMs += 1;
    return `${write.id}.`;
  }
}

test('the last acknowledged write may be there, or one after it whose outcome is unknown', (t) => {
  const story = new Story();
  story.set('k');
  const last = story.set('k');
  const unknown = story.set('k', 'unknown');
  t.is(story.violations({ k: [last] }), '');
  t.is(story.violations({ k: [unknown] }), '');
  t.is(story.violations({ k: [unknown, last] }), '');
});

test('an acknowledged write that is gone, with only earlier ones there, is lost', (t) => {
  const story = new Story();
  const first = story.set('k');
  story.set('k');
  t.regex(story.violations({ k: [first] }), /^lost write: k/);
  t.regex(story.violations({ k: [] }), /^lost write: k/);
});

test('an earlier value that is shown before a later one is a violation, though nothing is lost', (t) => {
  const story = new Story();
  const first = story.set('k');
  const second = story.set('k');
  t.regex(story.violations({ k: [first, second] }), /^an older value is shown: k/);
  t.is(story.violations({ k: [second, first] }), '');
});

test('a key may be gone after a delete, and not because of one that came before', (t) => {
  const story = new Story();
  story.set('k');
  story.delete('k');
  t.is(story.violations({ k: [] }), '');
  story.set('k');
  t.regex(story.violations({ k: [] }), /^lost write: k/);
});

test('what was deleted comes back when an older value is shown again, unless the delete had found nothing', (t) => {
  const story = new Story();
  const first = story.set('k');
  story.delete('k');
  t.regex(story.violations({ k: [first] }), /^a deleted value came back: k/);
  t.is(story.violations({ k: [first] }, { k: null }), '');
  const second = story.set('k', 'unknown');
  t.is(story.violations({ k: [second] }), '');

  const other = new Story();
  const value = other.set('k');
  other.delete('k', 'without effect');
  t.is(other.violations({ k: [value] }), '');
});

test('a value that has expired is not shown, nor one that was there before it', (t) => {
  const story = new Story();
  const first = story.set('k');
  const fleeting = story.set('k', 'acknowledged', 'fleeting');
  t.is(story.violations({ k: [] }), '');
  t.regex(story.violations({ k: [fleeting] }), /^an expired value is shown: k/);
  t.regex(story.violations({ k: [first] }), /^a deleted value came back: k/);
});

test('a write that is there but not shown is a violation', (t) => {
  const story = new Story();
  const value = story.set('k');
  t.regex(story.violations({ k: [value] }, { k: null }), /^nothing is shown: k/);
});

test('a value that nobody wrote to the key, or that was refused, is a violation', (t) => {
  const story = new Story();
  const other = story.set('other');
  const refused = story.set('k', 'refused');
  t.regex(story.violations({ k: [other], other: [other] }), /^value from nowhere: k/);
  t.regex(story.violations({ k: [refused], other: [other] }), /^refused write is there: k/);
});

test('an item is lost unless it is in a sibling or a write that had seen it took it out', (t) => {
  const story = new Story();
  const milk = story.cart('cart:1', []);
  const bread = story.cart('cart:1', [milk]);
  t.is(story.violations({ 'cart:1': [`${milk}.${milk}`, `${bread}.${milk},${bread}`] }), '');
  t.regex(story.violations({ 'cart:1': [`${milk}.${milk}`] }), /^lost item: cart:1/);
  const emptied = story.cart('cart:1', [milk, bread], [bread], 'unknown');
  t.is(story.violations({ 'cart:1': [`${emptied}.${milk}`] }), '');
});

test('an item of a write whose outcome is unknown may be gone, but not once an acknowledged write has carried it on', (t) => {
  const story = new Story();
  const milk = story.cart('cart:1', [], [], 'unknown');
  t.is(story.violations({ 'cart:1': [] }), '');
  const bread = story.cart('cart:1', [milk]);
  t.regex(story.violations({ 'cart:1': [`${bread}.${bread}`] }), /^lost item: cart:1/);
});

test('a number stands at what was acknowledged, with some of what is unknown, through every node', (t) => {
  const ledger = new Ledger();
  const add = (amount: number, outcome: Write['outcome']): void => {
    ledger.beginAddition('count:1', amount, 7001, 0).outcome = outcome;
  };
  add(5, 'acknowledged');
  add(3, 'acknowledged');
  add(4, 'unknown');
  add(100, 'refused');
  const violations = (...values: (string | null)[]): string[] =>
    violationsOf(
      ledger,
      new Map([['count:1', { siblings: [], shown: new Map(values.map((value, i) => [i, value])) }]]),
    );
  t.deepEqual(violations('8', '8'), []);
  t.deepEqual(violations('12'), []);
  for (const wrong of ['7', '13', '108', null]) t.is(violations(wrong).length, 1, `${wrong}`);
  t.is(violations('8', '12').length, 1);
});
