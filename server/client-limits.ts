import type { Config } from './config/config.js';
import type { Settings } from './config/settings.js';
import type { ClientLimits } from './net/limits.js';

/** The bounds on clients as the configuration has them at each moment: `CONFIG SET` takes effect at once. */
export function clientLimitsOf(settings: Settings): ClientLimits {
  const now = (): Config => settings.config;
  return {
    get bulkBytesMax() {
      return now().protoMaxBulkLen;
    },
    get queryBufferBytesMax() {
      return now().clientQueryBufferLimit;
    },
    get clientsMax() {
      return now().maxclients;
    },
    get idleTimeoutS() {
      return now().timeout;
    },
    get keepAliveS() {
      return now().tcpKeepalive;
    },
    get outputBytesMax() {
      return now().clientOutputBufferLimit;
    },
  };
}
