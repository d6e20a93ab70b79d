import type { SimulationOptions } from './simulation.js';

const MS_A_MINUTE = 60_000;

/** The command that repeats a run, with its trace. */
export function replayCommand({
  seed,
  nodes,
  durationMs,
  durability,
  faults,
  isLarge,
  pace,
}: SimulationOptions): string {
  const parts = [
    `npm run simulate -- --seed ${seed}`,
    `--minutes ${(durationMs * (isLarge === true ? (pace ?? 1) : 1)) / MS_A_MINUTE}`,
  ];
  if (nodes !== undefined) parts.push(`--nodes ${nodes}`);
  if (durability !== undefined && isLarge !== true) parts.push(`--durability ${durability}`);
  if (faults !== undefined && isLarge !== true) parts.push(`--faults ${faults.join(',')}`);
  return [...parts, '--trace'].join(' ');
}
