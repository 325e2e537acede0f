// Makes the exporter of one sink from its plan: encoder, options records, spool, queue policy.

import { createHash } from 'node:crypto';
import type { Options } from '../config/options.js';
import { describeError, WeirError } from '../errors.js';
import { eventMask } from '../fields/event_types.js';
import type { Counters, Encoder, Meter, NativeAddon, ObservationPoint } from '../native/boundary.js';
import { type DropCause, type NoticeLevel, systemClock } from '../sinks/sink.js';
import { Spool } from '../spool/index.js';
import { buildSink, defaultMtu, ipv6Headers } from './build_sink.js';
import type { SpoolLost } from './backlog.js';
import { Exporter } from './exporter.js';
import type { ExporterCounters } from './exporter_counters.js';
import { foreignTemplateIds, ForeignTemplates } from './foreign_templates.js';
import {
  applicationRows,
  ignoredPackets,
  interfaceRows,
  LossWatch,
  notSentRecords,
  type OptionsState,
  type OptionsTable,
  optionsTables,
} from './options_records.js';
import { SessionControl } from './session_control.js';
import type { SinkPlan } from './sink_plan.js';
import { type Framing, newOutput } from './units.js';

export interface ExporterSurroundings {
  addon: NativeAddon;
  meter: Meter;
  options: Options;
  /** Number of the sink in the run, from 1. */
  number: number;
  /** Every source is a file: queues make the meter wait instead of dropping. */
  offline: boolean;
  stdout: NodeJS.WritableStream;
  onNotice: (level: NoticeLevel, text: string) => void;
  onLatency: (seconds: number, units: number) => void;
  /** The sink's reader is gone for good. */
  onEnded: () => void;
}

/** Streams and files have no path MTU; messages of this size keep latency and overhead small. */
const streamMessageOctets = 16_384;

interface Ids {
  data: number;
  /** Of templates that an earlier run had, whose records are replayed. */
  foreign: number;
  options: number;
}

/** Collectors that tell sessions apart by address and domain alone would take events for flows: other ids. */
const eventTemplateIds = 256;

function idsOf({ url, events }: SinkPlan, options: Options): Ids {
  const data = url.parameters.templateId ?? options.templateId + (events.length > 0 ? eventTemplateIds : 0);
  return { data, foreign: data + 2, options: data + 2 + foreignTemplateIds };
}

function messageOctets({ url }: SinkPlan): number {
  return url.scheme === 'udp' ? defaultMtu - ipv6Headers : streamMessageOctets;
}

function makeEncoder(plan: SinkPlan, around: ExporterSurroundings): Encoder {
  const { url, format } = plan;
  const { options } = around;
  const ids = idsOf(plan, options);
  const sampled = options.packetSampling > 1 && !options.upscale;
  const { naming } = url.parameters;
  return new around.addon.Encoder(
    {
      format,
      fields4: plan.fields4,
      fields6: plan.fields6,
      biflow: plan.biflow,
      templateId4: ids.data,
      templateId6: ids.data + 1,
      observationDomain: domainOf(plan, options),
      enterprise: options.enterpriseNumber,
      messageSize: messageOctets(plan),
      timeFormat: url.parameters.time === 'ms' || naming === 'nprobe' ? 'milliseconds' : 'iso',
      keyStyle: naming === 'nprobe' ? 'nprobe' : 'plain',
      communityIdSeed: options.communityIdSeed,
      startMs: upTimeStartMs(plan, around),
      activeTimeoutMs: options.activeTimeout,
      idleTimeoutMs: options.idleTimeout,
      oneSetPerMessage: plan.profile === 'goipfix',
      inlineTemplates: plan.standAlone,
      linesPerUnit: plan.linesPerUnit,
      unitKey: plan.unitKey,
      share: plan.share,
      shareOf: plan.shareOf,
      samplingInterval: sampled ? options.packetSampling : 1,
      samplingMode: sampled ? (options.packetSamplingMode === 'random' ? 2 : 1) : 0,
      eventMask: eventMask(plan.events),
    },
    around.meter,
  );
}

function domainOf({ url }: SinkPlan, options: Options): number {
  return url.parameters.domain ?? options.observationDomain;
}

