/** What one run of redis-benchmark measured. */
export interface Measurement {
  readonly operationsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Reads the output of `redis-benchmark --csv` (Redis 7.0): a header, then a row for each test, all fields quoted. Gives
 * the measurements by the test's name, e.g. `SET`; throws when there is no header that names the columns.
 */
export function parseBenchmarkCsv(output: string): Map<string, Measurement> {
  const rows = output.split(/\r?\n/).filter((line) => line.startsWith('"'));
  const header = fieldsOf(rows[0] ?? '');
  const [test, rate, p50, p99] = ['test', 'rps', 'p50_latency_ms', 'p99_latency_ms'].map((name) => {
    const column = header.indexOf(name);
    if (column === -1) throw new Error(`redis-benchmark printed no column '${name}': ${output.slice(0, 200)}`);
    return column;
  }) as [number, number, number, number];
  return new Map(
    rows.slice(1).map((row) => {
      const fields = fieldsOf(row);
      const numberAt = (column: number): number => Number(fields[column] ?? Number.NaN);
      return [
        fields[test] ?? '',
        { operationsPerSecond: numberAt(rate), p50Ms: numberAt(p50), p99Ms: numberAt(p99) },
      ] as const;
    }),
  );
}

/** The fields hold no quotes themselves. */
function fieldsOf(row: string): string[] {
  return row.slice(1, -1).split('","');
}
