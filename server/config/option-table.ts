import { ALL_OPTIONS } from './config.js';
import { printSize } from './option-types.js';
import type { OptionRow } from './options.js';

function fallbackOf(row: OptionRow): string {
  if (row.fallbackSays !== undefined) return row.fallbackSays;
  const printed = row.type.print(row.fallback);
  if (typeof row.fallback === 'number' && row.fallback >= 1024 && row.type.bounds.endsWith('b')) {
    return printSize(row.fallback);
  }
  return printed === '' ? '""' : printed;
}

/** All options as a Markdown table: name, default, bounds, whether `CONFIG SET` changes it, and what it does. */
export function optionTable(): string {
  const lines = ALL_OPTIONS.map((row) => {
    const bounds = row.fixed === true ? 'fixed' : row.type.bounds;
    const change = row.mutable === true ? 'yes' : '';
    return `| \`${row.name}\` | ${fallbackOf(row)} | ${bounds} | ${change} | ${row.doc} |`;
  });
  return ['| option | default | values | at run time | what it does |', '|---|---|---|---|---|', ...lines, ''].join(
    '\n',
  );
}

/** What `--help` prints. */
export function helpText(): string {
  const lines = ALL_OPTIONS.filter((row) => row.fixed !== true).map(
    (row) => `  --${row.name}\n      ${row.doc}\n      ${row.type.bounds}; default: ${fallbackOf(row)}`,
  );
  return [
    'Usage: cartwheel [file] [--option value …]    runs a node',
    '       cartwheel status [--port P] [--watch]   tells how the cluster of a running node is (status --help)',
    '',
    'Every option can stand in the file (`option value`, as in redis.conf), in the environment',
    '(CARTWHEEL_REQUEST_TIMEOUT_MS=500) and on the command line; the later wins.',
    '',
    ...lines,
    '',
  ].join('\n');
}
