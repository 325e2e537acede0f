// Certificates and keys of a TLS sink, read for every connection so that renewed files need no restart, and the words
// for what goes wrong with them (RFC 7011 section 11.3: both ends are authenticated, there is no fall-back).

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from 'node:tls';
import { WeirError } from '../errors.js';
import { errorText } from './failure_log.js';

export interface TlsOptions {
  /** PEM file of the authorities that may have signed the collector's certificate, '' = those that Node brings. */
  ca?: string;
  /** PEM files of our certificate (with its chain) and its key; both or none. */
  cert?: string;
  key?: string;
  /** Of the key. */
  passphrase?: string;
  /** Names of which the collector's certificate must bear one; default: the host. */
  names?: readonly string[];
}

async function read(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new WeirError('WEIR_TLS', `${what}: ${errorText(error)}`, { cause: error });
  }
}

function certificates(what: string, path: string, pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN (TRUSTED )?CERTIFICATE-----[^-]+-----END (TRUSTED )?CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length === 0) throw new Error('no certificate in PEM form');
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw new WeirError('WEIR_TLS', `${what}: ${path}: ${errorText(error)}`, { cause: error });
  }
}

export class TlsCredentials {
  #host: string;
  #options: TlsOptions;
  #names: readonly string[];

  constructor(host: string, options: TlsOptions) {
    this.#host = host;
    this.#options = options;
    this.#names = options.names !== undefined && options.names.length > 0 ? options.names : [host];
  }

  /** What tls.connect() needs, from the files as they are now. Rejects with WeirError for files that cannot be used. */
  async read(): Promise<ConnectionOptions> {
    const { ca = '', cert = '', key = '', passphrase } = this.#options;
    const result: ConnectionOptions = {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true, // said, so that no environment variable can turn it off
      servername: isIP(this.#host) === 0 ? this.#host : '',
      checkServerIdentity: (_host, certificate) => this.#identify(certificate),
    };
    if (ca !== '') {
      result.ca = await read('ca', ca);
      certificates('ca', ca, result.ca);
    }
    if ((cert === '') !== (key === ''))
      throw new WeirError('WEIR_TLS', `a certificate needs its key: ${cert === '' ? 'cert' : 'key'} is missing`);
    if (cert === '') return result;
    result.cert = await read('cert', cert);
    result.key = await read('key', key);
    result.passphrase = passphrase;
    const [own] = certificates('cert', cert, result.cert);
    let fits: boolean | undefined;
    try {
      fits = own?.checkPrivateKey(createPrivateKey({ key: result.key, passphrase }));
    } catch (error) {
      throw new WeirError('WEIR_TLS', `key: ${key}: ${errorText(error)}`, { cause: error });
    }
    if (!fits) throw new WeirError('WEIR_TLS', `key: ${key} does not belong to the certificate in ${cert}`);
    return result;
  }

  /** The cause of a failure and what to do, in one line; undefined when it has nothing to do with certificates. */
  explain(error: Error | undefined): string | undefined {
    const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
    const ca = this.#options.ca ? this.#options.ca : "Node's list of authorities";
    const own = this.#options.cert ? `refused our certificate (${this.#options.cert})` : 'wants a certificate of ours';
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return errorText(error);
    if (code === 'CERT_HAS_EXPIRED') return "the collector's certificate has expired: renew it there";
    if (code === 'CERT_NOT_YET_VALID') return "the collector's certificate is not valid yet: check the clocks";
    if (unknownIssuer.has(code))
      return `the collector's certificate was not signed by ${ca} (${code}): check ca and the collector's certificate`;
    if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'the collector does not speak TLS on this port: check the port';
    if (code.includes('ALERT_PROTOCOL_VERSION') || code === 'ERR_SSL_UNSUPPORTED_PROTOCOL')
      return 'the collector speaks neither TLS 1.3 nor 1.2: renew its software';
    const alert = /^ERR_SSL_.*ALERT_(.*)$/.exec(code)?.[1] ?? '';
    const remedy = alertRemedies[alert];
    if (remedy !== undefined) return `the collector ${own} (${alert.toLowerCase().replaceAll('_', ' ')}): ${remedy}`;
    return undefined;
  }

  /** RFC 6125: names of the certificate's subjectAltName; its common name only where it has none. */
  #identify(certificate: PeerCertificate): Error | undefined {
    if (this.#names.some((name) => checkServerIdentity(name, certificate) === undefined)) return undefined;
    const found = certificate.subjectaltname ?? `CN:${String(certificate.subject?.CN ?? '')}`;
    const text =
      `the collector's certificate is for ${found}, not for ${this.#names.join(' or ')}: ` +
      'check the address, or allow the name by names';
    return Object.assign(new Error(text), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  }
}

const unknownIssuer = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
]);

const checkOwn = 'give cert and key that the collector trusts';

/** RFC 8446 section 6.2: alerts about our certificate, by OpenSSL's names. */
const alertRemedies: Record<string, string> = {
  CERTIFICATE_REQUIRED: checkOwn,
  HANDSHAKE_FAILURE: `${checkOwn}, and check its ciphers`,
  BAD_CERTIFICATE: checkOwn,
  UNSUPPORTED_CERTIFICATE: checkOwn,
  CERTIFICATE_REVOKED: 'get a new one',
  CERTIFICATE_EXPIRED: 'renew it',
  CERTIFICATE_UNKNOWN: checkOwn,
  UNKNOWN_CA: 'have the collector trust its authority, or use another one',
  ACCESS_DENIED: 'have the collector allow it',
  DECRYPT_ERROR: checkOwn,
};