function startMs(): number {
  return Math.round(performance.timeOrigin);
}

/** NetFlow of capture files: records lie before the start of the probe, so their times count from 1970, modulo 2^32. */
function inPacketTime({ format }: SinkPlan, { offline }: ExporterSurroundings): boolean {
  return offline && (format === 'netflow9' || format === 'netflow5');
}

/** What sysUptime counts from, in records and in headers alike. */
function upTimeStartMs(plan: SinkPlan, around: ExporterSurroundings): number {
  return inPacketTime(plan, around) ? 0 : startMs();
}

function framingOf({ format }: SinkPlan): Framing {
  return format === 'json' || format === 'text' ? 'lines' : format;
}

/** The options records of the sink; none where format, profile or user want none, or a Kafka sink has no topic for them. */
function tablesOf(plan: SinkPlan, around: ExporterSurroundings, startMs: () => number): OptionsTable[] {
  const { options } = around;
  const { url, format } = plan;
  const nowhere = plan.standAlone && url.parameters.statisticsTopic === undefined;
  if (!plan.options || nowhere || (format !== 'ipfix' && format !== 'netflow9')) return [];
  const ids = idsOf(plan, options);
  return optionsTables({
    format,
    profile: plan.profile,
    firstId: ids.options,
    domain: domainOf(plan, options),
    enterprise: options.enterpriseNumber,
    exportingProcess: around.number,
    startMs,
    templates: [
      { id: ids.data, fields: plan.fields4 },
      { id: ids.data + 1, fields: plan.fields6 },
    ],
    sampling: {
      packets: options.packetSampling,
      mode: options.packetSamplingMode,
      flows: options.flowSampling,
      upscale: options.upscale,
    },
    legacySampling: plan.url.parameters.legacySampling ?? false,
  });
}

/** What options records say: counters, and when they last grew. */
function stateReader(around: ExporterSurroundings, counters: () => ExporterCounters): () => OptionsState {
  const ignored = new LossWatch();
  const notSent = new LossWatch();
  const interfacesOf = (points: ObservationPoint[]) => {
    try {
      return interfaceRows(points, around.offline ? [] : around.addon.interfaces(''));
    } catch {
      return interfaceRows(points); // without the right to ask, the names are known still
    }
  };
  return () => {
    const state = { exporter: counters(), meter: around.meter.counters() };
    const now = systemClock.wall();
    ignored.note(ignoredPackets(state.meter), now);
    notSent.note(notSentRecords(state), now);
    const points = around.meter.observationPoints();
    const applications = () => (around.options.dpi === 'off' ? [] : applicationRows(around.addon.applications()));
    return { ...state, ignored, notSent, interfaces: interfacesOf(points), points, applications };
  };
}

/** JSON: one line about the sink and the meter, for the statistics topic. */
function statisticsLine(sink: string, exporter: ExporterCounters, meter: Counters): string {
  const time = new Date(systemClock.wall()).toISOString();
  return `${JSON.stringify({ '@type': 'statistics', time, sink, exporter, meter })}\n`;
}

function makeControl(
  plan: SinkPlan,
  around: ExporterSurroundings,
  encoder: Encoder,
  exporter: () => Exporter,
): SessionControl {
  const { url, format } = plan;
  const { parameters } = url;
  const { options } = around;
  const repeats = url.scheme === 'udp' && (format === 'ipfix' || format === 'netflow9');
  const counters = () => exporter().counters();
  const tables = tablesOf(plan, around, () => (inPacketTime(plan, around) ? startMs() : exporter().startMs));
  const lines = framingOf(plan) === 'lines' && plan.options && parameters.statisticsTopic !== undefined;
  const optionsFormat = format === 'netflow9' ? 'netflow9' : 'ipfix';
  return new SessionControl({
    encoder,
    ...(tables.length === 0
      ? {}
      : {
          optionsEncoder: new around.addon.OptionsEncoder(optionsFormat, domainOf(plan, options), messageOctets(plan)),
          optionsTables: tables,
          optionsState: stateReader(around, counters),
        }),
    ...(lines ? { statisticsLines: () => [statisticsLine(url.name, counters(), around.meter.counters())] } : {}),
    statisticsMs: parameters.statistics ?? options.statisticsInterval,
    standAlone: plan.standAlone,
    refreshMs: repeats ? (parameters.refresh ?? options.templateRefresh) : 0,
    refreshMessages: repeats ? (parameters.refreshMessages ?? options.templateRefreshMessages) : 0,
    copies: repeats ? 2 : 1,
  });
}

