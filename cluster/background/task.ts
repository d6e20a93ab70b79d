/** Work of a node that runs behind its clients' requests, from the node's start to its stop. */
export interface BackgroundTask {
  /** Begins; called once, when the node listens and dials. */
  start(): void;
  /** Ends; resolves when nothing of it runs any more. The replica is still open, the peers are not. */
  stop(): Promise<void>;
}
