/** A certificate authority of a test, made by openssl in a folder of its own. */
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram, temporaryFolder } from './processes.js';

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const NAMES = 'subjectAltName=IP:127.0.0.1,DNS:localhost';

export interface CertificateWishes {
  /** 365 when not named; below 0: it has ended. */
  readonly days?: number;
  /** Of its key. */
  readonly passphrase?: string;
}

/** A certificate and its key: paths of files in PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export class TestAuthority {
  /** Path of its own certificate. */
  readonly ca: string;
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.ca = join(folder, 'ca.crt');
  }

  static async make(): Promise<TestAuthority> {
    const authority = new TestAuthority(temporaryFolder());
    const { folder, ca } = authority;
    const key = join(folder, 'ca.key');
    await openssl(
      'req',
      '-x509',
      ...CURVE,
      '-noenc',
      '-days',
      '30',
      '-subj',
      '/CN=test-ca',
      '-keyout',
      key,
      '-out',
      ca,
    );
    return authority;
  }

  async issue(name: string, { days = 365, passphrase }: CertificateWishes = {}): Promise<CertificateFiles> {
    const at = (end: string): string => join(this.folder, `${name}.${end}`);
    const secrecy = passphrase === undefined ? ['-noenc'] : ['-passout', `pass:${passphrase}`];
    const request = ['-subj', `/CN=${name}`, '-addext', NAMES, '-keyout', at('key'), '-out', at('csr')];
    await openssl('req', ...CURVE, ...secrecy, ...request);
    const signing = [
      '-CA',
      this.ca,
      '-CAkey',
      join(this.folder, 'ca.key'),
      '-days',
      `${days}`,
      '-copy_extensions',
      'copy',
    ];
    await openssl('x509', '-req', '-in', at('csr'), ...signing, '-out', at('crt'));
    return { cert: at('crt'), key: at('key') };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a client of TLS is given to show `files`, or no certificate. */
export function shown(authority: TestAuthority, files?: CertificateFiles) {
  const ca = readFileSync(authority.ca);
  return files === undefined ? { ca } : { ca, cert: readFileSync(files.cert), key: readFileSync(files.key) };
}

/** Puts one certificate and key in the place of another, as an operator does. */
export function replaceFiles(from: CertificateFiles, to: CertificateFiles): void {
  copyFileSync(from.cert, to.cert);
  copyFileSync(from.key, to.key);
}

/** The options of a node that serves clients over TLS with these. */
export function tlsArgs(port: number, authority: TestAuthority, { cert, key }: CertificateFiles): string[] {
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', authority.ca];
  return ['--tls-port', `${port}`, ...files];
}

async function openssl(...args: readonly string[]): Promise<void> {
  const { code, errorOutput } = await runProgram('openssl', args);
  if (code !== 0) throw new Error(`openssl ${args.join(' ')} ended with ${code}: ${errorOutput}`);
}
