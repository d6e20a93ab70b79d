/** Latencies as HdrHistograms, by the second, and as a log that HdrHistogram's tools read. */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
  HistogramLogWriter,
} from 'hdr-histogram-js';

/** The unit of the log, by custom; its readers print milliseconds. */
const NS_A_US = 1000;
const NS_A_MS = 1_000_000;
const NS_MAX = 120_000_000_000;
const MS_A_SECOND = 1000;

export function emptyHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: NS_A_US,
    highestTrackableValue: NS_MAX,
    numberOfSignificantValueDigits: 3,
    autoResize: false,
  });
}

/** Records `us`, which may not be told apart from nothing. */
export function record(histogram: Histogram, us: number): void {
  histogram.recordValue(Math.min(NS_MAX, Math.max(NS_A_US, Math.round(us * NS_A_US))));
}

/** One histogram for each second, and one for all. */
export class SecondlyLatencies {
  readonly all = emptyHistogram();
  readonly #seconds: Histogram[] = [];

  /** Records a latency of a request that was due `dueUs` after the beginning. */
  record(dueUs: number, latencyUs: number): void {
    const second = Math.max(0, Math.floor(dueUs / 1_000_000));
    this.#seconds[second] ??= emptyHistogram();
    record(this.#seconds[second], latencyUs);
    record(this.all, latencyUs);
  }

  /** The text of a `.hlog` file (format 1.3): a line for each second in which requests were due. */
  log(startMs: number): string {
    const lines: string[] = [];
    // The writer leaves an empty line behind some comments, which not every reader likes.
    const writer = new HistogramLogWriter((text) => lines.push(text.trimEnd()));
    writer.outputLogFormatVersion();
    writer.outputComment('[Latencies in ns, counted from when a request was due]');
    writer.outputStartTime(startMs);
    writer.outputLegend();
    for (const [second, histogram] of this.#seconds.entries()) {
      // Start times are those of the machine's clock, unless the log names a base for them.
      const start = startMs / MS_A_SECOND + second;
      if (histogram !== undefined) writer.outputIntervalHistogram(histogram, start, start + 1, NS_A_MS);
    }
    return `${lines.join('\n')}\n`;
  }
}

/** A histogram as text, and back. */
export const encode = encodeIntoCompressedBase64;
export function decode(text: string): Histogram {
  return decodeFromCompressedBase64(text);
}

/** In ms; 0 where nothing was recorded. */
export function averageMs(histogram: Histogram): number {
  return histogram.totalCount === 0 ? 0 : histogram.mean / NS_A_MS;
}

/** `percentile` from 0 to 100, in ms; 0 where nothing was recorded. */
export function percentileMs(histogram: Histogram, percentile: number): number {
  return histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / NS_A_MS;
}
