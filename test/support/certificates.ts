// Certificates for tests, made by openssl when they are needed: EC P-256, valid for a day unless said.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Issued {
  cert: string;
  key: string;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** An authority whose files are in `folder`. */
export class Authority {
  readonly ca: string;
  #folder: string;
  #name: string;

  constructor(folder: string, name = 'ca') {
    this.#folder = folder;
    this.#name = name;
    this.ca = join(folder, `${name}.pem`);
    this.#key(name);
    const subject = `/CN=weir test ${name}`;
    openssl('req', '-x509', '-new', '-key', this.#path(`${name}.key`), '-subj', subject, '-days', '1', '-out', this.ca);
  }

  /**
   * A certificate and its key in files called after `name`; a file of that name is replaced. names: as openssl writes a
   * subjectAltName ('DNS:collector'), none = a common name alone. days < 0: it has expired.
   */
  issue(name: string, { commonName = name, names = [] as string[], days = 1 } = {}): Issued {
    const key = this.#key(name);
    const [request, cert, extensions] = [`${name}.csr`, `${name}.pem`, `${name}.ext`].map((file) => this.#path(file));
    writeFileSync(
      extensions!,
      names.length > 0 ? `subjectAltName=${names.join(',')}\n` : 'basicConstraints=CA:FALSE\n',
    );
    openssl('req', '-new', '-key', key, '-subj', `/CN=${commonName}`, '-out', request!);
    const signer = ['-CA', this.ca, '-CAkey', this.#path(`${this.#name}.key`), '-CAcreateserial'];
    const rest = ['-extfile', extensions!, '-days', String(days), '-out', cert!];
    openssl('x509', '-req', '-in', request!, ...signer, ...rest);
    return { cert: cert!, key };
  }

  #key(name: string): string {
    const path = this.#path(`${name}.key`);
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', path);
    return path;
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }
}

let shared: { authority: Authority; server: Issued; client: Issued } | undefined;

/** An authority with a server certificate for 127.0.0.1 and a client's; made once in a process, for tests that change nothing. */
export function sharedCertificates(): { authority: Authority; server: Issued; client: Issued } {
  if (shared !== undefined) return shared;
  const folder = mkdtempSync(join(tmpdir(), 'weir-certificates-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const authority = new Authority(folder);
  shared = {
    authority,
    server: authority.issue('server', { names: ['IP:127.0.0.1'] }),
    client: authority.issue('client'),
  };
  return shared;
}
