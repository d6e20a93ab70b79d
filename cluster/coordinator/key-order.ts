/** What waits for one key. */
interface Line {
  readonly waiting: (() => void)[];
  /** Those before it have been let go. */
  head: number;
  held: boolean;
  /** The one that was just let go has yet to come through `waits`. */
  letsGo: boolean;
  draining: boolean;
}

/** Let go and forgotten: a slot of a line whose operation need not be kept. */
const GONE = (): void => undefined;
const COMPACT_FROM = 1024;

/**
 * HOT PATH (`isEmpty`). Keeps the order of operations on one key, where some of them hold back what comes after them
 * until they have ended. However many wait, each is let go once, in its turn, and without recursion.
 */
export class KeyOrder {
  readonly #lines = new Map<string, Line>();

  /** Whether no key is held back. */
  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** Whether anything waits for the key. */
  isAwaited(key: string): boolean {
    const line = this.#lines.get(key);
    return line !== undefined && line.head < line.waiting.length;
  }

  /** Whether something holds the key back. Then `again` runs when its turn has come; it has to ask `waits` once more. */
  waits(key: string, again: () => void): boolean {
    const line = this.#lines.get(key);
    if (line === undefined) return false;
    if (line.letsGo) {
      line.letsGo = false;
      return false;
    }
    line.waiting.push(again);
    return true;
  }

  /** Holds the key back from now on; for an operation that did not have to wait, or was let go. */
  hold(key: string): void {
    const line = this.#lines.get(key);
    if (line === undefined) {
      this.#lines.set(key, { waiting: [], head: 0, held: true, letsGo: false, draining: false });
    } else {
      line.held = true;
    }
  }

  /** Holds the key back, and `first` with it: it goes before all that wait. For one that did not have to wait, or was let go. */
  holdWith(key: string, first: () => void): void {
    this.hold(key);
    const line = this.#lines.get(key);
    // Whoever was let go has left its place free.
    if (line === undefined || line.head === 0) line?.waiting.unshift(first);
    else line.waiting[--line.head] = first;
  }

  /** Ends the hold: lets those go that wait, up to the next one that holds. */
  release(key: string): void {
    const line = this.#lines.get(key);
    if (line === undefined) return;
    line.held = false;
    // Within `again`: whoever let it go goes on.
    if (line.draining) return;
    line.draining = true;
    while (!line.held && line.head < line.waiting.length) {
      const again = line.waiting[line.head] ?? GONE;
      line.waiting[line.head++] = GONE;
      line.letsGo = true;
      again();
      line.letsGo = false;
    }
    line.draining = false;
    if (!line.held) {
      this.#lines.delete(key);
    } else if (line.head >= COMPACT_FROM && line.head * 2 >= line.waiting.length) {
      line.waiting.splice(0, line.head);
      line.head = 0;
    }
  }
}