/** Template messages of a run of an encoder, as the head of a spool segment. */
function templateOctets(encoder: Encoder): Uint8Array {
  const out = newOutput(65_536, 16);
  return out.bytes.slice(0, encoder.templates(0, out).bytes);
}

/**
 * What the units of a plan mean: segments of the spool that say the same need no translation. Templates have their ids,
 * elements, lengths and Observation Domain in their octets; lines say themselves what they are.
 */
function signatureOf({ format }: SinkPlan, head: Uint8Array): string {
  return head.length === 0 ? format : `${format} ${createHash('sha256').update(head).digest('hex')}`;
}

/** Opens the spool of a plan; undefined, with a notice, when its folder cannot be used and the user did not name it. */
async function openSpool(
  plan: SinkPlan,
  around: ExporterSurroundings,
  head: Uint8Array,
  given: (cause: 'spoolFull' | 'spoolError' | 'expired', lost: SpoolLost) => void,
): Promise<Spool | undefined> {
  const { spool } = plan;
  if (spool === undefined) return undefined;
  try {
    return await Spool.open({
      folder: spool.folder,
      kind: framingOf(plan) === 'lines' ? 'ndjson' : 'ipfix',
      signature: signatureOf(plan, head),
      head: () => head,
      keyed: plan.unitKey !== 'none',
      maxOctets: spool.maxOctets,
      maxAgeMs: spool.maxAgeMs,
      fsync: spool.fsync,
      onLost: given,
      onNotice: (level, text) => around.onNotice(level, `${plan.url.name}: ${text}`),
    });
  } catch (error) {
    if (spool.asked || !(error instanceof WeirError)) throw error;
    const why = describeError(error).lines[0] ?? '';
    around.onNotice('warning', `${plan.url.name}: no spool, what it cannot take is dropped (${why}); see --spool`);
    return undefined;
  }
}

/** The exporter of a planned sink, not yet open. Rejects with WeirError for what the user must correct. */
export async function buildExporter(plan: SinkPlan, around: ExporterSurroundings): Promise<Exporter> {
  const { url } = plan;
  const { options } = around;
  const encoder = makeEncoder(plan, around);
  const sink = await buildSink(plan, around);
  // The exporter's counters are what its options records tell, so these need it before it is there.
  let exporter: Exporter | undefined;
  const control = makeControl(plan, around, encoder, () => {
    if (exporter === undefined) throw new Error('options records were asked for before the session');
    return exporter;
  });
  const head = plan.format === 'ipfix' && !plan.standAlone ? templateOctets(encoder) : new Uint8Array(0);
  const early: [DropCause, SpoolLost][] = []; // given up by the spool while it was opened
  const spool = await openSpool(plan, around, head, (cause, lost) => {
    if (exporter === undefined) early.push([cause, lost]);
    else exporter.spoolLost(cause, lost);
  });
  const foreign = new ForeignTemplates(idsOf(plan, options).foreign, signatureOf(plan, head), control);
  exporter = new Exporter({
    encoder,
    sink,
    control,
    framing: framingOf(plan),
    overflow: around.offline ? 'block' : 'dropOldest',
    ...(url.parameters.queue === undefined ? {} : { queueOctets: url.parameters.queue }),
    spool,
    adapt: (units) => foreign.adapt(units),
    maxExportRate: url.parameters.rate ?? options.maxExportRate,
    startMs: upTimeStartMs(plan, around),
    packetTime: inPacketTime(plan, around),
    onNotice: around.onNotice,
    onLatency: around.onLatency,
    onEnded: around.onEnded,
  });
  for (const [cause, lost] of early) exporter.spoolLost(cause, lost);
  return exporter;
}
