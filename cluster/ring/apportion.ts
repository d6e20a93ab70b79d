import type { RingNode } from './ring.js';

/**
 * Divides the tokens among the nodes by weight with Webster's method: one token after another goes to the node whose
 * quotient (tokens + ½) / weight is least. In the end the tokens are weight × λ, rounded, for one common λ, so that
 * tokens per unit of weight differ by at most one for weights from 1.
 *
 * @param held tokens of each node until now; where quotients are equal the node that holds most goes first, so that
 *   fewer tokens move, and then one of the zone that has least, so that zones can alternate on the ring
 * @returns tokens due to each node; their sum is `tokenCount`
 */
export function apportion(tokenCount: number, nodes: readonly RingNode[], held: readonly number[]): number[] {
  const totalWeight = nodes.reduce((sum, node) => sum + node.weight, 0);
  // λ is at least this, so that nobody's share is below `weight × sure`, rounded: a start that saves time.
  const sure = (tokenCount - nodes.length / 2) / totalWeight;
  const due = nodes.map((node) => Math.max(0, Math.ceil(node.weight * sure - 0.5)));
  const zones = new ZoneShares(nodes, due);
  let left = tokenCount - due.reduce((sum, tokens) => sum + tokens, 0);
  for (; left > 0; left--) {
    const next = nextInLine(nodes, due, held, zones);
    due[next] = (due[next] ?? 0) + 1;
    zones.add(nodes[next]?.zone ?? '', 1);
  }
  return due;
}

function nextInLine(
  nodes: readonly RingNode[],
  due: readonly number[],
  held: readonly number[],
  zones: ZoneShares,
): number {
  let best = 0;
  let bestQuotient = Number.POSITIVE_INFINITY;
  let bestLack = 0;
  let bestShare = 0;
  for (const [number, node] of nodes.entries()) {
    const tokens = due[number] ?? 0;
    const quotient = (tokens + 0.5) / node.weight;
    if (quotient > bestQuotient) continue;
    const lack = (held[number] ?? 0) - tokens;
    const share = zones.share(node.zone);
    if (quotient === bestQuotient && (lack < bestLack || (lack === bestLack && share >= bestShare))) continue;
    best = number;
    bestQuotient = quotient;
    bestLack = lack;
    bestShare = share;
  }
  return best;
}

/** Tokens per unit of weight, zone by zone. */
class ZoneShares {
  readonly #weights = new Map<string, number>();
  readonly #tokens = new Map<string, number>();

  constructor(nodes: readonly RingNode[], due: readonly number[]) {
    for (const [number, node] of nodes.entries()) {
      this.#weights.set(node.zone, (this.#weights.get(node.zone) ?? 0) + node.weight);
      this.add(node.zone, due[number] ?? 0);
    }
  }

  add(zone: string, tokens: number): void {
    this.#tokens.set(zone, (this.#tokens.get(zone) ?? 0) + tokens);
  }

  share(zone: string): number {
    return (this.#tokens.get(zone) ?? 0) / (this.#weights.get(zone) ?? 1);
  }
}
