/** For so long a test may be silent. Against what hangs, no limit on speed: a machine with much else to do takes many minutes for a simulation. */
export const BUSY_MS = 1_800_000;
