// Sinks as users write them (--to): weir's own small parser, because the URL class refuses broker lists and bare hosts.
//   udp://host:port  tls://[2001:db8::1]:4740  https://user:password@host/path  kafka://b1:9092,b2:9092/topic
//   file:///path  unix:///path  - (stdout)  none     each with ?name=value&name=value
import { isIP } from 'node:net';
import { WeirError } from '../errors.js';
import { type Format, FormatError } from './format.js';
import { didYouMean } from './nearest.js';
import { type SinkFormat, type SinkParameters, type SinkScheme, sinkParameters, spoolable } from './sink_parameters.js';
import { hideQuotes, keepSinkSecrets, maskedSink } from './sink_secrets.js';

export type { SinkFormat, SinkParameters, SinkScheme } from './sink_parameters.js';

export interface SinkUrl {
  /** As written. */
  text: string;
  /** As written, with passwords masked: for the log and the metrics. */
  name: string;
  scheme: SinkScheme;
  /** Host name or address without brackets; '' for file, stdout and none. Of a broker list the first. */
  host: string;
  /** 0 for file, stdout and none. */
  port: number;
  /** HOST:PORT of every Kafka broker. */
  brokers: string[];
  /** Kafka topic. */
  topic: string;
  /** File or socket path, or the path of an HTTP request; '' for others. */
  path: string;
  user: string;
  password: string;
  parameters: SinkParameters;
  /** librdkafka's, by name: parameters with a dot in it. */
  properties: Record<string, string>;
}

type Address = 'host' | 'request' | 'brokers' | 'path' | 'nothing';

interface SchemeRow {
  address: Address;
  port: number;
  format: SinkFormat;
  /** As users write it, for help, man page and completion. */
  form: string;
  doc: string;
}

/** THE table of schemes: what stands behind `//`, and the port when none is given. */
const schemeTable: Record<SinkScheme, SchemeRow> = {
  udp: row('host', 4739, 'ipfix', 'udp://HOST[:PORT]', 'IPFIX or NetFlow, a message a datagram'),
  tcp: row('host', 4739, 'ipfix', 'tcp://HOST[:PORT]', 'IPFIX or JSON lines over TCP'),
  tls: row('host', 4740, 'ipfix', 'tls://HOST[:PORT]', 'IPFIX or JSON lines over TLS'),
  sctp: row('host', 4739, 'ipfix', 'sctp://HOST[:PORT]', 'IPFIX over SCTP, where the kernel has it'),
  unix: row('path', 0, 'json', 'unix:///PATH', 'a stream socket of this host'),
  http: row('request', 80, 'json', 'http://[USER:PASSWORD@]HOST[:PORT]/PATH', 'batches of JSON lines by POST'),
  https: row('request', 443, 'json', 'https://[USER:PASSWORD@]HOST[:PORT]/PATH', 'batches of JSON lines by POST'),
  syslog: row('host', 514, 'json', 'syslog://HOST[:PORT]', 'RFC 5424 messages over UDP'),
  'syslog+tcp': row('host', 601, 'json', 'syslog+tcp://HOST[:PORT]', 'RFC 5424 messages over TCP'),
  'syslog+tls': row('host', 6514, 'json', 'syslog+tls://HOST[:PORT]', 'RFC 5424 messages over TLS'),
  kafka: row('brokers', 9092, 'json', 'kafka://BROKER[:PORT],.../TOPIC', 'a Kafka topic'),
  'kafka+tls': row('brokers', 9093, 'json', 'kafka+tls://BROKER[:PORT],.../TOPIC', 'a Kafka topic, over TLS'),
  file: row('path', 0, 'json', 'file:///PATH', 'a file, rotated and compressed where asked'),
  stdout: row('nothing', 0, 'json', '-', 'stdout: text on a terminal, else JSON lines'),
  none: row('nothing', 0, 'ipfix', 'none', 'nowhere: measures only'),
};

function row(address: Address, port: number, format: SinkFormat, form: string, doc: string): SchemeRow {
  return { address, port, format, form, doc };
}

/** The schemes for those who describe them. */
export function sinkForms(): { scheme: SinkScheme; form: string; port: number; format: SinkFormat; doc: string }[] {
  return schemes.map((scheme) => ({ scheme, ...schemeTable[scheme] }));
}

