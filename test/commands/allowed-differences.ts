/** Where our replies may differ from those of Redis 7.0, and why. A difference that is not met any more fails the tests. */
export interface AllowedDifference {
  readonly what: string;
  readonly reason: string;
  /** The steps to which it applies. */
  readonly when: RegExp;
  /** Makes of a reply, Redis's or ours, what must be equal all the same. */
  readonly even: (reply: string) => string;
}

export const allowedDifferences: readonly AllowedDifference[] = [];
