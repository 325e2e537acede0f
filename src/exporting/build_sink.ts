// Makes the sink of a plan: which class, with what of the URL and the options.

import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import type { SinkParameters } from '../config/sink_url.js';
import { WeirError } from '../errors.js';
import type { SctpOptions } from '../native/boundary.js';
import { FileSink } from '../sinks/file.js';
import { NoneSink } from '../sinks/none.js';
import type { Sink } from '../sinks/sink.js';
import { StdoutSink } from '../sinks/stdout.js';
import type { SyslogHeaderOptions } from '../sinks/syslog_header.js';
import { TcpSink } from '../sinks/tcp.js';
import { UdpSink } from '../sinks/udp.js';
import type { ExporterSurroundings } from './build_exporter.js';
import type { SinkPlan } from './sink_plan.js';

/** Ethernet's MTU, unless the path is known to take more: what collectors are made for. */
export const defaultMtu = 1500;
export const ipv6Headers = 48;

/** UDP payload octets at most for an MTU; 0 = whatever the path takes. The larger (IPv6) headers are assumed. */
function payloadLimit(mtu: number): number {
  return mtu === 0 ? 0 : Math.max(512, mtu) - ipv6Headers;
}

function streamOptions({ reconnect, resend, resendSize }: SinkParameters) {
  return {
    ...(reconnect === undefined ? {} : { reconnectSeconds: reconnect / 1000 }),
    ...(resend === undefined ? {} : { resendSeconds: resend / 1000 }),
    ...(resendSize === undefined ? {} : { resendOctets: resendSize }),
  };
}

function tlsOptions({ ca, cert, key, names }: SinkParameters) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(names === undefined ? {} : { names }),
  };
}

/**
 * The sink of a plan, not yet open. Rejects with WeirError for what only shows when it is made. Sinks that need more of
 * Node (TLS, HTTP, Kafka) are loaded only when asked for: that is start-up time.
 */
export async function buildSink(plan: SinkPlan, around: ExporterSurroundings): Promise<Sink> {
  const { url } = plan;
  const { name, host, port, path, parameters } = url;
  const { addon } = around;
  const bind = parameters.bind ?? '';
  switch (url.scheme) {
    case 'udp':
      return new UdpSink({
        name,
        host,
        port,
        maxPayload: payloadLimit(parameters.mtu ?? defaultMtu),
        sendBuffer: parameters.sendBuffer ?? 0,
        bind,
        mustResolve: around.offline,
        openSender: (options) => new addon.UdpSender(options),
      });
    case 'tcp':
      return new TcpSink({ name, host, port, bind, ...streamOptions(parameters) });
    case 'tls': {
      const { TlsSink } = await import('../sinks/tls.js');
      return new TlsSink({ name, host, port, bind, ...streamOptions(parameters), ...tlsOptions(parameters) });
    }
    case 'sctp': {
      const { SctpSink } = await import('../sinks/sctp.js');
      const openSender = (options: SctpOptions) => new addon.SctpSender(options);
      return new SctpSink({ name, host, port, ...streamOptions(parameters), openSender });
    }
    case 'unix': {
      const { UnixSink } = await import('../sinks/unix.js');
      return new UnixSink({ name, path, ...streamOptions(parameters) });
    }
    case 'http':
    case 'https':
      return httpSink(plan);
    case 'syslog':
    case 'syslog+tcp':
    case 'syslog+tls':
      return syslog(plan, around);
    case 'kafka':
    case 'kafka+tls':
      return kafkaSink(plan, around);
    case 'file':
      return new FileSink({
        name,
        path,
        append: parameters.append ?? false,
        rotateSeconds: Math.round((parameters.rotate ?? 0) / 1000),
        rotateOctets: parameters.size ?? 0,
        compress: parameters.compress ?? 'none',
        keepFiles: parameters.keep ?? 0,
        keepOctets: parameters.keepSize ?? 0,
      });
    case 'stdout':
      return new StdoutSink({ name, stream: around.stdout as Writable });
    case 'none':
      return new NoneSink();
  }
}

