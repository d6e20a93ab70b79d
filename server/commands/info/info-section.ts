import type { Server } from '../../server.js';

/** One line of `INFO`: `name:value`. */
export type InfoField = readonly [name: string, value: string | number];

/** One section of `INFO`. */
export interface InfoSection {
  /** In lower case, as clients ask for it; shown with a capital. */
  readonly name: string;
  /** Shown when nothing, or `default`, is asked for; all others only with `all`, `everything` or their own name. */
  readonly isDefault: boolean;
  fields(server: Server): readonly InfoField[];
}

/** A number of bytes for people, as Redis prints it: `1.50M`. */
export function humanBytes(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes}B` : `${value.toFixed(2)}${units[unit]}`;
}
