/** The categories of Redis 7.0, in the order in which `ACL CAT` lists them and descriptions of rules try them. */
export const CATEGORIES = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
] as const;

export type Category = (typeof CATEGORIES)[number];

const KNOWN: ReadonlySet<string> = new Set(CATEGORIES);

/** Whether that is the name of a category, in lower case and without its `@`. */
export function isCategory(name: string): name is Category {
  return KNOWN.has(name);
}
