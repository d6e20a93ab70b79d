/** Arguments of a request that the slow log keeps; of more, the last place tells how many are left out. As in Redis. */
export const SLOW_ARGUMENTS_MAX = 32;
/** Bytes of one argument that the slow log keeps. As in Redis. */
export const SLOW_ARGUMENT_BYTES_MAX = 128;
/** Entries that the slow log may be told to keep (`slowlog-max-len`): some 5 KiB each at the worst. */
export const SLOW_ENTRIES_MAX = 100_000;
/** Entries that have left the slow log before the room of any is given back. */
export const SLOW_LEFT_MIN = 128;
/** Samples of one event that `LATENCY HISTORY` tells, one a second. As in Redis. */
export const SPIKES_KEPT = 160;
/** How often it is looked whether the event loop is late, while latencies are watched. */
export const LOOP_PERIOD_MS = 100;
/** Arguments of a request that a monitor is shown; of a longer one, how many more there are. */
export const MONITORED_ARGUMENTS_MAX = 1024;
