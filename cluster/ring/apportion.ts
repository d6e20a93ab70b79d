import assert from 'node:assert';
import type { RingNode } from './ring.js';
import { FREE } from './spacing.js';

/**
 * Divides the tokens among the nodes by weight with Webster's method: one token after another goes to the node whose
 * quotient (tokens + ½) / weight is least. In the end the tokens are weight × λ, rounded, for one common λ. So no two
 * nodes' tokens per unit of weight differ by more than ½ / weight of the one + ½ / weight of the other: at most one for
 * weights from 1, and no token can be given from one node to another without making their difference greater or leaving
 * it as it is.
 *
 * All quotients below that of the last token are served, in whatever order; only the nodes whose quotient is equal to it
 * have to be chosen among.
 *
 * @param held tokens of each node until now; where quotients are equal the node that holds most goes first, so that
 *   fewer tokens move, and then one of the zone that has least, so that zones can alternate on the ring
 * @returns tokens due to each node; their sum is `tokenCount`
 */
export function apportion(tokenCount: number, nodes: readonly RingNode[], held: readonly number[]): number[] {
  const last = lastQuotient(tokenCount, nodes);
  const due = nodes.map(({ weight }) => {
    let tokens = Math.max(0, Math.ceil(weight * last - 0.5));
    // The product may be rounded; the quotients are exact where they are equal.
    while (tokens > 0 && quotient(tokens - 1, weight) >= last) tokens--;
    while (quotient(tokens, weight) < last) tokens++;
    return tokens;
  });
  const equal = [...nodes.keys()].filter((k) => quotient(due[k] ?? 0, nodes[k]?.weight ?? 1) === last);
  const left = tokenCount - due.reduce((sum, tokens) => sum + tokens, 0);
  assert(left >= 0 && left <= equal.length, 'tokens do not add up');
  for (const next of inTurn(nodes, due, held, equal).slice(0, left)) due[next] = (due[next] ?? 0) + 1;
  return due;
}

/** The nodes of `equal` (numbers): those that would give most away first, and among these the zones in turn. */
function inTurn(
  nodes: readonly RingNode[],
  due: readonly number[],
  held: readonly number[],
  equal: readonly number[],
): number[] {
  const surplus = (number: number) => (held[number] ?? 0) - (due[number] ?? 0);
  const sorted = [...equal].sort((a, b) => surplus(b) - surplus(a) || a - b);
  const zones = new Map<string, ZoneQueue>();
  for (const [number, { zone, weight }] of nodes.entries()) {
    const queue = zones.get(zone) ?? { weight: 0, tokens: 0, numbers: [], next: 0 };
    zones.set(zone, queue);
    queue.weight += weight;
    queue.tokens += due[number] ?? 0;
  }
  for (const number of sorted) zones.get(nodes[number]?.zone ?? '')?.numbers.push(number);
  return sorted.map(() => {
    let best: ZoneQueue | undefined;
    for (const queue of zones.values()) {
      if (queue.next < queue.numbers.length && (best === undefined || goesBefore(queue, best, surplus))) best = queue;
    }
    assert(best !== undefined, 'the queues hold each node once');
    const number = frontOf(best);
    best.tokens++;
    best.next++;
    return number;
  });
}

/** The nodes of one zone that wait for a token. */
interface ZoneQueue {
  weight: number;
  tokens: number;
  readonly numbers: number[];
  next: number;
}

function frontOf(queue: ZoneQueue): number {
  return queue.numbers[queue.next] ?? FREE;
}

function goesBefore(one: ZoneQueue, other: ZoneQueue, surplus: (number: number) => number): boolean {
  const a = frontOf(one);
  const b = frontOf(other);
  return (surplus(b) - surplus(a) || one.tokens / one.weight - other.tokens / other.weight || a - b) < 0;
}

/** Webster's quotient of a node for its next token. */
function quotient(tokens: number, weight: number): number {
  return (tokens + 0.5) / weight;
}

/** The quotient with which the last token is given: λ, or the next value at which any node's rounding changes. */
function lastQuotient(tokenCount: number, nodes: readonly RingNode[]): number {
  const totalWeight = nodes.reduce((sum, node) => sum + node.weight, 0);
  // Rounding changes each node's tokens by at most ½, so λ lies between these.
  const least = (tokenCount - nodes.length / 2) / totalWeight;
  const most = (tokenCount + nodes.length / 2) / totalWeight;
  const quotients: number[] = [];
  let given = 0;
  for (const { weight } of nodes) {
    const sure = Math.max(0, Math.ceil(weight * least - 0.5));
    given += sure;
    for (let tokens = sure; tokens <= weight * most; tokens++) quotients.push(quotient(tokens, weight));
  }
  quotients.sort((a, b) => a - b);
  const last = quotients[Math.max(0, tokenCount - given - 1)];
  assert(last !== undefined, 'fewer quotients than tokens');
  return last;
}
