/** Caps and times of membership, and what must hold between them. */
import assert from 'node:assert';

/** How often a node compares what it knows with another one. */
export const GOSSIP_PERIOD_MS = 1_000;
/** News is spread this much later, besides: at most four times a second. */
export const NEWS_DELAY_MS = 250;
/** Of 100 rounds so many are with a node of the own zone, where there is one. */
export const OWN_ZONE_PERCENT = 70;
/** Every so many rounds one is with a seed. */
export const SEED_ROUNDS = 15;
/** A node that no other can be reached from tries its seeds as often as this, in rounds. */
export const LONELY_SEED_ROUNDS = 3;
/** Bytes of events and of holdings that one message carries; what is more waits for the next round. */
export const GOSSIP_BYTES_MAX = 1024 * 1024;
/** Events of one history. A longer one is refused: at this length folding and gossip would be felt. */
export const EVENTS_MAX = 100_000;
/** The fold keeps its state behind each of so many last events, ... */
export const RECENT_FOLDS = 16;
/** ... and behind each so-manieth of those before. */
export const FOLD_STRIDE = 64;
/** A node that joins asks its seeds again after so long. */
export const SEED_RETRY_MS = 10_000;
/** While it waits it says so as often as this, and why. */
export const WAITING_LOG_PERIOD_MS = 30_000;
/** For so long the seeds may come to hear of the node that is to be replaced. */
export const REPLACE_WAIT_MS = 60_000;
/** A node whose history another one takes over joins no third for so long: by then the other one has said that it joins. */
export const LENT_MS = 15_000;
/** A node that leaves the cluster tells so many others before it ends. */
export const FAREWELLS = 3;
/** The same refusal by the same node is logged once in this time. */
export const REFUSAL_LOG_PERIOD_MS = 60_000;
/** Bytes of a host and of a zone in an event. */
export const TEXT_BYTES_MAX = 255;

assert(SEED_RETRY_MS < WAITING_LOG_PERIOD_MS && SEED_RETRY_MS < REPLACE_WAIT_MS);
assert(NEWS_DELAY_MS < GOSSIP_PERIOD_MS);
assert(LENT_MS > 2 * GOSSIP_PERIOD_MS);
assert(LONELY_SEED_ROUNDS <= SEED_ROUNDS);
assert(GOSSIP_BYTES_MAX > 4 * TEXT_BYTES_MAX);
