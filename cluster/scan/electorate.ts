/**
 * Whose answers count for the keys of a partition. Keyspaces have their own N and R, so that there are as many answers to
 * this as there are kinds of keyspaces; a walk asks for all of them at once.
 */

import type { Placement } from '../coordinator/placement.js';
import type { Target } from '../coordinator/routes.js';
import type { Keyspaces } from '../keyspaces/keyspaces.js';

/** The keyspaces with one N that let others stand in, or those that do not. */
export interface VoterClass {
  readonly n: number;
  readonly sloppy: boolean;
  /** The highest R among them. */
  readonly r: number;
}

/** A class of keyspaces, and who is asked about its keys. */
export interface Electorate {
  readonly primaries: readonly Target[];
  /** Who may stand in, in their order. */
  readonly fallbacks: readonly Target[];
  /** How many answers it takes. */
  readonly needed: number;
}

/** The kinds of keyspaces that there are. */
export function voterClasses(keyspaces: Keyspaces): readonly VoterClass[] {
  const classes = new Map<string, VoterClass>();
  for (const row of keyspaces.rows()) {
    const name = `${row.n} ${row.sloppy}`;
    classes.set(name, { n: row.n, sloppy: row.sloppy, r: Math.max(row.r, classes.get(name)?.r ?? 1) });
  }
  return [...classes.values()];
}

/** Which of `classes` a key is in. */
export function voterClassOf(classes: readonly VoterClass[], keyspaces: Keyspaces, key: string): number {
  if (classes.length === 1) return 0;
  const row = keyspaces.of(key);
  return classes.findIndex(({ n, sloppy }) => n === row.n && sloppy === row.sloppy);
}

export function electorateOf({ r, sloppy }: VoterClass, { targets, n }: Placement): Electorate {
  return {
    primaries: targets.slice(0, n),
    fallbacks: sloppy ? targets.slice(n) : [],
    needed: Math.min(r, n),
  };
}
