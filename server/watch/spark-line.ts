/** Graphs of characters, as Redis draws them for `LATENCY GRAPH`: a column for each sample, its label below. */

/** One column. */
export interface Sample {
  readonly value: number;
  /** Written from top to bottom. */
  readonly label: string;
}

const ROWS = 4;
/** The three heights that the topmost character of a column can have. */
const TIPS = '_o#';
const STEM = '|';
const STEPS = ROWS * TIPS.length;

/** The graph in lines that end with a line feed, in strips of at most `columns` samples with a free line between them. */
export function sparkLine(samples: readonly Sample[], columns: number): string {
  const values = samples.map(({ value }) => value);
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const strips: string[] = [];
  for (let at = 0; at < samples.length; at += columns)
    strips.push(strip(samples.slice(at, at + columns), least, range));
  return strips.join('\n');
}

function strip(samples: readonly Sample[], least: number, range: number): string {
  const steps = samples.map(({ value }) => Math.min(STEPS - 1, Math.trunc(((value - least) * STEPS) / range)));
  const lines: string[] = [];
  for (let row = ROWS - 1; row >= 0; row--) lines.push(steps.map((step) => cell(step - row * TIPS.length)).join(''));
  lines.push(' '.repeat(samples.length));
  const labelRows = Math.max(...samples.map(({ label }) => label.length));
  for (let at = 0; at < labelRows; at++) lines.push(samples.map(({ label }) => label.charAt(at) || ' ').join(''));
  return lines.map((line) => `${line}\n`).join('');
}

/** What stands in a row of a column that reaches `above` steps above the row's foot. */
function cell(above: number): string {
  if (above < 0) return ' ';
  return above < TIPS.length ? TIPS.charAt(above) : STEM;
}