async function syslog(plan: SinkPlan, around: ExporterSurroundings): Promise<Sink> {
  const { name, host, port, scheme, parameters } = plan.url;
  const { facility, severity, app } = parameters;
  const { syslogSink } = await import('../sinks/syslog.js');
  return syslogSink({
    name,
    host,
    port,
    transport: scheme === 'syslog+tls' ? 'tls' : scheme === 'syslog+tcp' ? 'tcp' : 'udp',
    facility: (facility ?? 'local0') as NonNullable<SyslogHeaderOptions['facility']>,
    severity: (severity ?? 'info') as NonNullable<SyslogHeaderOptions['severity']>,
    appName: app ?? 'weir',
    hostName: hostname(),
    processId: String(process.pid),
    ...streamOptions(parameters),
    ...tlsOptions(parameters),
    mustResolve: around.offline,
    openSender: (options) => new around.addon.UdpSender(options),
  });
}

async function kafkaSink(plan: SinkPlan, around: ExporterSurroundings): Promise<Sink> {
  const { url } = plan;
  const { parameters } = url;
  const secure = url.scheme === 'kafka+tls';
  const constantKey = parameters.messageKey === 'none' || plan.unitKey !== 'none' ? '' : hostname();
  const { KafkaSink } = await import('../sinks/kafka.js');
  return new KafkaSink({
    name: url.name,
    brokers: url.brokers,
    topic: url.topic,
    statisticsTopic: parameters.statisticsTopic ?? '',
    client: parameters.client ?? 'auto',
    properties: kafkaProperties(plan, around, secure),
    keyed: plan.unitKey !== 'none',
    constantKey,
    headers: parameters.schemaHeader ? schemaHeaders(plan) : [],
    native: around.addon,
  });
}

/** Those of the run, then the URL's: what is nearer wins. */
function kafkaProperties(plan: SinkPlan, around: ExporterSurroundings, secure: boolean): Record<string, string> {
  const { parameters, properties } = plan.url;
  const given = around.options.kafkaProperties.map((text) => {
    const equals = text.indexOf('=');
    return [text.slice(0, equals).trim(), text.slice(equals + 1).trim()] as const;
  });
  const common = Object.fromEntries(given);
  return {
    ...(secure ? { 'security.protocol': 'sasl.mechanism' in { ...common, ...properties } ? 'SASL_SSL' : 'SSL' } : {}),
    ...(parameters.ca === undefined ? {} : { 'ssl.ca.location': parameters.ca }),
    ...(parameters.cert === undefined ? {} : { 'ssl.certificate.location': parameters.cert }),
    ...(parameters.key === undefined ? {} : { 'ssl.key.location': parameters.key }),
    ...(parameters.acks === undefined ? {} : { acks: parameters.acks }),
    ...(parameters.compression === undefined ? {} : { 'compression.codec': parameters.compression }),
    ...common,
    ...properties,
  };
}

/** What a consumer needs to choose its parser. */
function schemaHeaders({ format, url }: SinkPlan): [string, string][] {
  const schema = format === 'json' ? `weir.flow.${url.parameters.naming ?? 'ipfix'}` : 'ipfix';
  return [
    ['schema', schema],
    ['schema-version', '1'],
  ];
}

async function httpSink(plan: SinkPlan): Promise<Sink> {
  const { url } = plan;
  const { parameters } = url;
  const headers = (parameters.headers ?? []).map((text) => {
    const [, name, value] = /^([^:]+):\s*(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new WeirError('WEIR_SINK', `sink '${url.name}': headers: expected NAME:VALUE`);
    return [name, value] as const;
  });
  const { HttpSink } = await import('../sinks/http.js');
  return new HttpSink({
    name: url.name,
    url: `${url.scheme}://${url.host.includes(':') ? `[${url.host}]` : url.host}:${url.port}${url.path}`,
    ...(url.user === '' ? {} : { user: url.user, password: url.password }),
    ...(parameters.token === undefined ? {} : { tokenFile: parameters.token }),
    headers: Object.fromEntries(headers),
    ...tlsOptions(parameters),
    ...(parameters.batchSize === undefined ? {} : { batchOctets: parameters.batchSize }),
    ...(parameters.batchTime === undefined ? {} : { batchSeconds: parameters.batchTime / 1000 }),
    ...(parameters.timeout === undefined ? {} : { timeoutSeconds: parameters.timeout / 1000 }),
    ...(parameters.gzip === undefined ? {} : { gzip: parameters.gzip }),
    ...(parameters.bulk === undefined ? {} : { bulk: parameters.bulk }),
  });
}
