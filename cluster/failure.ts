/** Expected ways in which a request can fail: values with a stable code, never exceptions. */
export type Failure =
  /** Fewer than W replicas acknowledged. The write may still persist. */
  | { readonly code: 'WriteQuorumNotMet'; readonly answered: number; readonly needed: number }
  /** Fewer than R replicas answered. */
  | { readonly code: 'ReadQuorumNotMet'; readonly answered: number; readonly needed: number }
  /** The context token is not ours, is for another key or was changed. Nothing was written. */
  | { readonly code: 'BadContext' }
  /** The store of this node could not read or write. */
  | { readonly code: 'StoreFailed'; readonly reason: string }
  /** The node that the request was forwarded to went away; whether it took effect is unknown. */
  | { readonly code: 'OutcomeUnknown'; readonly reason: string }
  /** A bounded queue of this node is full. Nothing was written. */
  | { readonly code: 'Overloaded'; readonly reason: string };