const schemes = Object.keys(schemeTable) as SinkScheme[];
const aliases: Readonly<Record<string, SinkScheme>> = {
  'kafka-ssl': 'kafka+tls',
  'syslog+udp': 'syslog',
  'syslog-tcp': 'syslog+tcp',
  'syslog-tls': 'syslog+tls',
};
const notHere: Readonly<Record<string, string>> = {
  dtls: 'dtls:// is not offered: no maintained DTLS implementation exists for Node; use tls://',
  zmq: 'zmq:// is not in this version',
  nats: 'nats:// is not in this version',
};

/** How every message about a sink begins. */
function prefix(sink: string): string {
  return `sink '${maskedSink(sink)}': `;
}

function fail(sink: string, problem: string): never {
  throw new WeirError('WEIR_SINK', `${prefix(sink)}${hideQuotes(problem, keepSinkSecrets(sink))}`);
}

function decode(value: string, sink: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return fail(sink, `'${value}' is not valid percent-encoding (write % as %25)`);
  }
}

function readScheme(sink: string, address: string): { scheme: SinkScheme; rest: string } {
  if (address === '-' || address === 'stdout' || address === 'stdout:') return { scheme: 'stdout', rest: '' };
  if (address === 'none') return { scheme: 'none', rest: '' };
  const file = /^file:(?:\/\/)?(.*)$/is.exec(address);
  if (file) return { scheme: 'file', rest: file[1] as string };
  const parts = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(address);
  if (!parts) {
    const almost = /^([a-z+]+):?\/{1,2}(?=[^/])/i.exec(address);
    const meant = schemes.find((known) => known === almost?.[1]?.toLowerCase());
    if (almost && meant) fail(sink, `expected ${meant}://${address.slice(almost[0].length)}`);
    const like = address.includes('/') || /\.(json|ndjson|ipfix|txt|log)$/i.test(address);
    return fail(
      sink,
      `expected SCHEME://..., for example ${like ? `file://${address}` : `udp://${address || 'collector'}`}`,
    );
  }
  const written = (parts[1] as string).toLowerCase();
  const scheme = aliases[written] ?? schemes.find((known) => known === written);
  if (scheme !== undefined && schemeTable[scheme].address !== 'nothing') return { scheme, rest: parts[2] as string };
  if (notHere[written] !== undefined) fail(sink, notHere[written]);
  const known = schemes.filter((name) => schemeTable[name].address !== 'nothing').join(', ');
  return fail(sink, `unknown scheme '${written}'; weir has ${known} and - (stdout)${didYouMean(written, schemes)}`);
}

function readPort(sink: string, port: string | undefined, otherwise: number): number {
  if (port === undefined) return otherwise;
  if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535) return Number(port);
  return fail(sink, `expected a port from 1 to 65535, found '${port}'`);
}

/** HOST[:PORT]; IPv6 addresses stand in brackets. */
function parseHostPort(sink: string, address: string, otherwise: number): { host: string; port: number } {
  const bracketed = /^\[([0-9a-f:.]+(?:%[^\]]+)?)\](?::(.*))?$/i.exec(address);
  if (bracketed) return { host: bracketed[1] as string, port: readPort(sink, bracketed[2], otherwise) };
  if (address.split(':').length > 2) fail(sink, `an IPv6 address stands in brackets, as in [2001:db8::1]:${otherwise}`);
  const [host = '', port] = address.split(':');
  if (host === '') fail(sink, 'no host');
  if (/[\s@[\]]/.test(host)) fail(sink, `'${host}' is not a host name or address`);
  return { host, port: readPort(sink, port, otherwise) };
}

/** HOST[:PORT] of one collector. */
function readHost(url: SinkUrl, rest: string): void {
  const address = rest.replace(/\/$/, '');
  if (address.includes(',')) fail(url.text, 'expected one collector; repeat --to for several');
  if (address.includes('/'))
    fail(url.text, `nothing may follow the port, found '${address.slice(address.indexOf('/'))}'`);
  Object.assign(url, parseHostPort(url.text, address, schemeTable[url.scheme].port));
}

/** [USER[:PASSWORD]@]HOST[:PORT][/PATH] of an HTTP request. */
function readRequest(url: SinkUrl, rest: string): void {
  const [, user, password, address = '', path = '/'] =
    /^(?:([^/@:]*)(?::([^/@]*))?@)?([^/]*)(\/.*)?$/s.exec(rest) ?? [];
  Object.assign(url, parseHostPort(url.text, address, schemeTable[url.scheme].port), { path });
  url.user = decode(user ?? '', url.text);
  url.password = decode(password ?? '', url.text);
}

