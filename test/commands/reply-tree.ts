/** A RESP2 or RESP3 reply as JSON-like data; what is an array, a map or a set in it can be told no more. */
export type ReplyTree = string | readonly ReplyTree[];

/** The first reply in `bytes`. Strings are as they came, other simple values with their first byte: `:5`, `_`. */
export function treeOf(bytes: string): ReplyTree {
  return readAt(bytes, 0).tree;
}

function readAt(bytes: string, from: number): { tree: ReplyTree; end: number } {
  const lineEnd = bytes.indexOf('\r\n', from);
  if (lineEnd < 0) throw new Error(`not a whole reply: ${bytes}`);
  const type = bytes[from] ?? '';
  const line = bytes.slice(from + 1, lineEnd);
  const size = Number(line);
  const start = lineEnd + 2;
  if (!'$=*%~>'.includes(type) || size < 0) return { tree: type + line, end: start };
  if (type === '$' || type === '=') return { tree: bytes.slice(start, start + size), end: start + size + 2 };
  const items: ReplyTree[] = [];
  let end = start;
  for (let left = type === '%' ? size * 2 : size; left > 0; left--) {
    const item = readAt(bytes, end);
    items.push(item.tree);
    end = item.end;
  }
  return { tree: items, end };
}

/** The values under `names` of a list of names and values, in the order of `names`; what is not there is ''. */
export function valuesOf(tree: ReplyTree | undefined, names: readonly string[]): ReplyTree[] {
  if (tree === undefined || typeof tree === 'string') return names.map(() => '');
  return names.map((name) => {
    const at = tree.findIndex((item, index) => index % 2 === 0 && item === name);
    return at < 0 ? '' : (tree[at + 1] ?? '');
  });
}
