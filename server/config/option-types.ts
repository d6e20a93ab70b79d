/** A text that was read as a value, or the reason why it could not be. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      /** In Redis's words where it has some. */
      readonly reason: string;
      /** Whether the reason says no more than the type's `bounds`. */
      readonly saysBounds: boolean;
    };

/** How the values of an option are written. */
export interface OptionType<T> {
  /** What may stand there, for people: `0 to 65535`. */
  readonly bounds: string;
  parse(text: string): Parsed<T>;
  /** The form that `CONFIG GET` shows and `parse` reads. */
  print(value: T): string;
}

const WHOLE_NUMBER = /^-?\d{1,15}$/;

function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

function bad<T>(reason: string): Parsed<T> {
  return { ok: false, reason, saysBounds: false };
}

function outOfBounds<T>(reason: string): Parsed<T> {
  return { ok: false, reason, saysBounds: true };
}

function within(value: number, min: number, max: number): Parsed<number> {
  if (value < min || value > max) return outOfBounds(`argument must be between ${min} and ${max} inclusive`);
  return good(value);
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): OptionType<number> {
  return {
    bounds: min === max ? `${min}` : `${min} to ${max}`,
    parse(text) {
      if (!WHOLE_NUMBER.test(text)) return bad("argument couldn't be parsed into an integer");
      return within(Number(text), min, max);
    },
    print: String,
  };
}

/** A power of two from `min` to `max`. */
export function powerOfTwo(min: number, max: number): OptionType<number> {
  const plain = integer(min, max);
  return {
    bounds: `a power of two, ${min} to ${max}`,
    parse(text) {
      const parsed = plain.parse(text);
      if (parsed.ok && !Number.isInteger(Math.log2(parsed.value))) return bad('argument must be a power of two');
      return parsed;
    },
    print: String,
  };
}

// As in redis.conf: k, m and g count in thousands, kb, mb and gb in 1024s.
const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1000],
  ['kb', 1024],
  ['m', 1000 ** 2],
  ['mb', 1024 ** 2],
  ['g', 1000 ** 3],
  ['gb', 1024 ** 3],
]);

/** A number of bytes with the units of redis.conf: `64kb`, `1mb`, `2g`. */
export function size(min: number, max: number): OptionType<number> {
  return {
    bounds: `${printSize(min)} to ${printSize(max)}`,
    parse(text) {
      const match = /^(\d{1,15})([a-z]*)$/.exec(text.toLowerCase());
      const unit = SIZE_UNITS.get(match?.[2] ?? 'none');
      if (match === null || unit === undefined) return bad('argument must be a memory value');
      return within(Number(match[1]) * unit, min, max);
    },
    print: String,
  };
}

/** A size in the largest unit that divides it: `64kb`. */
export function printSize(bytes: number): string {
  for (const unit of ['gb', 'mb', 'kb']) {
    const factor = SIZE_UNITS.get(unit) ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}

const DURATION_UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Milliseconds: a plain number, or one with `ms`, `s`, `m` or `h`. */
export function milliseconds(min: number, max: number): OptionType<number> {
  return {
    bounds: `${min} to ${max} ms`,
    parse(text) {
      const match = /^(\d{1,15})(ms|s|m|h)?$/.exec(text.toLowerCase());
      if (match === null) return bad('argument must be a number of milliseconds, or a number with ms, s, m or h');
      return within(Number(match[1]) * (DURATION_UNITS_MS.get(match[2] ?? 'ms') ?? 1), min, max);
    },
    print: String,
  };
}

/** `yes` or `no`. */
export const yesNo: OptionType<boolean> = {
  bounds: 'yes or no',
  parse(text) {
    const word = text.toLowerCase();
    return word === 'yes' || word === 'no' ? good(word === 'yes') : outOfBounds("argument must be 'yes' or 'no'");
  },
  print: (value) => (value ? 'yes' : 'no'),
};

/** One of some words, in any case. */
export function oneOf<const W extends readonly string[]>(...words: W): OptionType<W[number]> {
  const printed = words.map((word) => (word === '' ? '""' : word));
  return {
    bounds: printed.join(', '),
    parse(text) {
      const word = words.find((known) => known === text.toLowerCase());
      return word === undefined
        ? outOfBounds(`argument(s) must be one of the following: ${printed.join(', ')}`)
        : good<W[number]>(word);
    },
    print: String,
  };
}

/** Any text of at most `lengthMax` characters and, if `pattern` is given, of its form. */
export function text(
  lengthMax: number,
  pattern?: { readonly form: RegExp; readonly says: string },
): OptionType<string> {
  const bounds = pattern?.says ?? `up to ${lengthMax} characters`;
  return {
    bounds,
    parse(value) {
      if (value.length > lengthMax) return bad(`argument must have at most ${lengthMax} characters`);
      if (pattern !== undefined && !pattern.form.test(value)) return outOfBounds(`argument must be ${pattern.says}`);
      return good(value);
    },
    print: String,
  };
}

/** Items between spaces or commas; `check` gives the reason against an item. */
export function listOf(
  what: string,
  countMax: number,
  check: (item: string) => string | undefined,
): OptionType<readonly string[]> {
  return {
    bounds: `up to ${countMax} ${what}, between spaces or commas`,
    parse(value) {
      const items = value.split(/[\s,]+/).filter((item) => item !== '');
      if (items.length > countMax) return bad(`argument must have at most ${countMax} items`);
      for (const item of items) {
        const reason = check(item);
        if (reason !== undefined) return bad(reason.includes(item) ? reason : `'${item}': ${reason}`);
      }
      return good(Object.freeze(items));
    },
    print: (value) => value.join(' '),
  };
}