/** BROKER[:PORT][,BROKER[:PORT]...]/TOPIC */
function readBrokers(url: SinkUrl, rest: string): void {
  const [list = '', topic = '', ...more] = rest.split('/');
  if (topic === '' || more.length > 0) fail(url.text, 'expected BROKER:PORT,BROKER:PORT/TOPIC');
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic)) fail(url.text, `'${topic}' is not a Kafka topic: letters, digits, . _ -`);
  const brokers = list.split(',').map((broker) => parseHostPort(url.text, broker, schemeTable[url.scheme].port));
  url.topic = topic;
  url.brokers = brokers.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`));
  Object.assign(url, brokers[0]);
}

function readPath(url: SinkUrl, rest: string): void {
  url.path = decode(rest, url.text);
  if (url.path === '' || url.path.endsWith('/')) fail(url.text, 'no file name');
  if (url.path.includes('\0')) fail(url.text, 'a file name has no NUL');
}

const readAddress: Record<Address, (url: SinkUrl, rest: string) => void> = {
  host: readHost,
  request: readRequest,
  brokers: readBrokers,
  path: readPath,
  nothing: () => {},
};

/** Words that mean the same in another place: nProbe's, librdkafka's and Kafka's habits. */
const parameterAliases: Readonly<Record<string, string>> = {
  optionstopic: 'statisticstopic',
  index: 'bulk',
};

function readParameter(url: SinkUrl, part: string): void {
  const { text: sink, scheme } = url;
  const equals = part.indexOf('=');
  const written = equals < 0 ? part : part.slice(0, equals);
  // + is not a space here: template lists use spaces or %20.
  const value = equals < 0 ? undefined : decode(part.slice(equals + 1), sink);
  if (schemeTable[scheme].address === 'brokers' && written.includes('.') && value !== undefined) {
    url.properties[written] = value;
    return;
  }
  const into = url.parameters as Record<string, unknown>;
  const plain = written.toLowerCase().replaceAll(/[-_]/g, '');
  const name = parameterAliases[plain] ?? plain;
  const parameter = Object.hasOwn(sinkParameters, name) ? sinkParameters[name] : undefined;
  const usable = Object.keys(sinkParameters).filter((known) => sinkParameters[known]?.schemes.includes(scheme));
  if (!parameter) fail(sink, `unknown parameter '${written}'${didYouMean(name, usable)}`);
  if (!usable.includes(name))
    fail(sink, `parameter '${name}' is not for ${scheme}; it goes with ${parameter.schemes.join(', ')}`);
  if (parameter.key in into) fail(sink, `parameter '${name}' is given twice`);
  if (value === undefined)
    fail(sink, `parameter '${name}' needs a value: ${name}=${parameter.format.placeholder || 'on|off'}`);
  try {
    into[parameter.key] = parameter.format.parse(value);
  } catch (error) {
    if (error instanceof FormatError) fail(sink, `${name}: ${error.message}`);
    throw error;
  }
}

function checkTogether(url: SinkUrl): void {
  const { format = defaultFormat(url, false), profile = 'rfc', biflow, naming, time, bind } = url.parameters;
  const refuse = (problem: string): never => fail(url.text, problem);
  if (profile === 'nfdump' && biflow === true)
    refuse('profile=nfdump needs biflow=off: nfcapd reads no RFC 5103 records');
  if (profile !== 'rfc' && format !== 'ipfix') refuse(`profile=${profile} is for format=ipfix, not ${format}`);
  if ((naming !== undefined || time !== undefined) && format !== 'json' && format !== 'text')
    refuse(`${naming === undefined ? 'time' : 'naming'} is for format=json, not ${format}`);
  if (format.startsWith('netflow') && biflow === true) refuse(`format=${format} needs biflow=off: it has no biflows`);
  if (format.startsWith('netflow') && url.scheme !== 'udp' && url.scheme !== 'file')
    refuse(`format=${format} is for udp and file`);
  checkFile(url, format);
  checkCarrier(url, format);
  if (bind !== undefined && isIP(bind) === 0) refuse(`bind: expected a local address, found '${bind}'`);
}

/** Whether the sink can carry the format. */
function checkCarrier({ text: sink, scheme, parameters }: SinkUrl, format: SinkFormat): void {
  const lines = format === 'json' || format === 'text';
  const local = scheme === 'file' || scheme === 'stdout' || scheme === 'none';
  if (format === 'text' && !local) fail(sink, `format=text is not for ${scheme}`);
  if (lines && (scheme === 'udp' || scheme === 'sctp')) fail(sink, `format=${format} is not for ${scheme}; use tcp`);
  const lineSink = scheme === 'http' || scheme === 'https' || scheme.startsWith('syslog');
  if (!lines && lineSink) fail(sink, `format=${format} is not for ${scheme}, which carries json`);
  const { messageKey, batch, cert, key } = parameters;
  const ofFlow = messageKey === 'flow' || messageKey === 'host';
  if (ofFlow && !lines) fail(sink, `messagekey=${messageKey} is for format=json: an IPFIX message holds many flows`);
  if (batch !== undefined && !lines) fail(sink, 'batch is for format=json');
  if (ofFlow && (batch ?? 1) > 1) fail(sink, `messagekey=${messageKey} is for batch=1: a batch holds many flows`);
  if ((cert === undefined) !== (key === undefined)) fail(sink, 'cert and key go together');
  if (scheme === 'tls' && format === 'ipfix' && cert === undefined)
    fail(sink, 'IPFIX over tls needs cert=FILE and key=FILE: both sides are authenticated (RFC 7011 section 11)');
}

function checkFile({ text: sink, parameters }: SinkUrl, format: SinkFormat): void {
  const rotates = Boolean(parameters.rotate) || Boolean(parameters.size);
  if (parameters.append && rotates) fail(sink, 'append=on is not for rotated files: each one is new');
  if (parameters.append && format !== 'json' && format !== 'text')
    fail(sink, `append=on is not for format=${format}: a second session would contradict the first`);
  if (parameters.compress && parameters.compress !== 'none' && !rotates) {
    fail(sink, `compress=${parameters.compress} is for finished files: add rotate=TIME or size=SIZE`);
  }
  if ((parameters.keep || parameters.keepSize) && !rotates)
    fail(sink, 'keep and keepsize are for finished files: add rotate=TIME or size=SIZE');
}

/** Format of a sink that does not say: by scheme, --flow-version (udp), file name, and whether stdout is a terminal. */
export function defaultFormat(url: SinkUrl, stdoutIsTerminal: boolean, flowVersion = '10'): SinkFormat {
  if (url.scheme === 'udp' && flowVersion === '9') return 'netflow9';
  if (url.scheme === 'udp' && flowVersion === '5') return 'netflow5';
  if (url.scheme === 'file' && /\.ipfix$/i.test(url.path)) return 'ipfix';
  if (url.scheme === 'stdout' && stdoutIsTerminal) return 'text';
  return schemeTable[url.scheme].format;
}

/** True for sinks that know whether the other side took a record, and so may keep it on disk until then. */
export function maySpool(scheme: SinkScheme): boolean {
  return (spoolable as readonly SinkScheme[]).includes(scheme);
}

/** Reads one --to value. Throws WeirError WEIR_SINK that names what was wrong and the nearest known name. */
export function parseSinkUrl(sink: string): SinkUrl {
  keepSinkSecrets(sink);
  const question = sink.indexOf('?');
  const { scheme, rest } = readScheme(sink, question < 0 ? sink : sink.slice(0, question));
  const url: SinkUrl = {
    text: sink,
    name: maskedSink(sink),
    scheme,
    host: '',
    port: schemeTable[scheme].port,
    brokers: [],
    topic: '',
    path: '',
    user: '',
    password: '',
    parameters: {},
    properties: {},
  };
  const parts = (question < 0 ? '' : sink.slice(question + 1)).split('&').filter((part) => part !== '');
  if (scheme === 'none' && parts.length > 0) fail(sink, 'none takes no parameters');
  const mistakes: string[] = [];
  for (const read of [
    () => readAddress[schemeTable[scheme].address](url, rest),
    ...parts.map((part) => () => readParameter(url, part)),
  ]) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof WeirError)) throw error;
      mistakes.push(error.message.slice(prefix(sink).length));
    }
  }
  if (mistakes.length > 0) fail(sink, mistakes.join('; '));
  checkTogether(url);
  return url;
}

export const sinkUrlFormat: Format<SinkUrl> = {
  placeholder: 'SINK',
  expects: 'a sink such as udp://collector:4739, tcp://collector, file:///path/flows.json or -',
  parse(value) {
    if (typeof value !== 'string') throw new FormatError(`expected ${this.expects}, found ${JSON.stringify(value)}`);
    return parseSinkUrl(value);
  },
  print: (url) => url.text,
  masked: (text) => maskedSink(String(text)),
};
