import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from './random.js';

/** The operating system's unpredictable source. Throws where it has none. */
export const nodeRandom: Random = {
  bytes: (count) => randomBytes(count),
  below: (bound) => randomInt(bound),
};
