// Sinks as users write them (--to): weir's own small parser, because the URL class refuses broker lists and bare hosts.
//   udp://host:port  tcp://[2001:db8::1]:4739  file:///path  - (stdout)  none     each with ?name=value&name=value
import { isIP } from 'node:net';
import { WeirError } from '../errors.js';
import { boolean, choice, duration, type Format, FormatError, integer, size, text } from './format.js';
import { didYouMean } from './nearest.js';

export type SinkScheme = 'udp' | 'tcp' | 'file' | 'stdout' | 'none';
export type SinkFormat = 'ipfix' | 'json' | 'text';

/** What a sink URL may say after `?`; a parameter that is not given is absent here. */
export interface SinkParameters {
  format?: SinkFormat;
  /** Template by name, file or list; else the --template of the run. */
  template?: string;
  biflow?: boolean;
  profile?: 'rfc' | 'nfdump';
  naming?: 'ipfix' | 'nprobe' | 'ecs' | 'goflow2';
  time?: 'iso' | 'ms';
  /** Octets of one IP packet; 0 = ask the path. */
  mtu?: number;
  /** Observation Domain. */
  domain?: number;
  /** Milliseconds between templates. */
  refresh?: number;
  /** Messages between templates, 0 = by time only. */
  refreshMessages?: number;
  /** First template id, 256..65535. */
  templateId?: number;
  /** Flow records per second, 0 = unlimited. */
  rate?: number;
  /** Bytes waiting for this sink before records are dropped and counted. */
  queue?: number;
  /** Bytes of the socket's send buffer. */
  sendBuffer?: number;
  /** Local address to send from. */
  bind?: string;
  /** Milliseconds after which a file is finished and a new one begun; 0 = never. */
  rotate?: number;
  /** Bytes after which a file is finished; 0 = never. */
  size?: number;
  /** Keep what an existing file holds. */
  append?: boolean;
  /** Of finished files. */
  compress?: 'none' | 'gzip' | 'zstd';
}

export interface SinkUrl {
  /** As written. */
  text: string;
  scheme: SinkScheme;
  /** Host name or address without brackets; '' for file, stdout and none. */
  host: string;
  /** 0 for file, stdout and none. */
  port: number;
  /** File path, '' for others. */
  path: string;
  parameters: SinkParameters;
}

interface SinkParameter<T> {
  key: keyof SinkParameters;
  format: Format<T>;
  schemes: readonly SinkScheme[];
  doc: string;
}

export const defaultPort = 4739; // IANA: ipfix
const network = ['udp', 'tcp'] as const;
const every = ['udp', 'tcp', 'file', 'stdout'] as const;

/** THE table of sink parameters, by their name in the URL. */
export const sinkParameters: Record<string, SinkParameter<unknown>> = {
  format: {
    key: 'format',
    format: choice('ipfix', 'json', 'text'),
    schemes: every,
    doc: 'how records are written; ipfix over the network and in .ipfix files, text on a terminal, else json',
  },
  template: {
    key: 'template',
    format: text('NAME', 'a template name, file or list', { required: true }),
    schemes: every,
    doc: 'template of this sink instead of --template',
  },
  biflow: {
    key: 'biflow',
    format: boolean(),
    schemes: every,
    doc: 'both directions in one record (RFC 5103) or one record each; default on, off with profile=nfdump',
  },
  profile: {
    key: 'profile',
    format: choice('rfc', 'nfdump'),
    schemes: every,
    doc: 'nfdump: IPFIX within what nfcapd reads',
  },
  naming: {
    key: 'naming',
    format: choice('ipfix', 'nprobe', 'ecs', 'goflow2'),
    schemes: every,
    doc: "JSON keys: IPFIX element names, nProbe labels, Elastic Common Schema, or goflow2's (one line a direction)",
  },
  time: {
    key: 'time',
    format: choice('iso', 'ms'),
    schemes: every,
    doc: 'JSON times: ISO 8601 text or milliseconds since 1970',
  },
  domain: {
    key: 'domain',
    format: integer({ max: 0xffffffff }),
    schemes: every,
    doc: 'Observation Domain of this sink instead of --observation-domain',
  },
  rate: {
    key: 'rate',
    format: integer({ max: 1_000_000_000 }),
    schemes: every,
    doc: 'flow records per second at most, instead of --max-export-rate',
  },
  queue: {
    key: 'queue',
    format: size({ min: 65536, max: 4 * 1024 ** 3 }),
    schemes: every,
    doc: 'bytes that may wait for this sink; what does not fit is dropped and counted',
  },
  mtu: {
    key: 'mtu',
    format: integer({ max: 65535 }),
    schemes: ['udp'],
    doc: 'octets of one IP packet at most, 1500 unless given; 0 is what the path takes',
  },
  refresh: {
    key: 'refresh',
    format: duration({ min: 1000, max: 86_400_000 }),
    schemes: ['udp'],
    doc: 'time between templates instead of --template-refresh',
  },
  refreshmessages: {
    key: 'refreshMessages',
    format: integer({ max: 1_000_000_000 }),
    schemes: ['udp'],
    doc: 'messages between templates instead of --template-refresh-messages',
  },
  templateid: {
    key: 'templateId',
    format: integer({ min: 256, max: 65534 }),
    schemes: every,
    doc: 'id of the first template instead of --template-id',
  },
  sendbuffer: {
    key: 'sendBuffer',
    format: size({ min: 4096, max: 1024 ** 3 }),
    schemes: ['udp'],
    doc: "bytes of the socket's send buffer",
  },
  bind: {
    key: 'bind',
    format: text('ADDRESS', 'a local address', { required: true }),
    schemes: network,
    doc: 'local address to send from',
  },
  rotate: {
    key: 'rotate',
    format: duration({ min: 1000, zero: 'never' }),
    schemes: ['file'],
    doc: 'begin a new file after this time',
  },
  size: {
    key: 'size',
    format: size({ min: 4096, zero: 'no limit' }),
    schemes: ['file'],
    doc: 'begin a new file at this size',
  },
  append: {
    key: 'append',
    format: boolean(),
    schemes: ['file'],
    doc: 'add to an existing file instead of beginning it anew; not with rotation',
  },
  compress: {
    key: 'compress',
    format: choice('none', 'gzip', 'zstd'),
    schemes: ['file'],
    doc: 'compress finished files',
  },
};

