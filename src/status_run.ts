// How a run is seen from outside, over its life: the listener (/status, /metrics, health), the statistics file, and the
// rates that both tell.
import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import type { AttributionReading } from './attribution_run.js';
import type { Options } from './config/options.js';
import type { Exporter } from './exporting/exporter.js';
import type { Counters, NativeAddon, ObservationPoint } from './native/boundary.js';
import { packageVersion } from './native/load.js';
import type { HealthListener } from './telemetry/health_listener.js';
import { listenAddressText, parseListenAddress } from './telemetry/listen_address.js';
import type { Logger } from './telemetry/log.js';
import type { Metrics } from './telemetry/metrics.js';
import { StatisticsFile, type StatisticsPlace } from './telemetry/statistics_file.js';
import {
  type AttributionStatusReading,
  type ProcessReading,
  readStatus,
  type StatusDocument,
  type StatusReading,
  type StatusSources,
} from './telemetry/status.js';
import { StatusHistory, type Totals } from './telemetry/status_history.js';

/** The parts of a run, as they are now. */
export interface SeenRun {
  options: () => Options;
  log: Logger;
  addon: NativeAddon;
  dpi: boolean;
  metering: () => boolean;
  counters: () => Counters;
  points: () => readonly ObservationPoint[];
  attribution: () => AttributionReading | undefined;
  exporters: () => readonly Exporter[];
  /** Threads whose loop has not turned for so many ms. */
  stalled: (ms: number) => string[];
  /** undefined: there is no statistics file. */
  statistics: StatisticsPlace | undefined;
}

const sampleMs = 2_000;
/** Five minutes. */
const historyPoints = 150;
const fileMs = 1_000;
/** A thread stands still that has not turned for so long: what the units' watchdog takes for it too. */
const stalledMs = 15_000;

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** Processor time and lateness of this process between two samples. */
class ProcessGauge {
  #at = performance.now();
  #used = process.cpuUsage();
  #cpu = 0;
  #lateMs = 0;

