/** `status` of a PUT_REPLY. Append-only. */
export const PUT_STORED = 0;
export const PUT_STORE_FAILED = 1;
export const PUT_CLOCK_DRIFT = 2;
export const PUT_OVERLOADED = 3;
