/** Where a peer listens. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

/** What one end of a connection hears. All three are called by the transport, never inside a call of the user's. */
export interface LinkEvents {
  /** The connection stands (for an accepted link it is called too, right after `accept`). */
  opened(): void;
  /**
   * Bytes arrived, in order. `chunk` belongs to the transport and may be overwritten once this returns: copy what
   * must outlive the call.
   */
  received(chunk: Buffer): void;
  /** The connection is gone (refused, reset, ended or closed by either side). Called exactly once, and last. */
  closed(reason: string): void;
}

/** One ordered, reliable byte stream between two nodes. */
export interface Link {
  readonly remoteAddress: string;
  /**
   * Sends `bytes`. `true`: the transport is done with the buffer and the caller may overwrite it. `false`: the
   * transport keeps the buffer until it has been sent; the caller must take a new one.
   */
  write(bytes: Buffer): boolean;
  /** Bytes that were handed to `write` and have not left yet. */
  queuedBytes(): number;
  /** Stops and resumes `received`: back-pressure on the sender. */
  pause(): void;
  resume(): void;
  /** Closes the stream at once; `closed` follows with this reason. */
  close(reason: string): void;
}

/** An open listening socket. */
export interface Listener {
  readonly port: number;
  close(): void;
}

/** The network between nodes. */
export interface Transport {
  /** Starts a connection; `events.opened` or `events.closed` tells what became of it. */
  dial(address: PeerAddress, events: LinkEvents): Link;
  /** Listens; `accept` answers each incoming link with its events. Rejects when the address can't be bound. */
  listen(address: PeerAddress, accept: (link: Link) => LinkEvents): Promise<Listener>;
}