const schemes: readonly SinkScheme[] = ['udp', 'tcp', 'file', 'stdout', 'none'];
const laterSchemes = ['tls', 'sctp', 'kafka', 'kafka-ssl', 'http', 'https', 'syslog', 'unix', 'zmq', 'dtls', 'nats'];
const laterFormats = ['netflow9', 'netflow5', 'avro'];

function fail(sink: string, problem: string): never {
  throw new WeirError('WEIR_SINK', `sink '${sink}': ${problem}`);
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
    const like = address.includes('/') || /\.(json|ndjson|ipfix|txt|log)$/i.test(address);
    return fail(
      sink,
      `expected SCHEME://..., for example ${like ? `file://${address}` : `udp://${address || 'collector'}`}`,
    );
  }
  const scheme = (parts[1] as string).toLowerCase();
  if (scheme === 'udp' || scheme === 'tcp') return { scheme, rest: parts[2] as string };
  const known = 'weir has udp, tcp, file and - (stdout)';
  if (laterSchemes.includes(scheme)) fail(sink, `${scheme}:// is not in this version; ${known}`);
  return fail(sink, `unknown scheme '${scheme}'; ${known}${didYouMean(scheme, schemes)}`);
}

function readPort(sink: string, port: string | undefined): number {
  if (port === undefined) return defaultPort;
  if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535) return Number(port);
  return fail(sink, `expected a port from 1 to 65535, found '${port}'`);
}

/** HOST[:PORT] of a network sink; IPv6 addresses stand in brackets. */
function parseHostPort(sink: string, address: string): { host: string; port: number } {
  if (address.includes(',')) fail(sink, 'expected one collector; repeat --to for several');
  if (address.includes('/')) fail(sink, `nothing may follow the port, found '${address.slice(address.indexOf('/'))}'`);
  const bracketed = /^\[([0-9a-f:.]+(?:%[^\]]+)?)\](?::(.*))?$/i.exec(address);
  if (bracketed) return { host: bracketed[1] as string, port: readPort(sink, bracketed[2]) };
  if (address.split(':').length > 2)
    fail(sink, `an IPv6 address stands in brackets, as in [2001:db8::1]:${defaultPort}`);
  const [host = '', port] = address.split(':');
  if (host === '') fail(sink, 'no host');
  if (/[\s@[\]]/.test(host)) fail(sink, `'${host}' is not a host name or address`);
  return { host, port: readPort(sink, port) };
}

