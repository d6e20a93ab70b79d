import { ask } from '../processes/ask.js';

/** The numbers of one node's `INFO dynamo healing` by name. */
export async function nodeFigures(port: number): Promise<Map<string, number>> {
  const text = await ask(port, 'INFO', 'dynamo', 'healing');
  if (typeof text !== 'string') throw new Error(`port ${port} answers INFO with ${typeof text}`);
  return figuresOf(text);
}

/** The fields of an INFO text whose values are plain numbers. */
export function figuresOf(text: string): Map<string, number> {
  const figures = new Map<string, number>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const value = line.slice(colon + 1);
    if (colon > 0 && value !== '' && Number.isFinite(Number(value))) figures.set(line.slice(0, colon), Number(value));
  }
  return figures;
}

/** The sum of the named figures, where there are any. */
export function sumOf(nodes: readonly ReadonlyMap<string, number>[], names: readonly string[]): number {
  let sum = 0;
  for (const figures of nodes) for (const name of names) sum += figures.get(name) ?? 0;
  return sum;
}
