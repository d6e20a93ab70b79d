/** Sees to it that nothing outlives this process: `remove` is called when it ends, also by a signal. */
export function endWith(remove: () => void): void {
  process.on('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
}
