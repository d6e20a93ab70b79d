/** A certificate with its key, and the CAs that others are held against: read, checked against each other, ready for use. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { type NamedPath, readFolder, readNamed, TlsFault } from './tls-files.js';

/** Which files make credentials; those with the path '' are not given. */
export interface CredentialFiles {
  readonly cert: NamedPath;
  readonly key: NamedPath;
  readonly passphrase: { readonly option: string; readonly text: string };
  readonly caFile: NamedPath;
  readonly caFolder: NamedPath;
  /** Why there must be CAs; undefined: they need not. */
  readonly caNeededBy: string | undefined;
}

/** What is told of a certificate. */
export interface CertificateFigures {
  readonly subject: string;
  /** Hex digits between colons. */
  readonly fingerprint: string;
  /** Since 1970. */
  readonly notAfterMs: number;
}

export interface Credentials {
  readonly secure: Pick<SecureContextOptions, 'cert' | 'key' | 'passphrase' | 'ca'>;
  readonly certificate: CertificateFigures;
}

/** Throws `TlsFault`. What is wrong with a key is told without a word of what is in it. */
export function loadCredentials(files: CredentialFiles): Credentials {
  for (const named of [files.cert, files.key]) {
    if (named.path === '') throw new TlsFault(`option '${named.option}' must be given for TLS`);
  }
  const cert = readNamed(files.cert);
  const certificate = certificateIn(files.cert, cert);
  const key = readNamed(files.key);
  checkKey(files, certificate, keyIn(files, key));
  const ca = readAuthorities(files);
  const passphrase = files.passphrase.text === '' ? {} : { passphrase: files.passphrase.text };
  const secure = { cert, key, ...passphrase, ...(ca.length === 0 ? {} : { ca }) };
  try {
    createSecureContext(secure);
  } catch (error) {
    throw new TlsFault(`can't use ${files.cert.option} '${files.cert.path}': ${reasonOf(error)}`);
  }
  return { secure, certificate: figuresOf(certificate) };
}

function readAuthorities({ caFile, caFolder, caNeededBy }: CredentialFiles): Buffer[] {
  const ca: Buffer[] = [];
  if (caFile.path !== '') {
    const bytes = readNamed(caFile);
    certificateIn(caFile, bytes);
    ca.push(bytes);
  }
  if (caFolder.path !== '') ca.push(...readFolder(caFolder));
  if (ca.length === 0 && caNeededBy !== undefined) {
    throw new TlsFault(`option '${caFile.option}' or '${caFolder.option}' must be given: ${caNeededBy}`);
  }
  return ca;
}

/** The first certificate of a file. */
function certificateIn({ option, path }: NamedPath, bytes: Buffer): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    throw new TlsFault(`can't use ${option} '${path}': it holds no certificate in PEM`);
  }
}

function keyIn({ key, passphrase }: CredentialFiles, bytes: Buffer): KeyObject {
  try {
    return createPrivateKey(passphrase.text === '' ? bytes : { key: bytes, passphrase: passphrase.text });
  } catch (error) {
    const isEncrypted = bytes.includes('ENCRYPTED');
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = !isEncrypted
      ? 'it holds no private key in PEM'
      : passphrase.text === '' || code === 'ERR_MISSING_PASSPHRASE'
        ? `it has a passphrase: give it as ${passphrase.option}`
        : `the passphrase of ${passphrase.option} does not fit`;
    throw new TlsFault(`can't use ${key.option} '${key.path}': ${reason}`);
  }
}

function checkKey({ cert, key }: CredentialFiles, certificate: X509Certificate, privateKey: KeyObject): void {
  if (certificate.checkPrivateKey(privateKey)) return;
  throw new TlsFault(`can't use ${key.option} '${key.path}': it is not the key of ${cert.option} '${cert.path}'`);
}

function figuresOf(certificate: X509Certificate): CertificateFigures {
  return {
    subject: certificate.subject.replaceAll('\n', ' ').replace(/[^\x20-\x7e]/g, '?'),
    fingerprint: certificate.fingerprint256,
    notAfterMs: Date.parse(certificate.validTo),
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'reason' in error ? String(error.reason) : error.message;
}
