// Makes the exporter of one sink from its plan: encoder, transport, queue policy.

import type { Options } from '../config/options.js';
import type { Encoder, Meter, NativeAddon } from '../native/boundary.js';
import { FileSink, NoneSink, type NoticeLevel, type Sink, StdoutSink, TcpSink, UdpSink } from '../sinks/index.js';
import { Exporter } from './exporter.js';
import type { SinkPlan } from './sink_plan.js';

export interface ExporterSurroundings {
  addon: NativeAddon;
  meter: Meter;
  options: Options;
  /** Every source is a file: queues make the meter wait instead of dropping. */
  offline: boolean;
  stdout: NodeJS.WritableStream;
  onNotice: (level: NoticeLevel, text: string) => void;
  /** The sink's reader is gone for good. */
  onEnded: () => void;
}

/** Ethernet's MTU, unless the path is known to take more: what collectors are made for. */
const defaultMtu = 1500;
/** Streams and files have no path MTU; messages of this size keep latency and overhead small. */
const streamMessageOctets = 16_384;
const ipv6Headers = 48;

function makeEncoder(plan: SinkPlan, around: ExporterSurroundings): Encoder {
  const { url, format } = plan;
  const { options } = around;
  const templateId = url.parameters.templateId ?? options.templateId;
  return new around.addon.Encoder(
    {
      format,
      fields4: plan.fields4,
      fields6: plan.fields6,
      biflow: plan.biflow,
      templateId4: templateId,
      templateId6: templateId + 1,
      observationDomain: url.parameters.domain ?? options.observationDomain,
      enterprise: options.enterpriseNumber,
      messageSize: url.scheme === 'udp' ? defaultMtu - ipv6Headers : streamMessageOctets,
      timeFormat: url.parameters.time === 'ms' || url.parameters.naming === 'nprobe' ? 'milliseconds' : 'iso',
      keyStyle: url.parameters.naming === 'nprobe' ? 'nprobe' : 'plain',
      communityIdSeed: options.communityIdSeed,
      startMs: Math.round(performance.timeOrigin),
      activeTimeoutMs: options.activeTimeout,
      idleTimeoutMs: options.idleTimeout,
      oneSetPerMessage: false,
      inlineTemplates: false,
      linesPerUnit: 1,
      unitKey: 'none',
      share: 0,
      shareOf: 1,
      samplingInterval: 1,
      samplingMode: 0,
    },
    around.meter,
  );
}

/** UDP payload octets at most for an MTU; 0 = whatever the path takes. The larger (IPv6) headers are assumed. */
function payloadLimit(mtu: number): number {
  return mtu === 0 ? 0 : Math.max(512, mtu) - ipv6Headers;
}

function makeSink(plan: SinkPlan, around: ExporterSurroundings): Sink {
  const { url } = plan;
  const { parameters } = url;
  switch (url.scheme) {
    case 'udp':
      return new UdpSink({
        name: url.text,
        host: url.host,
        port: url.port,
        maxPayload: payloadLimit(parameters.mtu ?? defaultMtu),
        sendBuffer: parameters.sendBuffer ?? 0,
        bind: parameters.bind ?? '',
        openSender: (options) => new around.addon.UdpSender(options),
      });
    case 'tcp':
      return new TcpSink({ name: url.text, host: url.host, port: url.port, bind: parameters.bind ?? '' });
    case 'file':
      return new FileSink({
        name: url.text,
        path: url.path,
        append: parameters.append ?? false,
        rotateSeconds: Math.round((parameters.rotate ?? 0) / 1000),
        rotateOctets: parameters.size ?? 0,
        compress: parameters.compress ?? 'none',
      });
    case 'stdout':
      return new StdoutSink({ name: url.text, stream: around.stdout as import('node:stream').Writable });
    case 'none':
      return new NoneSink();
  }
}

/** The exporter of a planned sink, not yet open. */
export function buildExporter(plan: SinkPlan, around: ExporterSurroundings): Exporter {
  const { url, format } = plan;
  const { options } = around;
  const templated = format === 'ipfix' && url.scheme === 'udp';
  return new Exporter({
    encoder: makeEncoder(plan, around),
    sink: makeSink(plan, around),
    framing: format === 'ipfix' ? 'ipfix' : 'lines',
    overflow: around.offline ? 'block' : 'dropOldest',
    ...(url.parameters.queue === undefined ? {} : { queueOctets: url.parameters.queue }),
    templateRefreshMs: templated ? (url.parameters.refresh ?? options.templateRefresh) : 0,
    templateRefreshMessages: templated ? (url.parameters.refreshMessages ?? options.templateRefreshMessages) : 0,
    templateCopies: templated ? 2 : 1,
    maxExportRate: url.parameters.rate ?? options.maxExportRate,
    onNotice: around.onNotice,
    onEnded: around.onEnded,
  });
}
