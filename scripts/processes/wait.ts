/** A condition did not come true in time; the message says which, and what was the last obstacle. */
export class DeadlineError extends Error {}

const POLL_MS = 20;

/**
 * Waits until `condition` gives true, asking every `pollMs`. A text in place of true says what is still missing, and so
 * does an error that it throws; the last one is part of the message when `deadlineMs` are over (DeadlineError).
 */
export async function waitUntil(
  what: string,
  deadlineMs: number,
  condition: () => Promise<true | string> | true | string,
  pollMs = POLL_MS,
): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const missing = await obstacle(condition);
    if (missing === undefined) return;
    if (performance.now() >= endMs) throw new DeadlineError(`${what}: not within ${deadlineMs} ms; ${missing}`);
    await pause(pollMs);
  }
}

async function obstacle(condition: () => Promise<true | string> | true | string): Promise<string | undefined> {
  try {
    const met = await condition();
    return met === true ? undefined : met;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Gives what `promise` gives, or undefined after `deadlineMs`. */
export async function within<T>(promise: Promise<T>, deadlineMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
