import type { Config } from './config.js';
import { ALL_OPTIONS, optionRow, shownValue } from './config.js';
import { propertyOf } from './options.js';

/** Why `CONFIG SET` changed nothing. */
export interface SettingRefusal {
  /** The argument in question. */
  readonly name: string;
  /** Absent: there is no such option. */
  readonly reason?: string;
}

/** Gives the reason against a change of those options to `next`, undefined where there is none; `names` are of options, in lower case. */
export type SettingGuard = (next: Config, names: readonly string[]) => string | undefined;

/** The configuration of a running server, of which some options can change. */
export class Settings {
  #config: Config;
  readonly #guards: SettingGuard[] = [];
  readonly #listeners: ((config: Config) => void)[] = [];

  constructor(config: Config) {
    this.#config = config;
  }

  /** The options as they stand now; a change puts another frozen object here. */
  get config(): Config {
    return this.#config;
  }

  /** Calls `listener` after each change. */
  onChange(listener: (config: Config) => void): void {
    this.#listeners.push(listener);
  }

  /** Asks `guard` before each change; one that has a reason against it must have changed nothing. */
  guardedBy(guard: SettingGuard): void {
    this.#guards.push(guard);
  }

  /** Names and shown values of the options whose names `matches`. */
  shown(matches: (name: string) => boolean): [name: string, value: string][] {
    return ALL_OPTIONS.filter((row) => matches(row.name)).map((row) => [row.name, shownValue(this.#config, row)]);
  }

  /** Changes all of the given options, or none and says why. */
  change(pairs: readonly (readonly [name: string, value: string])[]): SettingRefusal | undefined {
    const changed: Record<string, unknown> = {};
    for (const [name] of pairs) if (optionRow(name.toLowerCase()) === undefined) return { name };
    for (const [name, text] of pairs) {
      const row = optionRow(name.toLowerCase());
      if (row === undefined) return { name };
      if (row.mutable !== true) return { name, reason: "can't set immutable config" };
      if (propertyOf(row.name) in changed) return { name, reason: 'duplicate parameter' };
      const parsed = row.type.parse(text);
      if (!parsed.ok) return { name, reason: parsed.reason };
      changed[propertyOf(row.name)] = parsed.value;
    }
    const next = Object.freeze({ ...this.#config, ...changed });
    const names = pairs.map(([name]) => name.toLowerCase());
    for (const guard of this.#guards) {
      const reason = guard(next, names);
      if (reason !== undefined) return { name: pairs[0]?.[0] ?? '', reason };
    }
    this.#config = next;
    for (const listener of this.#listeners) listener(this.#config);
    return undefined;
  }
}
