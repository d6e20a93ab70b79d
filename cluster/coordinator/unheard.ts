import type { WriteWaiter } from '../replica/replica.js';
import type { ReplyHandler } from '../wire/peer.js';

/** For writes that nobody waits for: if a repair is lost, the next read repairs again. */
export const UNHEARD: ReplyHandler & WriteWaiter = {
  putReplied: () => undefined,
  getReplied: () => undefined,
  forwardReplied: () => undefined,
  failed: () => undefined,
  stored: () => undefined,
};
