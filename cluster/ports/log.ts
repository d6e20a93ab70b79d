/** What a line of the log is about: flat fields beside a fixed sentence. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** The operator's log. Never called on the path of a request that went well. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
