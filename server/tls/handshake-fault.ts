/** Why a TLS handshake failed, in words; nothing of it is secret. */
import type { TLSSocket } from 'node:tls';

const REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'it shows no certificate',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks no version of TLS that is spoken here',
  ERR_SSL_NO_SHARED_CIPHER: 'there is no common cipher',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it speaks no TLS',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not trust the CA of our certificate',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the other end wants a certificate',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of a CA that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is of a CA that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of a CA that is not trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of a CA that is not trusted here',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  CERT_SIGNATURE_FAILURE: 'its certificate is of a CA that is not trusted here',
  INVALID_PURPOSE: 'its certificate is not for this purpose',
  ECONNRESET: 'it closed the connection during the handshake',
};

/** The reason as the end that `socket` belongs to saw it. */
export function handshakeFault(error: NodeJS.ErrnoException, socket?: TLSSocket): string {
  // Node's types promise an Error; it is the code of one, or null.
  const unauthorized: unknown = socket?.authorizationError;
  if (typeof unauthorized === 'string') return wordsFor(unauthorized, unauthorized);
  return wordsFor(error.code ?? '', 'reason' in error ? String(error.reason) : (error.code ?? error.message));
}

function wordsFor(code: string, otherwise: string): string {
  const words = REASONS[code];
  return words === undefined ? otherwise : `${words} (${code})`;
}

/** Why a link that this node dialled over TLS has failed: at any time, for whatever reason. */
export function dialFault(error: NodeJS.ErrnoException): string {
  const { code = '' } = error;
  if (code === 'ECONNRESET') return `TLS: it closed the connection; it may speak no TLS (${code})`;
  if (REASONS[code] !== undefined || code.startsWith('ERR_')) return `TLS: ${handshakeFault(error)}`;
  return code === '' ? error.message : `${code}: ${error.message}`;
}
