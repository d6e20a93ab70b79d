import type { Failure } from '../../cluster/failure.js';
import type { ReplySlot } from '../net/reply-slot.js';
import type { Server } from '../server.js';
import { refuse } from './command.js';

/** The error that a client gets for a failure of the cluster: never a silent half-truth, always with the counts. */
export function failureText(failure: Failure): string {
  switch (failure.code) {
    case 'WriteQuorumNotMet':
      return failure.attempted
        ? `NOREPLICAS ${failure.answered} of ${failure.needed} required replicas acknowledged the write; it may still persist`
        : `NOREPLICAS ${failure.answered} of ${failure.needed} required replicas can be reached; nothing was written`;
    case 'ReadQuorumNotMet':
      // ioredis Cluster tries again after CLUSTERDOWN.
      return `CLUSTERDOWN ${failure.answered} of ${failure.needed} required replicas answered the read`;
    case 'StoreFailed':
      return `IOERR the store of this node failed: ${failure.reason}; a write may still persist`;
    case 'OutcomeUnknown':
      return `NOREPLICAS ${failure.reason}; a write may still persist`;
    case 'Refused':
      return `ERR ${failure.reason}; nothing was written`;
    case 'NotApplicable':
      return `ERR ${failure.reason}`;
    case 'Overloaded':
      return `TRYAGAIN ${failure.reason}; nothing was written`;
  }
}

/** Answers with the error of `failure`, and says so, where there is one. */
export function refusesFailure(server: Server, slot: ReplySlot, failure: Failure | undefined): boolean {
  if (failure === undefined) return false;
  refuse(server, slot, failureText(failure));
  return true;
}
