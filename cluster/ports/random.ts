/** Chance. The production source is unpredictable; the simulator's is a seeded generator. */
export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Buffer;
  /** A whole number from 0 to `bound` - 1; `bound` is at least 1. */
  below(bound: number): number;
}
