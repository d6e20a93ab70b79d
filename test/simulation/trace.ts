/** What happened in a run: the last lines for people, and a hash of all of it to tell whether two runs were the same. */
import type { Log, LogFields } from '../../cluster/ports/log.js';

const LINES_KEPT = 400;

export class Trace {
  readonly #nowUs: () => number;
  readonly #print: ((line: string) => void) | undefined;
  readonly #lines: string[] = [];
  #hash = 0x811c9dc5;
  #next = 0;

  /** `print`: called with every line as it comes, if given. */
  constructor(nowUs: () => number, print: ((line: string) => void) | undefined) {
    this.#nowUs = nowUs;
    this.#print = print;
  }

  /** Notes a line. */
  line(who: string, what: string): void {
    const line = `${(this.#nowUs() / 1e6).toFixed(6)} ${who.padEnd(8)} ${what}`;
    this.#hash = mixText(this.#hash, line);
    this.#lines[this.#next++ % LINES_KEPT] = line;
    this.#print?.(line);
  }

  /** Folds bytes into the hash without a line: what travels between nodes. */
  bytes(who: string, bytes: Buffer): void {
    let hash = mixText(mix(this.#hash, this.#nowUs()), who);
    for (let i = 0; i < bytes.length; i++) hash = mix(hash, bytes[i] ?? 0);
    this.#hash = hash;
  }

  /** Equal for two runs that did the same at the same instants. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  /** The last lines, oldest first. */
  recent(): string[] {
    const start = this.#next % LINES_KEPT;
    return [...this.#lines.slice(start), ...this.#lines.slice(0, start)];
  }

  /** A node's log, as lines of this trace. */
  log(who: string): Log {
    const write = (level: string) => (fields: LogFields, message: string) =>
      this.line(who, `${level} ${message} ${JSON.stringify(fields)}`);
    return { debug: write('debug'), info: write('info'), warn: write('WARN'), error: write('ERROR') };
  }
}

function mixText(hash: number, text: string): number {
  let mixed = hash;
  for (let i = 0; i < text.length; i++) mixed = mix(mixed, text.charCodeAt(i));
  return mixed;
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ (value | 0), 0x01000193);
  return mixed ^ (mixed >>> 15);
}
