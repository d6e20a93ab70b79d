/** What a line of the log is about: flat fields beside a fixed sentence. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The fields that make a line one of the audit: each change of membership and each refusal is one such line. `who` is the id of
 * the node that it is about ('unknown' before it has said one), `from` the address that it came from, `what` one of few
 * fixed phrases.
 */
export function audit(who: string | undefined, from: string, what: string): LogFields {
  return { audit: true, who: who ?? 'unknown', from, what };
}

/** The operator's log. Never called on the path of a request that went well. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
