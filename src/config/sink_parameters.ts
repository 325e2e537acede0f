// THE table of sink parameters: what a sink URL may say after `?`. The parser, its errors and the README read it.
import type { EventTypeName } from '../fields/event_types.js';
import { eventListFormat } from './event_list.js';
import { boolean, choice, duration, type Format, integer, size, text } from './format.js';

export type SinkScheme =
  | 'udp'
  | 'tcp'
  | 'tls'
  | 'sctp'
  | 'unix'
  | 'http'
  | 'https'
  | 'syslog'
  | 'syslog+tcp'
  | 'syslog+tls'
  | 'kafka'
  | 'kafka+tls'
  | 'file'
  | 'stdout'
  | 'none';
export type SinkFormat = 'ipfix' | 'netflow9' | 'netflow5' | 'json' | 'text';

/** What a sink URL may say after `?`; a parameter that is not given is absent here. Times are milliseconds. */
export interface SinkParameters {
  format?: SinkFormat;
  /** Template by name, file or list; else the --template of the run. */
  template?: string;
  biflow?: boolean;
  /** Event records of these types instead of flow records; empty: flow records. */
  events?: EventTypeName[];
  profile?: 'rfc' | 'nfdump' | 'goipfix';
  naming?: 'ipfix' | 'nprobe' | 'ecs' | 'goflow2';
  time?: 'iso' | 'ms';
  /** Octets of one IP packet; 0 = ask the path. */
  mtu?: number;
  /** Observation Domain. */
  domain?: number;
  /** Between templates. */
  refresh?: number;
  /** Messages between templates, 0 = by time only. */
  refreshMessages?: number;
  /** First template id, 256..65535. */
  templateId?: number;
  /** Options records: statistics, interfaces, sampling, types. */
  options?: boolean;
  /** Between two sets of statistics records. */
  statistics?: number;
  legacySampling?: boolean;
  /** Sinks of one group share the flows by hash instead of getting all of them. */
  balance?: string;
  /** Flow records per second, 0 = unlimited. */
  rate?: number;
  /** Bytes waiting for this sink before records are dropped, or go to the spool. */
  queue?: number;
  /** A folder, `on` or `off`. */
  spool?: string;
  spoolSize?: number;
  spoolAge?: number;
  spoolSync?: 'always' | 'second' | 'segment' | 'never';
  /** Bytes of the socket's send buffer. */
  sendBuffer?: number;
  /** Local address to send from. */
  bind?: string;
  /** Between two connection attempts. */
  reconnect?: number;
  resend?: number;
  resendSize?: number;
  /** Files of PEM certificates and key. */
  ca?: string;
  cert?: string;
  key?: string;
  /** Names the collector's certificate may have. */
  names?: string[];
  /** HTTP: bytes of one request; Kafka: lines of one message. */
  batch?: number;
  batchSize?: number;
  batchTime?: number;
  timeout?: number;
  gzip?: boolean;
  bulk?: string;
  /** File that holds the bearer token. */
  token?: string;
  headers?: string[];
  facility?: string;
  severity?: string;
  app?: string;
  messageKey?: 'flow' | 'host' | 'exporter' | 'none';
  statisticsTopic?: string;
  client?: 'auto' | 'librdkafka' | 'kafkajs';
  schemaHeader?: boolean;
  acks?: string;
  compression?: string;
  /** After which a file is finished and a new one begun; 0 = never. */
  rotate?: number;
  /** Bytes after which a file is finished; 0 = never. */
  size?: number;
  /** Keep what an existing file holds. */
  append?: boolean;
  /** Of finished files. */
  compress?: 'none' | 'gzip' | 'zstd';
  /** Finished files that stay; 0 = all. */
  keep?: number;
  /** Bytes that they may take; 0 = no limit. */
  keepSize?: number;
}

export interface SinkParameter<T> {
  key: keyof SinkParameters;
  format: Format<T>;
  schemes: readonly SinkScheme[];
  doc: string;
}

const wire = ['udp', 'tcp', 'tls', 'sctp'] as const;
const syslogs = ['syslog', 'syslog+tcp', 'syslog+tls'] as const;
const kafkas = ['kafka', 'kafka+tls'] as const;
const https = ['http', 'https'] as const;
const streams = ['tcp', 'tls', 'sctp', 'unix', 'syslog+tcp', 'syslog+tls'] as const;
const secure = ['tls', 'https', 'syslog+tls', 'kafka+tls'] as const;
/** What may spool: everything that knows whether the other side took the records. */
export const spoolable = ['tcp', 'tls', 'sctp', 'unix', 'syslog+tcp', 'syslog+tls', ...https, ...kafkas] as const;
const remote = [...wire, 'unix', ...https, ...syslogs, ...kafkas] as const;
const every = [...remote, 'file', 'stdout'] as const;