  /** At each sample. */
  note(): void {
    const at = performance.now();
    const elapsed = at - this.#at;
    const { user, system } = process.cpuUsage(this.#used);
    this.#cpu = elapsed > 0 ? (user + system) / 1000 / elapsed : 0;
    this.#lateMs = Math.max(0, elapsed - sampleMs);
    this.#at = at;
    this.#used = process.cpuUsage();
  }

  read(): Omit<ProcessReading, 'stalledThreads'> {
    const { user, system } = process.cpuUsage();
    return {
      residentBytes: process.memoryUsage.rss(),
      openDescriptors: readdirSync('/proc/self/fd').length - 1, // not the one that reads
      cpuSeconds: Math.round((user + system) / 1000) / 1000,
      cpu: Math.round(this.#cpu * 1000) / 1000,
      eventLoopDelayMs: Math.round(this.#lateMs * 10) / 10,
    };
  }
}

/** Why nobody is named, where that is no failure. */
function whyOff({ read, attribution }: Options): string {
  if (read.length > 0) return 'capture files do not tell who is at the ends of a flow';
  return attribution === 'off' ? 'not asked for: no template names the ends of flows, or --attribution off' : '';
}

export class StatusRun {
  readonly #run: SeenRun;
  readonly #sources: StatusSources;
  readonly #history: StatusHistory;
  readonly #process = new ProcessGauge();
  #metrics: Metrics | undefined;
  #listener: HealthListener | undefined;
  #file: StatisticsFile | undefined;
  #timers: NodeJS.Timeout[] = [];

  constructor(run: SeenRun) {
    this.#run = run;
    this.#history = new StatusHistory(sampleMs, run.options().metrics === '' ? 0 : historyPoints);
    this.#sources = this.#makeSources();
  }

  /** Opens what is asked for; rejects with WeirError WEIR_LISTEN. Before the sinks open. */
  async start(): Promise<void> {
    const { statistics } = this.#run;
    if (this.#run.options().metrics !== '') await this.#listen();
    if (statistics !== undefined) this.#openFile(statistics);
    if (this.#listener === undefined && this.#file === undefined) return;
    this.#sample();
    this.#timers.push(setInterval(() => this.#sample(), sampleMs));
  }

  /** `units` messages or lines of this sink took so long from encoding to hand-over. */
  observeLatency(sink: number, seconds: number, units: number): void {
    this.#metrics?.observe(sink, seconds, units);
  }

  /** Before the Meter closes. Idempotent. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([this.#listener?.close(), this.#file?.close()]);
  }

  reading(): StatusReading {
    return readStatus(this.#sources, this.#history.rates, this.#history.sinkRates);
  }

  document(): StatusDocument {
    return { ...this.reading(), history: this.#history.columns() };
  }

  #sample(): void {
    const { octets, packets, frames, flowsCreated, records, kernelDrops, recordsDropped } = this.#run.counters();
    const totals: Totals = {
      frames,
      packets,
      octets,
      flows: flowsCreated,
      records: sum(records),
      lost: kernelDrops + recordsDropped,
      sinks: this.#run.exporters().map((exporter) => exporter.counters()),
    };
    this.#history.note(totals, performance.now());
    this.#process.note();
  }

  async #listen(): Promise<void> {
    const { options, log, addon } = this.#run;
    // prom-client costs start-up time, and only this needs it.
    const [{ Metrics }, { HealthListener }] = await Promise.all([
      import('./telemetry/metrics.js'),
      import('./telemetry/health_listener.js'),
    ]);
    this.#metrics = new Metrics({
      meter: () => this.#run.counters(),
      attribution: () => this.#attribution(),
      sinks: () => this.#run.exporters().map((exporter) => ({ name: exporter.name, counters: exporter.counters() })),
      versions: { version: packageVersion(), node: process.version, ...addon.versions, ...this.#ndpiVersion() },
    });
    this.#listener = new HealthListener({
      address: parseListenAddress(options().metrics),
      metrics: this.#metrics,
      readiness: () => ({
        metering: this.#run.metering(),
        sinks: this.#run.exporters().map((exporter) => ({
          name: exporter.name,
          session: exporter.connected,
          spooling: exporter.spooling,
          reason: exporter.failure,
        })),
      }),
      stalled: () => this.#run.stalled(stalledMs),
      status: () => this.document(),
      onNotice: (level, text) => log.notice('listener', level, text),
    });
    await this.#listener.listen();
    log.info(`serving /status, /metrics, /healthz and /readyz on ${listenAddressText(this.#listener.address)}`);
  }

  #openFile(place: StatisticsPlace): void {
    const { log } = this.#run;
    this.#file = new StatisticsFile({
      place,
      json: () => this.document(),
      text: () => this.reading(),
      onFailure: (text) => log.repeated(text, 'warning', text),
    });
    const write = (): void => void this.#file?.write();
    write();
    this.#timers.push(setInterval(write, fileMs));
    log.debug(`statistics file ${this.#file.path}`);
  }

  /** Where it is in use: loading the library only to ask it would cost every run. */
  #ndpiVersion(): { ndpi?: string } {
    const { addon, dpi } = this.#run;
    const { available, version } = dpi ? addon.dpi() : { available: false, version: '' };
    return available ? { ndpi: version } : {};
  }

  #attribution(): AttributionStatusReading {
    const reading = this.#run.attribution();
    return reading ?? { status: { tier: 'off', reason: whyOff(this.#run.options()), programs: [] } };
  }

  #makeSources(): StatusSources {
    const { options, dpi, metering, counters, points, exporters } = this.#run;
    return {
      version: packageVersion(),
      host: hostname(),
      pid: process.pid,
      startedMs: Date.now() - process.uptime() * 1000,
      nowMs: Date.now,
      uptimeSeconds: () => process.uptime(),
      metering,
      dpi,
      points: () => points().map(({ name, interface: index, netns }) => ({ name, interface: index, netns })),
      meter: counters,
      attribution: () => this.#attribution(),
      sinks: () =>
        exporters().map((exporter) => ({
          name: exporter.name,
          session: exporter.connected,
          spooling: exporter.spooling,
          counters: exporter.counters(),
        })),
      configuration: () => {
        const now = options();
        return {
          files: now.read,
          filter: now.filter !== '',
          workers: now.workers,
          packetSampling: now.packetSampling,
          flowSampling: now.flowSampling,
          activeTimeoutMs: now.activeTimeout,
          idleTimeoutMs: now.idleTimeout,
        };
      },
      process: () => ({ ...this.#process.read(), stalledThreads: this.#run.stalled(stalledMs) }),
    };
  }
}
