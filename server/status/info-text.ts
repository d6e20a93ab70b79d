/** The fields of an `INFO` reply by their names. */
export type InfoFields = ReadonlyMap<string, string>;

/** Reads `name:value` lines; titles and empty lines are left out. */
export function readInfo(text: string): InfoFields {
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** Reads `a=1,b=2`, as it stands in one field. A value has no comma; it may have further `=`. */
export function readPairs(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(',').map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** A number, or undefined where there is none. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}
