import type { OptionType } from './option-types.js';

/** One option: how it is written, what it is without being written, and what it does. */
export interface OptionRow<N extends string = string, T = unknown> {
  readonly name: N;
  readonly type: OptionType<T>;
  readonly fallback: T;
  /** How the default is told to people where it is not just a value. */
  readonly fallbackSays?: string;
  /** May be changed by `CONFIG SET`. */
  readonly mutable?: true;
  /** Its value is never shown. */
  readonly secret?: true;
  /** May be given several times; the values are gathered, one a line. */
  readonly repeatable?: true;
  /** Made of words that are kept apart as they were given; several of them, one a line. */
  readonly ofWords?: true;
  /** Stands here only because tools read it: it can be set to nothing but its default. */
  readonly fixed?: true;
  readonly doc: string;
}

/** A row; `more` is what few rows have. */
export function row<const N extends string, T>(
  name: N,
  type: OptionType<T>,
  fallback: NoInfer<T>,
  doc: string,
  more: Omit<OptionRow<N, T>, 'name' | 'type' | 'fallback' | 'doc'> = {},
): OptionRow<N, T> {
  return { name, type, fallback, doc, ...more };
}
