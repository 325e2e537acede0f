// What tshark reads in the payload of each conversation of a capture: the first value of each fact, as weir names it.
import { X509Certificate, createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { flowKey } from './ndpi_recordings.js';

/** Facts of one conversation by name of weir's field; all as text. */
export type Facts = Map<string, string>;

const columns = [
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'tcp.srcport',
  'tcp.dstport',
  'udp.srcport',
  'udp.dstport',
  ...['tls', 'dtls'].flatMap((name) =>
    [
      'type',
      'extensions_server_name',
      'extensions_alpn_str',
      'version',
      'extensions.supported_version',
      'ciphersuite',
      'ja3',
      'ja3s',
      'certificate',
    ].map((field) => `${name}.handshake.${field}`),
  ),
  'quic.version',
  'dns.flags.response',
  'dns.id',
  'dns.qry.name',
  'dns.qry.type',
  'dns.flags.rcode',
  'dns.count.answers',
  'http.request.method',
  'http.host',
  'http.request.uri',
  'http.user_agent',
  'http.response.code',
  'http.server',
  'ssh.protocol',
  'ssh.kex.hassh',
  'ssh.kex.hasshserver',
  'dhcp.option.hostname',
  'dhcp.option.vendor_class_id',
  'dhcp.option.request_list_item',
  'dhcp.option.dhcp',
];
/** Between values of one field in one frame. */
const between = '\x1f';

type Row = (name: string) => string[];

/** Key of the innermost conversation, as flowKey() makes it; undefined without ports. */
function conversation(row: Row): string | undefined {
  const layers = row('frame.protocols')[0]?.split(':') ?? [];
  const ip = layers.findLast((layer) => layer === 'ip' || layer === 'ipv6');
  const transport = layers.findLast((layer) => layer === 'tcp' || layer === 'udp');
  if (ip === undefined || transport === undefined) return undefined;
  const end = (side: string) => `${row(`${ip}.${side}`).at(-1)} ${row(`${transport}.${side}port`).at(-1)}`;
  return flowKey(transport === 'tcp' ? 6 : 17, [end('src'), end('dst')]);
}

/** Parts of a distinguished name that weir names, in one order, without escapes. */
export function distinguishedName(text: string): string {
  return text
    .replaceAll('\\', '')
    .split(/\n|[,+/] ?(?=[A-Za-z]+=)/)
    .filter((part) => /^(CN|C|L|ST|O|OU)=/.test(part))
    .sort()
    .join(', ');
}

function certificateFacts(hex: string, put: (name: string, value: string | undefined) => void): void {
  const octets = Buffer.from(hex.replaceAll(':', ''), 'hex');
  put('tlsCertificateSha1', createHash('sha1').update(octets).digest('hex'));
  try {
    const certificate = new X509Certificate(octets);
    put('tlsCertificateNotBefore', String(Date.parse(certificate.validFrom) / 1000));
    put('tlsCertificateNotAfter', String(Date.parse(certificate.validTo) / 1000));
    put('tlsCertificateSubject', distinguishedName(certificate.subject ?? ''));
    put('tlsCertificateIssuer', distinguishedName(certificate.issuer ?? ''));
    const names = certificate.subjectAltName?.split(', ').filter((name) => name.startsWith('DNS:'));
    put('tlsCertificateNames', names?.map((name) => name.slice(4)).join(','));
  } catch {
    // not a certificate to OpenSSL: only its octets are compared
  }
}

/** TLS over TCP, in QUIC and in datagrams. A hello that asks for another one is a server's hello too. */
function tlsFacts(row: Row, put: (name: string, value: string | undefined) => void): void {
  for (const prefix of ['tls.handshake', 'dtls.handshake']) {
    const types = row(`${prefix}.type`);
    if (types.includes('1')) {
      put('tlsServerName', row(`${prefix}.extensions_server_name`)[0]);
      put('tlsAlpn', row(`${prefix}.extensions_alpn_str`).join(','));
      put('tlsClientJa3', row(`${prefix}.ja3`)[0]);
    } else if (types.includes('2')) {
      const version = row(`${prefix}.extensions.supported_version`)[0] ?? row(`${prefix}.version`)[0];
      put('tlsVersion', version === undefined ? undefined : String(Number(version)));
      const cipher = row(`${prefix}.ciphersuite`)[0];
      put('tlsCipher', cipher === undefined ? undefined : String(Number(cipher)));
      put('tlsServerJa3', row(`${prefix}.ja3s`)[0]);
    }
    const certificate = row(`${prefix}.certificate`)[0];
    if (certificate !== undefined) certificateFacts(certificate, put);
  }
}

function dnsFacts(row: Row, put: (name: string, value: string | undefined) => void): void {
  const first = (name: string) => row(name)[0];
  if (first('dns.id') === undefined) return;
  put('dnsQuery', first('dns.qry.name')?.replace('<Root>', '.'));
  if (first('dns.qry.name') !== undefined) {
    put('dnsQueryType', first('dns.qry.type'));
    const id = Number(first('dns.id'));
    put('dnsQueryId', id === 0 ? undefined : String(id)); // multicast DNS has none
  }
  if (first('dns.flags.response') !== '1') return;
  put('dnsReturnCode', first('dns.flags.rcode'));
  put('dnsAnswerCount', first('dns.count.answers'));
}

function otherFacts(row: Row, put: (name: string, value: string | undefined) => void): void {
  const first = (name: string) => row(name)[0];
  const version = first('quic.version');
  put('quicVersion', version === undefined ? undefined : String(Number(version)));
  if (row('tcp.srcport').length > 0) {
    if (first('http.request.method') !== undefined) {
      put('httpRequestMethod', first('http.request.method'));
      put('httpRequestHost', first('http.host'));
      put('httpRequestTarget', first('http.request.uri'));
      put('httpUserAgent', first('http.user_agent'));
    } else if (first('http.response.code') !== undefined) {
      put('httpStatusCode', first('http.response.code'));
      put('httpServer', first('http.server'));
    }
    put('sshClientHassh', first('ssh.kex.hassh'));
    put('sshServerHassh', first('ssh.kex.hasshserver'));
  } else {
    put('dhcpClientName', first('dhcp.option.hostname'));
    put('dhcpClass', first('dhcp.option.vendor_class_id'));
    put('dhcpFingerprint', row('dhcp.option.request_list_item').join(','));
    put('dhcpMessageType', first('dhcp.option.dhcp'));
  }
}

export async function tsharkFacts(file: string): Promise<Map<string, Facts>> {
  const args = ['-n', '-r', file, '-Y', 'not icmp and not icmpv6', '-T', 'fields', '-E', `aggregator=${between}`];
  const done = await promisify(execFile)('tshark', [...args, ...columns.flatMap((name) => ['-e', name])], {
    maxBuffer: 1 << 29,
  }).catch((error: { stdout: string }) => error); // a truncated file ends with status 2: what was readable counts
  const conversations = new Map<string, Facts>();
  for (const line of String(done.stdout).split('\n')) {
    const values = line.split('\t');
    const row: Row = (name) => {
      const value = values[columns.indexOf(name)] ?? '';
      return value === '' ? [] : value.split(between);
    };
    const key = conversation(row);
    if (key === undefined) continue;
    const facts = conversations.get(key) ?? new Map<string, string>();
    conversations.set(key, facts);
    const put = (name: string, value: string | undefined) => {
      if (value !== undefined && value !== '' && !facts.has(name)) facts.set(name, value);
    };
    tlsFacts(row, put);
    dnsFacts(row, put);
    otherFacts(row, put);
  }
  return conversations;
}
