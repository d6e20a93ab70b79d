/**
 * Divides the tokens among the nodes by weight with Webster's method: one token after another goes to the node whose
 * quotient (tokens + ½) / weight is least. In the end the tokens are weight × λ, rounded, for one common λ, so that
 * tokens per unit of weight differ by at most one for weights from 1.
 *
 * @param weights of each node, from 1
 * @param held tokens of each node until now; where quotients are equal the node that holds most goes first, so that
 *   fewer tokens move
 * @returns tokens due to each node; their sum is `tokenCount`
 */
export function apportion(tokenCount: number, weights: readonly number[], held: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // λ is at least (tokens - ½ × nodes) / total weight, so that nobody's share is below this: a start that saves time.
  const floor = (tokenCount - weights.length / 2) / total;
  const due = weights.map((weight) => Math.max(0, Math.ceil(weight * floor - 0.5)));
  let left = tokenCount - due.reduce((sum, tokens) => sum + tokens, 0);
  for (; left > 0; left--) {
    const next = leastQuotient(weights, due, held);
    due[next] = (due[next] ?? 0) + 1;
  }
  return due;
}

function leastQuotient(weights: readonly number[], due: readonly number[], held: readonly number[]): number {
  let best = 0;
  let bestQuotient = Number.POSITIVE_INFINITY;
  let bestLack = 0;
  for (const [node, weight] of weights.entries()) {
    const quotient = ((due[node] ?? 0) + 0.5) / weight;
    const lack = (held[node] ?? 0) - (due[node] ?? 0);
    if (quotient < bestQuotient || (quotient === bestQuotient && lack > bestLack)) {
      best = node;
      bestQuotient = quotient;
      bestLack = lack;
    }
  }
  return best;
}