function readParameter(sink: string, scheme: SinkScheme, part: string, into: Record<string, unknown>): void {
  const equals = part.indexOf('=');
  const written = equals < 0 ? part : part.slice(0, equals);
  const name = written.toLowerCase().replaceAll(/[-_]/g, '');
  const parameter = Object.hasOwn(sinkParameters, name) ? sinkParameters[name] : undefined;
  const usable = Object.keys(sinkParameters).filter((known) => sinkParameters[known]?.schemes.includes(scheme));
  if (!parameter) fail(sink, `unknown parameter '${written}'${didYouMean(name, usable)}`);
  if (!usable.includes(name))
    fail(sink, `parameter '${name}' is not for ${scheme}; it goes with ${parameter.schemes.join(', ')}`);
  if (parameter.key in into) fail(sink, `parameter '${name}' is given twice`);
  if (equals < 0) fail(sink, `parameter '${name}' needs a value: ${name}=${parameter.format.placeholder || 'on|off'}`);
  // + is not a space here: template lists use spaces or %20.
  const value = decode(part.slice(equals + 1), sink);
  if (name === 'format' && laterFormats.includes(value)) fail(sink, `format ${value} is not in this version`);
  try {
    into[parameter.key] = parameter.format.parse(value);
  } catch (error) {
    if (error instanceof FormatError) fail(sink, `${name}: ${error.message}`);
    throw error;
  }
}

function checkTogether(url: SinkUrl): void {
  const { format = defaultFormat(url, false), profile, biflow, naming, time, bind } = url.parameters;
  if (profile === 'nfdump' && biflow === true)
    fail(url.text, 'profile=nfdump needs biflow=off: nfcapd reads no RFC 5103 records');
  if (profile === 'nfdump' && format !== 'ipfix') fail(url.text, `profile=nfdump is for format=ipfix, not ${format}`);
  if ((naming !== undefined || time !== undefined) && format === 'ipfix') {
    fail(url.text, `${naming === undefined ? 'time' : 'naming'} is for format=json, not ipfix`);
  }
  checkFile(url, format);
  if (bind !== undefined && isIP(bind) === 0) fail(url.text, `bind: expected a local address, found '${bind}'`);
  if (format === 'text' && (url.scheme === 'udp' || url.scheme === 'tcp'))
    fail(url.text, `format=text is not for ${url.scheme}`);
  if (format === 'json' && url.scheme === 'udp') fail(url.text, 'format=json is not for udp; use tcp');
}

function checkFile({ text: sink, parameters }: SinkUrl, format: SinkFormat): void {
  const rotates = Boolean(parameters.rotate) || Boolean(parameters.size);
  if (parameters.append && rotates) fail(sink, 'append=on is not for rotated files: each one is new');
  if (parameters.append && format === 'ipfix')
    fail(sink, 'append=on is not for format=ipfix: a second session would contradict the first');
  if (parameters.compress && parameters.compress !== 'none' && !rotates) {
    fail(sink, `compress=${parameters.compress} is for finished files: add rotate=TIME or size=SIZE`);
  }
}

/** Format of a sink that does not say: by scheme, file name, and whether stdout is a terminal. */
export function defaultFormat(url: SinkUrl, stdoutIsTerminal: boolean): SinkFormat {
  if (url.scheme === 'file') return /\.ipfix$/i.test(url.path) ? 'ipfix' : 'json';
  if (url.scheme === 'stdout') return stdoutIsTerminal ? 'text' : 'json';
  return 'ipfix';
}

/** Reads one --to value. Throws WeirError WEIR_SINK that names what was wrong and the nearest known name. */
export function parseSinkUrl(sink: string): SinkUrl {
  const question = sink.indexOf('?');
  const { scheme, rest } = readScheme(sink, question < 0 ? sink : sink.slice(0, question));
  const url: SinkUrl = { text: sink, scheme, host: '', port: 0, path: '', parameters: {} };
  if (scheme === 'udp' || scheme === 'tcp') Object.assign(url, parseHostPort(sink, rest.replace(/\/$/, '')));
  if (scheme === 'file') {
    url.path = decode(rest, sink);
    if (url.path === '' || url.path.endsWith('/')) fail(sink, 'no file name');
    if (url.path.includes('\0')) fail(sink, 'a file name has no NUL');
  }
  if (question >= 0) {
    const parts = sink
      .slice(question + 1)
      .split('&')
      .filter((part) => part !== '');
    if (scheme === 'none' && parts.length > 0) fail(sink, 'none takes no parameters');
    for (const part of parts) readParameter(sink, scheme, part, url.parameters as Record<string, unknown>);
  }
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
};

/** Markdown table of the parameters, for the README. */
export function sinkParametersMarkdown(): string {
  const rows = Object.entries(sinkParameters).map(
    ([name, { format, schemes: known, doc }]) =>
      `| \`${name}\` | ${(format.placeholder || 'on|off').replaceAll('|', '\\|')} | ${known.join(', ')} | ${doc} |`,
  );
  return ['| parameter | value | sinks | what it does |', '|---|---|---|---|', ...rows, ''].join('\n');
}
