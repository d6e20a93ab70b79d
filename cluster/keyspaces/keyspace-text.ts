/**
 * Keyspace rows as nodes tell them to each other, and in which of them two nodes differ.
 *
 * ```
 *   "" n=3 r=2 w=2 sloppy=yes reconcile=newest durability=log            one line each, in order of the prefix,
 *   "cart:" n=3 r=2 w=2 sloppy=yes reconcile=siblings durability=log     which is quoted as in JSON
 * ```
 *
 * A later version may append settings to a line: to one that does not know them the rows differ, which is so.
 */
import type { KeyspaceRow } from './keyspaces.js';

const LINE = /^("(?:[^"\\]|\\.)*") (.*)$/;

/** All fields of all rows. */
export function keyspaceText(rows: readonly KeyspaceRow[]): string {
  return rows
    .map(
      ({ prefix, n, r, w, sloppy, reconcile, durability }) =>
        `${JSON.stringify(prefix)} n=${n} r=${r} w=${w} sloppy=${sloppy ? 'yes' : 'no'} reconcile=${reconcile} durability=${durability}`,
    )
    .sort()
    .join('\n');
}

/**
 * In what two nodes differ, in words and as printable ASCII: `"cart:" has n=3 here and n=1 there`; '' where they agree. Each side
 * is what `keyspaceText` gave, `there` may be anything.
 */
export function keyspaceDifference(here: string, there: string): string {
  const ours = settingsByPrefix(here);
  const theirs = settingsByPrefix(there);
  const differences: string[] = [];
  for (const prefix of new Set([...ours.keys(), ...theirs.keys()])) {
    const own = ours.get(prefix);
    const other = theirs.get(prefix);
    if (own === undefined) differences.push(`${prefix} is there only`);
    else if (other === undefined) differences.push(`${prefix} is here only`);
    else if (own !== other)
      differences.push(`${prefix} has ${beyond(own, other)} here and ${beyond(other, own)} there`);
  }
  if (differences.length === 0 && here !== there) differences.push('rows that can not be read');
  return differences.join('; ').replace(/[^\x20-\x7e]/g, '?');
}

function settingsByPrefix(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, prefix, row] = LINE.exec(line) ?? [];
    if (prefix !== undefined && row !== undefined) settings.set(prefix, row);
  }
  return settings;
}

/** The settings of one row that are not among those of another. */
function beyond(row: string, other: string): string {
  const known = new Set(other.split(' '));
  return row
    .split(' ')
    .filter((setting) => !known.has(setting))
    .join(' ');
}
