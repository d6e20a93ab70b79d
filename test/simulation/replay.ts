import type { SimulationOptions } from './simulation.js';

const MS_A_MINUTE = 60_000;

/** The command that repeats a run, with its trace. */
export function replayCommand({ seed, nodes, durationMs, durability, faults }: SimulationOptions): string {
  const parts = [`npm run simulate -- --seed ${seed}`, `--minutes ${durationMs / MS_A_MINUTE}`];
  if (nodes !== undefined) parts.push(`--nodes ${nodes}`);
  if (durability !== undefined) parts.push(`--durability ${durability}`);
  if (faults !== undefined) parts.push(`--faults ${faults.join(',')}`);
  return [...parts, '--trace'].join(' ');
}