/** By number, RFC 5424 section 6.2.1. */
const facilities = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];
const severities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** Items separated by commas. */
function words(placeholder: string, expects: string): Format<string[]> {
  const item = text(placeholder, expects, { required: true });
  return {
    placeholder: `${placeholder},...`,
    expects,
    parse: (value) =>
      item
        .parse(value)
        .split(',')
        .map((word) => word.trim()),
    print: (value) => value.join(','),
  };
}

/** By their name in the URL. */
export const sinkParameters: Record<string, SinkParameter<unknown>> = {
  format: {
    key: 'format',
    format: choice('ipfix', 'netflow9', 'netflow5', 'json', 'text'),
    schemes: every,
    doc: 'how records are written; ipfix to udp, tcp, tls, sctp and .ipfix files, text on a terminal, else json',
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
    doc: 'both directions in one record (RFC 5103) or one record each; default on, off for nfdump, NetFlow and goflow2',
  },
  events: {
    key: 'events',
    format: eventListFormat,
    schemes: every,
    doc: 'events of these types instead of flows, or off: flows in spite of --events; template events unless given',
  },
  profile: {
    key: 'profile',
    format: choice('rfc', 'nfdump', 'goipfix'),
    schemes: every,
    doc: 'IPFIX within what a collector reads; nfdump: nfcapd; goipfix: collectors built on go-ipfix',
  },
  naming: {
    key: 'naming',
    format: choice('ipfix', 'nprobe', 'ecs', 'goflow2'),
    schemes: every,
    doc: "JSON keys: IPFIX element names, nProbe's labels, Elastic Common Schema, or goflow2's",
  },
  time: {
    key: 'time',
    format: choice('iso', 'ms'),
    schemes: every,
    doc: 'JSON times: ISO 8601 text or milliseconds since 1970; iso unless given, ms with naming=nprobe',
  },
  domain: {
    key: 'domain',
    format: integer({ max: 0xffffffff }),
    schemes: every,
    doc: 'Observation Domain of this sink instead of --observation-domain',
  },
  options: {
    key: 'options',
    format: boolean(),
    schemes: every,
    doc: 'options records: statistics, interfaces, sampling, types of our own elements; default on, off for goipfix',
  },
  statistics: {
    key: 'statistics',
    format: duration({ min: 1000, max: 86_400_000 }),
    schemes: every,
    doc: 'time between two statistics records, 60s unless given',
  },
  legacysampling: {
    key: 'legacySampling',
    format: boolean(),
    schemes: wire,
    doc: 'announce sampling by elements 34 and 35 alone, for collectors that misread RFC 5477 (goflow2)',
  },
  balance: {
    key: 'balance',
    format: text('GROUP', 'a group name', { required: true }),
    schemes: remote,
    doc: 'sinks of one group share the flows, each flow going to one of them, instead of getting all',
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
    doc: 'bytes that may wait in memory for this sink, 8 MiB unless given; what does not fit is spooled, or dropped and counted',
  },
  spool: {
    key: 'spool',
    format: text('on|off|FOLDER', 'on, off or a folder', { required: true }),
    schemes: spoolable,
    doc: 'keep on disk what the sink cannot take now; on is a folder of its own in --spool, the default of live runs',
  },
  spoolsize: {
    key: 'spoolSize',
    format: size({ min: 1024 ** 2, max: 1024 ** 4 }),
    schemes: spoolable,
    doc: 'bytes on disk at most, instead of --spool-size',
  },
  spoolage: {
    key: 'spoolAge',
    format: duration({ min: 1000, zero: 'for ever' }),
    schemes: spoolable,
    doc: 'how long flows are kept on disk at most, instead of --spool-age',
  },
  spoolsync: {
    key: 'spoolSync',
    format: choice('always', 'second', 'segment', 'never'),
    schemes: spoolable,
    doc: 'when the spool calls fsync, instead of --spool-sync',
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
    format: integer({ min: 256, max: 65000 }),
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
    schemes: ['udp', 'tcp', 'tls'],
    doc: 'local address to send from',
  },
  reconnect: {
    key: 'reconnect',
    format: duration({ min: 100, max: 86_400_000 }),
    schemes: streams,
    doc: 'time between two connection attempts, 60s unless given (RFC 7011 section 10.4.4); 5s for unix',
  },
  resend: {
    key: 'resend',
    format: duration({ min: 1, max: 3_600_000, zero: 'off' }),
    schemes: ['tcp', 'tls', 'unix', 'syslog+tcp', 'syslog+tls'],
    doc: 'records sent so shortly before a session broke are sent again on the next one, 5s unless given',
  },
  resendsize: {
    key: 'resendSize',
    format: size({ min: 4096, max: 1024 ** 3 }),
    schemes: ['tcp', 'tls', 'unix', 'syslog+tcp', 'syslog+tls'],
    doc: 'bytes kept for that at most, 1 MiB unless given',
  },
  ca: {
    key: 'ca',
    format: text('FILE', 'a file', { required: true }),
    schemes: secure,
    doc: "certificates (PEM) that sign the collector's; else those of the system",
  },
  cert: {
    key: 'cert',
    format: text('FILE', 'a file', { required: true }),
    schemes: secure,
    doc: "the probe's own certificate (PEM), for mutual authentication; IPFIX over tls needs it",
  },
  key: {
    key: 'key',
    format: text('FILE', 'a file', { required: true }),
    schemes: secure,
    doc: 'its private key (PEM)',
  },
  names: {
    key: 'names',
    format: words('NAME', 'names separated by commas'),
    schemes: ['tls', 'https', 'syslog+tls'],
    doc: "names that the collector's certificate may have, instead of the host",
  },
  batch: {
    key: 'batch',
    format: integer({ min: 1, max: 100_000 }),
    schemes: kafkas,
    doc: 'flows (lines) in one Kafka message, 1 unless given; more than 1 has no message key of the flow',
  },
  batchsize: {
    key: 'batchSize',
    format: size({ min: 1024, max: 1024 ** 3 }),
    schemes: https,
    doc: 'bytes of one request at most, before compression; 1 MiB unless given',
  },
  batchtime: {
    key: 'batchTime',
    format: duration({ min: 1, max: 3_600_000 }),
    schemes: https,
    doc: 'time that flows wait for a full request at most, 1s unless given',
  },
  timeout: {
    key: 'timeout',
    format: duration({ min: 100, max: 3_600_000 }),
    schemes: https,
    doc: 'time that a request may take, 30s unless given',
  },
  gzip: { key: 'gzip', format: boolean(), schemes: https, doc: 'compress requests; default on' },
  bulk: {
    key: 'bulk',
    format: text('INDEX', 'an index or data stream', { required: true }),
    schemes: https,
    doc: 'write Elasticsearch _bulk requests into this index or data stream',
  },
  token: {
    key: 'token',
    format: text('FILE', 'a file', { required: true }),
    schemes: https,
    doc: 'file with the token of an `Authorization: Bearer` header',
  },
  headers: {
    key: 'headers',
    format: words('NAME:VALUE', 'NAME:VALUE separated by commas'),
    schemes: https,
    doc: 'further request headers',
  },
  facility: {
    key: 'facility',
    format: { ...choice(...facilities), placeholder: 'FACILITY' },
    schemes: syslogs,
    doc: 'syslog facility, local0 unless given',
  },
  severity: {
    key: 'severity',
    format: { ...choice(...severities), placeholder: 'SEVERITY' },
    schemes: syslogs,
    doc: 'syslog severity, info unless given',
  },
  app: {
    key: 'app',
    format: text('NAME', 'a name', { required: true }),
    schemes: syslogs,
    doc: 'APP-NAME of RFC 5424, weir unless given',
  },
  messagekey: {
    key: 'messageKey',
    format: choice('flow', 'host', 'exporter', 'none'),
    schemes: kafkas,
    doc: 'Kafka key: flow is the Community ID, so that all records of a flow share a partition (default for json); host the source address; exporter the host name of the probe (default else, and for events)',
  },
  statisticstopic: {
    key: 'statisticsTopic',
    format: text('TOPIC', 'a topic', { required: true }),
    schemes: kafkas,
    doc: 'topic for the options and statistics records; without it they are not written',
  },
  client: {
    key: 'client',
    format: choice('auto', 'librdkafka', 'kafkajs'),
    schemes: kafkas,
    doc: 'auto: librdkafka where the addon was built with it, else kafkajs',
  },
  schemaheader: {
    key: 'schemaHeader',
    format: boolean(),
    schemes: kafkas,
    doc: 'Kafka header with the name and version of the schema; default off',
  },
  acks: {
    key: 'acks',
    format: choice('all', '-1', '0', '1'),
    schemes: kafkas,
    doc: 'brokers that must have a message; anything but all (-1), the default, gives up idempotence',
  },
  compression: {
    key: 'compression',
    format: choice('none', 'gzip', 'snappy', 'lz4', 'zstd'),
    schemes: kafkas,
    doc: 'of Kafka batches; lz4 unless given; kafkajs has gzip only, and none unless given',
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
  keep: {
    key: 'keep',
    format: integer({ max: 1_000_000_000 }),
    schemes: ['file'],
    doc: 'finished files that stay, the oldest are removed; 0, the default, keeps all',
  },
  keepsize: {
    key: 'keepSize',
    format: size({ min: 4096, zero: 'no limit' }),
    schemes: ['file'],
    doc: 'bytes that finished files may take together, the oldest are removed; the newest stays in any case',
  },
};

/** Markdown table of the parameters, for the README. */
export function sinkParametersMarkdown(): string {
  const known = (schemes: readonly SinkScheme[]): string =>
    schemes.length === every.length
      ? 'all'
      : schemes.length === remote.length
        ? 'all over a network'
        : schemes.join(', ');
  const rows = Object.entries(sinkParameters).map(
    ([name, { format, schemes, doc }]) =>
      `| \`${name}\` | ${(format.placeholder || 'on|off').replaceAll('|', '\\|')} | ${known(schemes)} | ${doc} |`,
  );
  return ['| parameter | value | sinks | what it does |', '|---|---|---|---|', ...rows, ''].join('\n');
}
