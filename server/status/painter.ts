/** Where the status is painted; of `process.stdout` what is needed. */
export interface Paper {
  readonly isTTY?: boolean | undefined;
  /** Characters and lines of the terminal; 0 where it does not tell. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): boolean;
}

// ECMA-48, with the private modes of xterm: an alternate screen leaves what stood in the terminal as it was.
const BEGIN = '\x1b[?1049h\x1b[?25l';
const END = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/**
 * Paints over what it has painted, without clearing it first: nothing flickers. Where there is no terminal the texts follow
 * one another, with an empty line between.
 */
export class Painter {
  readonly #paper: Paper;
  #painted: readonly string[] | undefined;

  constructor(paper: Paper) {
    this.#paper = paper;
  }

  paint(lines: readonly string[]): void {
    const isFirst = this.#painted === undefined;
    this.#painted = lines;
    if (this.#paper.isTTY !== true) {
      this.#paper.write(`${isFirst ? '' : '\n'}${lines.join('\n')}\n`);
      return;
    }
    const text = fitted(lines, this.#paper.columns || 80, this.#paper.rows || 24).join(`${CLEAR_LINE}\r\n`);
    this.#paper.write(`${isFirst ? BEGIN : ''}${HOME}${text}${CLEAR_LINE}${CLEAR_BELOW}`);
  }

  /** One line behind the other, whatever it is written to. */
  line(text: string): void {
    this.#paper.write(`${text}\n`);
  }

  /** Gives the terminal back as it was, with what was painted last in it. */
  end(): void {
    if (this.#painted === undefined || this.#paper.isTTY !== true) return;
    this.#paper.write(`${END}${this.#painted.join('\n')}\n`);
  }
}

/** No line may wrap and none scroll away. */
function fitted(lines: readonly string[], columns: number, rows: number): string[] {
  const isCut = lines.length > rows;
  const shown = isCut ? [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`] : lines;
  return shown.map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line));
}
