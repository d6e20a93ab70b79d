/** What the options say of TLS, made of the files that they name. */
import { constants } from 'node:crypto';
import { DEFAULT_CIPHERS, type SecureContextOptions, type SecureVersion, type TlsOptions } from 'node:tls';
import type { Config } from '../config/config.js';
import { type CertificateFigures, type CredentialFiles, loadCredentials } from './credentials.js';
import { TlsFault } from './tls-files.js';

/** One side of the node, for clients or for peers. */
export interface TlsSide {
  /** For who comes. */
  readonly server: TlsOptions;
  /** For whom this node dials. */
  readonly dial: SecureContextOptions;
  readonly certificate: CertificateFigures;
}

export interface TlsSetup {
  /** Undefined: no TLS for clients. */
  readonly clients: TlsSide | undefined;
  /** Undefined: none for peers. */
  readonly peers: TlsSide | undefined;
  /** All files and folders that it was made of. */
  readonly paths: readonly string[];
}

type TlsConfig = Pick<Config, Extract<keyof Config, `tls${string}`>>;

const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const WITHOUT: Readonly<Record<SecureVersion, number>> = {
  TLSv1: constants.SSL_OP_NO_TLSv1,
  'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
  'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
  'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
};
/** Sessions are only resumed where they began. */
const CLIENT_SESSIONS = 'cartwheel clients';
const PEER_SESSIONS = 'cartwheel peers';

/** Reads all files anew. Throws `TlsFault`, whose message is for people. */
export function readSetup(config: TlsConfig): TlsSetup {
  const clientFiles = config.tlsPort === 0 ? undefined : filesForClients(config);
  const peerFiles = config.tlsCluster === 'no' ? undefined : filesForPeers(config);
  const paths = [clientFiles, peerFiles].flatMap((files) =>
    files === undefined ? [] : [files.cert.path, files.key.path, files.caFile.path, files.caFolder.path],
  );
  return {
    clients: clientFiles && clientSide(config, clientFiles),
    peers: peerFiles && peerSide(config, peerFiles),
    paths: [...new Set(paths)].filter((path) => path !== ''),
  };
}

function filesForClients(config: TlsConfig): CredentialFiles {
  return {
    cert: { option: 'tls-cert-file', path: config.tlsCertFile },
    key: { option: 'tls-key-file', path: config.tlsKeyFile },
    passphrase: { option: 'tls-key-file-pass', text: config.tlsKeyFilePass },
    caFile: { option: 'tls-ca-cert-file', path: config.tlsCaCertFile },
    caFolder: { option: 'tls-ca-cert-dir', path: config.tlsCaCertDir },
    caNeededBy:
      config.tlsAuthClients === 'no'
        ? undefined
        : "the certificates of clients are held against it ('tls-auth-clients no' asks for none)",
  };
}

/** What is not given for peers is as for clients; a certificate and its key are given together. */
function filesForPeers(config: TlsConfig): CredentialFiles {
  const base = filesForClients(config);
  const isOwn = config.tlsClusterCertFile !== '' || config.tlsClusterKeyFile !== '';
  const isOwnCa = config.tlsClusterCaCertFile !== '';
  return {
    cert: isOwn ? { option: 'tls-cluster-cert-file', path: config.tlsClusterCertFile } : base.cert,
    key: isOwn ? { option: 'tls-cluster-key-file', path: config.tlsClusterKeyFile } : base.key,
    passphrase: isOwn ? { option: 'tls-cluster-key-file-pass', text: config.tlsClusterKeyFilePass } : base.passphrase,
    caFile: isOwnCa ? { option: 'tls-cluster-ca-cert-file', path: config.tlsClusterCaCertFile } : base.caFile,
    caFolder: isOwnCa ? { ...base.caFolder, path: '' } : base.caFolder,
    caNeededBy: 'the certificates of peers are held against it',
  };
}

function clientSide(config: TlsConfig, files: CredentialFiles): TlsSide {
  const { secure, certificate } = loadCredentials(files);
  const common = { ...secure, ...spoken(config) };
  const server = {
    ...common,
    requestCert: config.tlsAuthClients !== 'no',
    rejectUnauthorized: config.tlsAuthClients === 'yes',
    honorCipherOrder: config.tlsPreferServerCiphers,
    sessionTimeout: config.tlsSessionCacheTimeout,
    sessionIdContext: CLIENT_SESSIONS,
    secureOptions: common.secureOptions | (config.tlsSessionCaching ? 0 : constants.SSL_OP_NO_TICKET),
  };
  return { server, dial: common, certificate };
}

/** Both ends show a certificate. Which host a node is on is not held against it, as in Redis: who it is the handshake of the peers proves. */
function peerSide(config: TlsConfig, files: CredentialFiles): TlsSide {
  const { secure, certificate } = loadCredentials(files);
  const common = { ...secure, ...spoken(config) };
  const server = { ...common, requestCert: true, rejectUnauthorized: true, sessionIdContext: PEER_SESSIONS };
  return { server, dial: common, certificate };
}

/** Versions and ciphers. Node takes a range of versions; a gap in it is left out by name. */
function spoken(config: TlsConfig) {
  const wanted = new Set(config.tlsProtocols.map((name) => name.toLowerCase()));
  const versions = VERSIONS.filter((version) => wanted.has(version.toLowerCase()));
  const minVersion = versions[0];
  const maxVersion = versions.at(-1);
  if (minVersion === undefined || maxVersion === undefined) {
    throw new TlsFault("option 'tls-protocols' must name a version of TLS");
  }
  let secureOptions = 0;
  for (const version of VERSIONS) if (!versions.includes(version)) secureOptions |= WITHOUT[version];
  return { minVersion, maxVersion, secureOptions, ciphers: ciphersOf(config) };
}

function ciphersOf({ tlsCiphers, tlsCiphersuites }: TlsConfig): string {
  const usual = DEFAULT_CIPHERS.split(':');
  const suites = tlsCiphersuites === '' ? usual.filter(isSuite) : [tlsCiphersuites];
  const ciphers = tlsCiphers === '' ? usual.filter((name) => !isSuite(name)) : [tlsCiphers];
  return [...suites, ...ciphers].join(':');
}

/** One of TLSv1.3, whose names alone begin so. */
function isSuite(name: string): boolean {
  return name.startsWith('TLS_');
}
