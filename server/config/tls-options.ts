import { row } from './option-row.js';
import { integer, listOf, oneOf, text, yesNo } from './option-types.js';

const PORT_MAX = 65535;
const PATH_CHARS_MAX = 4096;

const file = text(PATH_CHARS_MAX);
const ciphers = text(4096, { form: /^[\w.:!+@=-]*$/, says: 'names of ciphers between colons' });
const protocols = listOf('of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3', 4, (item) =>
  /^tlsv1(\.[123])?$/i.test(item) ? undefined : 'expected TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3',
);
const none = { mutable: true, fallbackSays: 'none' } as const;

/** The options of transport security: Redis's names where it has the same. */
export const TLS_OPTION_ROWS = [
  row(
    'tls-port',
    integer(0, PORT_MAX),
    0,
    'Port for Redis clients over TLS; 0: none. With `port` 0 beside it clients come over TLS only.',
  ),
  row('tls-cert-file', file, '', 'Certificate of this node, with those between it and the CA, in PEM.', none),
  row('tls-key-file', file, '', 'Private key of `tls-cert-file`, in PEM.', none),
  row('tls-key-file-pass', text(1024), '', 'Passphrase of `tls-key-file`.', { ...none, secret: true }),
  row('tls-ca-cert-file', file, '', 'Certificates of the CAs that sign those of clients and peers, in PEM.', none),
  row('tls-ca-cert-dir', file, '', 'Folder of files with such certificates, beside `tls-ca-cert-file`.', none),
  row(
    'tls-auth-clients',
    oneOf('no', 'yes', 'optional'),
    'yes',
    'Whether clients must show a certificate; optional: they need none, but one that they show must be good.',
    { mutable: true },
  ),
  row(
    'tls-protocols',
    protocols,
    ['TLSv1.2', 'TLSv1.3'],
    'Versions of TLS that are spoken, with clients and with peers.',
    { mutable: true },
  ),
  row('tls-ciphers', ciphers, '', 'Ciphers up to TLSv1.2, as OpenSSL writes them.', {
    mutable: true,
    fallbackSays: "Node's",
  }),
  row('tls-ciphersuites', ciphers, '', 'Cipher suites of TLSv1.3.', { mutable: true, fallbackSays: "Node's" }),
  row('tls-prefer-server-ciphers', yesNo, false, 'Whether the order of this node counts, not that of the client.', {
    mutable: true,
  }),
  row('tls-session-caching', yesNo, true, 'Whether clients may resume sessions, by tickets that they keep.', {
    mutable: true,
  }),
  row('tls-session-cache-timeout', integer(1, 86_400), 300, 'Seconds for which a session can be resumed.', {
    mutable: true,
  }),
  row(
    'tls-cluster',
    oneOf('no', 'accept', 'prefer', 'yes'),
    'no',
    'Whether nodes talk over TLS, on the peer port: yes: only so; accept: who dials this node may; prefer: this node dials so too, and still takes links without.',
    { mutable: true },
  ),
  row('tls-cluster-cert-file', file, '', 'Certificate that this node shows to peers, in PEM.', {
    mutable: true,
    fallbackSays: '`tls-cert-file`',
  }),
  row('tls-cluster-key-file', file, '', 'Private key of `tls-cluster-cert-file`, in PEM.', {
    mutable: true,
    fallbackSays: '`tls-key-file`',
  }),
  row('tls-cluster-key-file-pass', text(1024), '', 'Passphrase of `tls-cluster-key-file`.', { ...none, secret: true }),
  row('tls-cluster-ca-cert-file', file, '', 'Certificates of the CAs that sign those of peers, in PEM.', {
    mutable: true,
    fallbackSays: 'those for clients',
  }),
] as const;
