import { KEY_BYTES_MAX } from '../../wire/limits.js';
import type { StringOperation } from '../changes/string-change.js';
import { bytesNeeded } from '../changes/string-change-bitfield.js';
import type { ForwardedRequest } from './forwarded.js';

const BITS_A_BYTE = 8;

/**
 * Why this node does not coordinate what a peer has forwarded, or undefined: the key or the value would be longer than the
 * frames in which they go to the replicas. `valueBytesMax` is the same on all nodes of a cluster.
 */
export function boundsFault(request: ForwardedRequest, valueBytesMax: number): string | undefined {
  const keyBytes = request.key.length;
  if (keyBytes > KEY_BYTES_MAX) return `a key of ${keyBytes} bytes is too long`;
  const bytes = valueBytesOf(request);
  return bytes > valueBytesMax ? `a value of ${bytes} bytes is too long` : undefined;
}

/** How long the value may become by the request. */
function valueBytesOf(request: ForwardedRequest): number {
  if (request.kind === 'get') return 0;
  if (request.kind === 'put') return request.written.value.length;
  const { change } = request;
  if (change.kind === 'set') return change.value.length;
  return change.kind === 'compute' ? computedBytes(change.operation) : 0;
}

function computedBytes(operation: StringOperation): number {
  switch (operation.kind) {
    case 'append':
      return operation.bytesMax;
    case 'setrange':
      return operation.offset + operation.value.length;
    case 'setbit':
      return Math.floor(operation.offset / BITS_A_BYTE) + 1;
    case 'getdel':
      return 0;
    case 'bitfield':
      return bytesNeeded(operation.steps);
  }
}
