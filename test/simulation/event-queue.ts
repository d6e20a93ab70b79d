/**
 * Events in the order of their keys; those of one key in the order in which they came. A binary heap whose keys lie in arrays
 * of numbers beside the events: most of what a long run does to its queue is to compare keys.
 */
export class EventQueue<Event> {
  #keys = new Float64Array(1024);
  /** When it came, as a number that rises with each event. */
  #orders = new Float64Array(1024);
  readonly #events: Event[] = [];
  #order = 0;

  /** The least key; Infinity: the queue is empty. */
  get firstKey(): number {
    return this.#events.length === 0 ? Number.POSITIVE_INFINITY : (this.#keys[0] ?? 0);
  }

  push(key: number, event: Event): void {
    const events = this.#events;
    let at = events.push(event) - 1;
    if (at === this.#keys.length) this.#grow();
    const keys = this.#keys;
    const orders = this.#orders;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentKey = keys[parent] ?? 0;
      // Of those of the same key it is the last.
      if (parentKey <= key) break;
      keys[at] = parentKey;
      orders[at] = orders[parent] ?? 0;
      events[at] = events[parent] as Event;
      at = parent;
    }
    keys[at] = key;
    orders[at] = this.#order++;
    events[at] = event;
  }

  /** The first event, which leaves the queue; there must be one. */
  take(): Event {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined) throw new RangeError('the queue is empty');
    if (events.length > 0) this.#sink(last, this.#keys[events.length] ?? 0, this.#orders[events.length] ?? 0);
    return first;
  }

  /** Puts the event that was the last to where it belongs, from the top down. */
  #sink(event: Event, key: number, order: number): void {
    const events = this.#events;
    const keys = this.#keys;
    const orders = this.#orders;
    const count = events.length;
    let at = 0;
    for (let child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && this.#isBefore(child + 1, keys[child] ?? 0, orders[child] ?? 0)) child++;
      if (!this.#isBefore(child, key, order)) break;
      keys[at] = keys[child] ?? 0;
      orders[at] = orders[child] ?? 0;
      events[at] = events[child] as Event;
      at = child;
    }
    keys[at] = key;
    orders[at] = order;
    events[at] = event;
  }

  /** Whether the event at this place comes before one with these keys. */
  #isBefore(place: number, key: number, order: number): boolean {
    const placeKey = this.#keys[place] ?? 0;
    return placeKey < key || (placeKey === key && (this.#orders[place] ?? 0) < order);
  }

  #grow(): void {
    const { length } = this.#keys;
    const grown = [new Float64Array(2 * length), new Float64Array(2 * length)] as const;
    grown[0].set(this.#keys);
    grown[1].set(this.#orders);
    [this.#keys, this.#orders] = grown;
  }
}
