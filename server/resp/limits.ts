/** Bounds on requests. Those that an operator may change come from the configuration. */
export interface RequestLimits {
  /** Longest single argument in bytes (`proto-max-bulk-len`). */
  readonly bulkBytesMax: number;
  /** Most bytes of a request that is not yet complete (`client-query-buffer-limit`). */
  readonly queryBufferBytesMax: number;
}

/** Most arguments of one request. */
export const ARGUMENTS_MAX = 1024 * 1024;
/** Longest inline request, and longest header line of any other, without its end of line. As in Redis. */
export const LINE_BYTES_MAX = 64 * 1024;
/** What a client that has yet to log in may send: arguments of a request, and bytes of each. As in Redis. */
export const STRANGER_ARGUMENTS_MAX = 10;
export const STRANGER_BULK_BYTES_MAX = 16 * 1024;
/** Requests handed on before the reader looks whether it should hold: bounds what comes after a `hold`. */
export const RUN_REQUESTS_MAX = 16;

/** Arguments that are longer may not be needed: the reader asks before their bytes come. More than what is read at a time. */
export const LONG_ARGUMENT_BYTES = 128 * 1024;

/** Pieces of an incomplete request from this size on are kept as they came; smaller ones are gathered by copying. */
export const PIECE_BYTES_KEPT = 4096;
export const GATHER_BYTES_INITIAL = 512;
export const GATHER_BYTES_MAX = 64 * 1024;

/** A reply buffer's first size, the largest that is used again, and how many are kept (16 MiB at the most). */
export const REPLY_BYTES_INITIAL = 1024;
export const REPLY_BYTES_KEPT = 16 * 1024;
export const REPLY_BUFFERS_KEPT = 1024;
/** What is longer is a list of chunks of this size, and of single strings that are longer; so many chunks are kept (8 MiB). */
export const REPLY_CHUNK_BYTES = 256 * 1024;
export const REPLY_CHUNKS_KEPT = 32;
/** From this size on bytes stay where they are: to copy fewer costs less than a write of their own. */
export const REPLY_BYTES_UNMOVED = 64 * 1024;
