/** What clients are told when something fails, by kind, and which of it is allowed while faults are on. */

export interface ErrorKind {
  readonly name: string;
  /** Finds it in the message. */
  readonly form: RegExp;
  /** Why it is allowed; undefined: it is not. */
  readonly allowed: string | undefined;
}

const ERROR_KINDS: readonly ErrorKind[] = [
  {
    name: 'not connected',
    form: /isn't writeable|max retries|Connection is closed|ECONN|EPIPE/i,
    allowed: 'the node of this client was killed or stopped',
  },
  { name: 'no answer', form: /Command timed out/, allowed: 'the node of this client was frozen' },
  {
    name: 'NOREPLICAS',
    form: /^NOREPLICAS/,
    allowed: 'fewer than W nodes could be reached, or one went away in the middle',
  },
  { name: 'CLUSTERDOWN', form: /^CLUSTERDOWN/, allowed: 'fewer than R nodes could be reached' },
  { name: 'IOERR', form: /^IOERR/, allowed: 'the store of the node was made to fail, or the node was stopping' },
  { name: 'TRYAGAIN', form: /^TRYAGAIN/, allowed: 'a queue of the node was full' },
  { name: 'other', form: /^/, allowed: undefined },
];

export function errorKind(message: string): ErrorKind {
  const kind = ERROR_KINDS.find(({ form }) => form.test(message));
  if (kind === undefined) throw new Error('the last kind takes every message');
  return kind;
}

/** Whether the reply says that the write has not taken effect and never will. */
export function saysNothingWritten(message: string): boolean {
  return /nothing was written$/.test(message) || /isn't writeable/.test(message);
}
