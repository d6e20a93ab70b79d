/** Expected ways in which a request can fail: values with a stable code, never exceptions. */
export type Failure =
  /** Fewer than W replicas acknowledged. `attempted`: some replica may hold the write and it may still persist. */
  | {
      readonly code: 'WriteQuorumNotMet';
      readonly answered: number;
      readonly needed: number;
      readonly attempted: boolean;
    }
  /** Fewer than R replicas answered. */
  | { readonly code: 'ReadQuorumNotMet'; readonly answered: number; readonly needed: number }
  /** The store of this node could not read or write. */
  | { readonly code: 'StoreFailed'; readonly reason: string }
  /** The node that the request was forwarded to went away or misbehaved; whether it took effect is unknown. */
  | { readonly code: 'OutcomeUnknown'; readonly reason: string }
  /** The write is not acceptable as it is, and will not be later. Nothing was written. */
  | { readonly code: 'Refused'; readonly reason: string }
  /** What the key holds does not allow the change. The reason is Redis's text, without its code. Nothing was written. */
  | { readonly code: 'NotApplicable'; readonly reason: string }
  /** A bounded queue of this node is full. Nothing was written. */
  | { readonly code: 'Overloaded'; readonly reason: string };
