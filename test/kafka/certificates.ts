// Certificates for loopback, made by openssl for one run of the tests.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface Certificates {
  /** PEM of the authority that signed `certificate`. */
  authority: string;
  /** PEM of an authority that signed nothing. */
  otherAuthority: string;
  certificate: string;
  key: string;
  /** PKCS #12 with key and certificate, for the broker. */
  keyStore: string;
  password: string;
}

export function makeCertificates(folder: string): Certificates {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const authority = (name: string): string => {
    const subject = ['-subj', `/CN=weir test ${name}`, '-days', '2'];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      ...subject,
    );
    return file(`${name}.pem`);
  };
  const made = {
    authority: authority('ca'),
    otherAuthority: authority('other'),
    certificate: file('broker.pem'),
    key: file('broker.key'),
    keyStore: file('broker.p12'),
    password: 'loopback',
  };
  openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'broker.key', '-out', 'broker.pem', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
  );
  openssl(
    ...['pkcs12', '-export', '-in', 'broker.pem', '-inkey', 'broker.key', '-out', 'broker.p12'],
    ...['-passout', `pass:${made.password}`],
  );
  return made;
}
