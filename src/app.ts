// Builds the parts of a run in order and stops them in reverse: meter, exporters, statistics.

import { join } from 'node:path';
import { attributionOptions, AttributionRun, nodeNameOf, withAttribution } from './attribution_run.js';
import { isSockets } from './config/observation_point.js';
import type { Options } from './config/options.js';
import { parseSinkUrl } from './config/sink_url.js';
import { planDpi, reloadDpi, snapLengthOf } from './dpi_run.js';
import { buildExporter } from './exporting/build_exporter.js';
import type { Exporter } from './exporting/exporter.js';
import {
  borrowsEnterprise,
  measuredElements,
  namesContainers,
  namesEnds,
  onlySockets,
  planSinks,
  type SinkPlan,
} from './exporting/sink_plan.js';
import { loadTemplates } from './fields/template.js';
import type { Identity } from './identity/identity.js';
import { namedHeapOctets } from './metering/batch.js';
import { MeteringProcess } from './metering/metering_process.js';
import type { DpiOptions, Meter, MeterOptions, NativeAddon, SourceOptions } from './native/boundary.js';
import { loadAddon, packageRoot } from './native/load.js';
import { becomeUser, findAccount, warnOfUnreadable } from './privileges.js';
import { processView } from './process_view.js';
import { saySummary } from './run_summary.js';
import type { NoticeLevel } from './sinks/sink.js';
import { giveSpool } from './spool/index.js';
import { StatusRun } from './status_run.js';
import type { Logger } from './telemetry/log.js';
import { createProgress, type Progress } from './telemetry/progress.js';
import { giveStatisticsFolder, type StatisticsPlace, statisticsPlace } from './telemetry/statistics_file.js';
import { type SinkSnapshot, type Snapshot, statsLine } from './telemetry/stats_line.js';
import { StatusLine } from './telemetry/status_line.js';

export interface ProbeEnvironment {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  log: Logger;
  /** RUNTIME_DIRECTORY of systemd. */
  runtimeDirectory?: string | undefined;
}

export interface Probe {
  /** All flows leave with reason forced, sinks flush; `finished` follows within stopMs or so. Idempotent. */
  stop(reason: string): Promise<void>;
  /** SIGHUP: timeouts, statistics interval, log level, protocols and lists change at once; the rest needs a restart. */
  reload(options: Options): Promise<void>;
  /** Files are opened anew. */
  reopen(): void;
  /** How it is, in one line. */
  status(): string;
  /** Its threads whose loop has not turned for so many ms. */
  stalled(ms: number): string[];
  /** Counters of the meter and the sinks now; after the end the last ones. */
  snapshot(): Snapshot;
  /** Exit status of the run: 0, or 1 when a source could not be read to its end. */
  readonly finished: Promise<number>;
}

/** A live run that is asked to end is over within this time, whatever a sink does. */
const stopMs = 8_000;
/** Of it, how long the meter may wait for full exporters. */
const drainMs = 4_000;
const progressMs = 250;

/** Starts metering and exporting. Throws WeirError, WeirErrors or NativeError; then nothing is left running. */
export async function startProbe(options: Options, environment: ProbeEnvironment): Promise<Probe> {
  const run = new Run(withDefaults(options), environment);
  await run.start();
  return run;
}

/** What a run without -i, -r or --to means. */
function withDefaults(options: Options): Options {
  return { ...options, sinks: options.sinks.length > 0 ? options.sinks : [parseSinkUrl('-')] };
}

function sourcesOf(options: Options): SourceOptions[] {
  const files: SourceOptions[] = options.read.map((name) => ({ kind: 'file', name, netns: '' }));
  const interfaces = options.observationPoints.flatMap((point) =>
    point.names.map(
      (name): SourceOptions => ({
        kind: isSockets(point) ? 'sockets' : 'interface',
        name,
        netns: point.netns,
      }),
    ),
  );
  if (files.length > 0 || interfaces.length > 0) return [...files, ...interfaces];
  return [{ kind: 'interface', name: 'any', netns: '' }];
}

function isOffline(sources: readonly SourceOptions[]): boolean {
  return sources.every(({ kind }) => kind === 'file');
}

function meterOptions(options: Options, plans: readonly SinkPlan[], dpi: DpiOptions | null): MeterOptions {
  const sources = sourcesOf(options);
  return {
    sources,
    workers: options.workers,
    cacheSize: options.cacheSize,
    activeTimeoutMs: options.activeTimeout,
    idleTimeoutMs: options.idleTimeout,
    lingerMs: options.lingerTimeout,
    firstPackets: options.firstPackets,
    tunnels: options.tunnels,
    tunnelDepth: options.tunnelDepth,
    fragmentEntries: options.fragmentEntries,
    filter: options.filter,
    snapLength: snapLengthOf(options, dpi, isOffline(sources)),
    promiscuous: options.promiscuous,
    direction: options.direction,
    captureRing: options.captureRing,
    recordRing: recordRingOctets,
    packetSampling: options.packetSampling,
    packetSamplingMode: options.packetSamplingMode,
    flowSampling: options.flowSampling,
    upscale: options.upscale,
    elements: measuredElements(plans),
    dpi,
  };
}

/** Octets of one worker's ring of finished records: about 30,000 small records, or 10,000 full ones. */
const recordRingOctets = 8 << 20;

class Run implements Probe {
  readonly finished: Promise<number>;
  #options: Options;
  #environment: ProbeEnvironment;
  #log: Logger;
  #metering: MeteringProcess | undefined;
  #attribution: AttributionRun | undefined;
  #dpi: DpiOptions | null = null;
  #exporters: Exporter[] = [];
  #offline: boolean;
  #progress: Progress | undefined;
  #status: StatusRun | undefined;
  #statistics: StatisticsPlace | undefined;
  #started = false;
  #timers: NodeJS.Timeout[] = [];
  #statsTimer: NodeJS.Timeout | undefined;
  #before: { at: number; snapshot: Snapshot } | undefined;
  #statusLine = new StatusLine();
  #stopping = false;
  /** The native half is closed, and answers no more. */
  #over = false;
  #stopAsked: Promise<void>;
  #askStop: () => void = () => {};
  #resolve: (status: number) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(options: Options, environment: ProbeEnvironment) {
    this.#options = options;
    this.#environment = environment;
    this.#log = environment.log;
    this.#offline = isOffline(sourcesOf(options));
    this.#statistics = statisticsPlace(options.statisticsFile, {
      live: !this.#offline,
      pid: process.pid,
      uid: process.getuid?.() ?? -1,
      runtimeDirectory: environment.runtimeDirectory,
    });
    this.#stopAsked = new Promise((resolve) => {
      this.#askStop = resolve;
    });
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  async start(): Promise<void> {
    const templates = loadTemplates(join(packageRoot(), 'templates'), this.#options.enterpriseNumber);
    const plans = planSinks(this.#options, templates, this.#environment.stdout.isTTY === true, this.#offline);
    this.#options = withAttribution(this.#options, plans);
    const addon = loadAddon();
    this.#warn(plans);
    this.#lookInside(addon, plans);
    const identity = await this.#identify(plans);
    if (this.#options.user !== '') await this.#becomeUser(addon, plans);
    const metering = this.#build(addon, plans, identity);
    try {
      await this.#buildExporters(addon, plans, metering.meter);
      const takes = (events: boolean) =>
        this.#exporters.filter((_, index) => plans[index]!.events.length > 0 === events);
      metering.setConsumers(takes(false));
      this.#status = this.#show(addon);
      await this.#status.start();
      await Promise.all(this.#exporters.map((exporter) => exporter.open()));
      // Privileges are what they stay: its threads read /proc with what --user kept.
      this.#attribution?.start(takes(true));
      this.#before = { at: performance.now(), snapshot: this.snapshot() };
      metering.start();
      this.#lookForChanges();
      this.#started = true;
    } catch (error) {
      await this.#status?.close();
      metering.close();
      this.#attribution?.close();
      await Promise.all(this.#exporters.map((exporter) => exporter.finish(0)));
      throw error;
    }
    this.#sayStarted();
    this.#startTimers();
    metering.ended.then(() => this.#end(), this.#reject);
  }

  /** Applications and facts; the key of --dpi-privacy is read while we still may. */
  #lookInside(addon: NativeAddon, plans: readonly SinkPlan[]): void {
    const { native, notices } = planDpi(this.#options, plans, addon);
    this.#dpi = native;
    for (const { level, text } of notices) this.#log.log(level, text);
  }

  /** The new user may not make folders where spools and the statistics file are: they are made before. */
  async #becomeUser(addon: NativeAddon, plans: readonly SinkPlan[]): Promise<void> {
    const { uid, gid } = findAccount(this.#options.user);
    if (process.getuid?.() === 0) await this.#giveSpools(plans, uid, gid);
    if (process.getuid?.() === 0 && this.#statistics) await giveStatisticsFolder(this.#statistics, uid, gid);
    becomeUser(addon, this.#options, this.#log);
    if (!this.#offline) warnOfUnreadable(this.#options, this.#log);
  }

  async #giveSpools(plans: readonly SinkPlan[], uid: number, gid: number): Promise<void> {
    for (const { spool } of plans) {
      const why = spool && (await giveSpool(spool.folder, uid, gid));
      if (why === undefined) continue;
      this.#log.warning(
        `spool ${spool?.folder} is not handed over to --user ${this.#options.user}: ${why}; ` +
          'give this run a folder of its own with --spool, or chown this one if nobody else needs it',
      );
    }
  }

  /** Container runtimes, where they are needed; targets of Observation Points are resolved while we may still ask. */
  async #identify(plans: readonly SinkPlan[]): Promise<Identity | undefined> {
    const { attribution, observationPoints, containerRuntimes } = this.#options;
    const targets = observationPoints.some(({ target }) => target !== undefined);
    const named = attribution !== 'off' && namesContainers(plans);
    if (!targets && !named) return undefined;
    // Its libraries cost start-up time, and only this needs them.
    const [{ Identity }, { resolveTargets }, { parseRuntimeSocket }] = await Promise.all([
      import('./identity/identity.js'),
      import('./identity/resolve_targets.js'),
      import('./identity/runtimes.js'),
    ]);
    const identity = new Identity({
      log: this.#log,
      sockets: containerRuntimes.map(parseRuntimeSocket),
      nodeName: nodeNameOf(this.#options, plans),
    });
    try {
      const resolved = await resolveTargets(observationPoints, identity);
      this.#options = { ...this.#options, observationPoints: resolved };
      if (named) return identity;
    } catch (error) {
      identity.close();
      throw error;
    }
    identity.close();
    return undefined;
  }

  #build(addon: NativeAddon, plans: readonly SinkPlan[], identity: Identity | undefined): MeteringProcess {
    const asked = attributionOptions(this.#options, plans);
    if (asked) {
      this.#attribution = new AttributionRun(addon, asked, {
        options: this.#options,
        log: this.#log,
        names: identity,
        view: processView(addon.capabilities()),
        onFailure: this.#reject,
      });
    }
    const who = this.#attribution?.native ?? null;
    const metering = new MeteringProcess({
      createMeter: (wake) => new addon.Meter(meterOptions(this.#options, plans, this.#dpi), wake, who),
      offline: this.#offline,
      ...(who === null ? {} : { heapOctets: namedHeapOctets }),
      onNotice: ({ level, code, text }) => {
        this.#log.notice('meter', level, text, code === '' ? {} : { code });
        this.#lookForChanges(); // an interface has come or gone
      },
    });
    this.#metering = metering;
    return metering;
  }

  #lookForChanges(): void {
    for (const exporter of this.#exporters) exporter.lookForChanges();
  }

  /** One after the other, so that what is open already can be closed when one cannot be built. */
  async #buildExporters(addon: NativeAddon, plans: readonly SinkPlan[], meter: Meter): Promise<void> {
    for (const [index, plan] of plans.entries()) {
      const exporter = await buildExporter(plan, {
        addon,
        meter,
        options: this.#options,
        number: index + 1,
        offline: this.#offline,
        stdout: this.#environment.stdout,
        onNotice: (level, text) => this.#notice(`sink ${index}`, level, text),
        onLatency: (seconds, units) => this.#status?.observeLatency(index, seconds, units),
        onEnded: () => void this.stop('the reader of the output is gone'),
      });
      this.#exporters.push(exporter);
    }
  }

  /** Sinks hold back what repeats themselves; collectors that answer something else each time must not flood either. */
  #notice(from: string, level: NoticeLevel, text: string): void {
    if (level === 'info') this.#log.info(text);
    else this.#log.notice(from, level, text);
  }

  /** Pages, metrics and the statistics file, where asked for. */
  #show(addon: NativeAddon): StatusRun {
    return new StatusRun({
      options: () => this.#options,
      log: this.#log,
      addon,
      dpi: this.#dpi !== null,
      metering: () => this.#started && !this.#stopping,
      counters: () => this.#metering!.counters(),
      points: () => this.#metering!.observationPoints(),
      attribution: () => this.#attribution?.reading(),
      exporters: () => this.#exporters,
      stalled: (ms) => this.stalled(ms),
      statistics: this.#statistics,
    });
  }

  #warn(plans: readonly SinkPlan[]): void {
    const borrowed = plans.find((plan) => borrowsEnterprise(plan, this.#options));
    if (borrowed) {
      this.#log.warning(
        `${borrowed.url.name} gets weir's own fields under enterprise number ${this.#options.enterpriseNumber}, ` +
          'which is for documentation only; set your own with --enterprise-number',
      );
    }
    for (const { url, leftOut, format } of plans) {
      const what = format === 'json' ? `naming ${url.parameters.naming}` : format;
      if (leftOut.length > 0) this.#log.info(`${url.name}: ${what} has no place for ${leftOut.join(', ')}: left out`);
    }
    if (onlySockets(this.#options) && plans.some(({ events }) => events.length === 0))
      this.#log.info('no packets are captured: octets are those of payloads (transportOctetDeltaCount)');
    if (this.#offline && namesEnds(plans.filter(({ format }) => format !== 'text')))
      this.#log.info('capture files do not tell who is at the ends of a flow: such fields stay empty');
    const { flowVersion } = this.#options;
    const netflow = plans.some(({ format }) => format === 'netflow9' || format === 'netflow5');
    if ((flowVersion === '9' || flowVersion === '5') && !netflow) {
      this.#log.warning(`--flow-version ${flowVersion} is for udp sinks that name no format, and there is none here`);
    }
  }

  /** What is metered, in words. */
  #subject(): string {
    if (this.#offline) return `reading ${this.#options.read.join(', ')}`;
    const points = this.#metering!.observationPoints().map(({ name }) => name);
    return `metering ${points.join(', ') || 'nothing: no interface matches yet'}`;
  }

  #sayStarted(): void {
    const waiting = !this.#offline && this.#metering!.observationPoints().length === 0;
    const sinks = this.#exporters.map((exporter) => exporter.name).join(' ');
    this.#log.log(waiting ? 'warning' : 'info', this.#subject(), { sinks });
  }

  #startTimers(): void {
    if (this.#offline && this.#options.progress) this.#progress = createProgress(this.#environment.stderr);
    if (this.#progress) {
      this.#timers.push(setInterval(() => this.#progress?.update(this.#metering!.counters()), progressMs));
    }
    this.#armStats(this.#options.stats);
  }

  #armStats(everyMs: number): void {
    clearInterval(this.#statsTimer);
    if (everyMs > 0) this.#statsTimer = setInterval(() => this.#printStats(), everyMs);
  }

  #printStats(): void {
    const now = { at: performance.now(), snapshot: this.snapshot() };
    const before = this.#before ?? now;
    this.#before = now;
    this.#log.plain(statsLine(now.snapshot, before.snapshot, now.at - before.at));
  }

  snapshot(): Snapshot {
    const sinks = this.#exporters.map((exporter): SinkSnapshot => {
      const counters = exporter.counters();
      const { exported: records, octets: bytes, dropped, queued, spooled } = counters;
      return { name: exporter.name, records, bytes, dropped, queued, spooled, connected: exporter.connected };
    });
    const attribution = this.#attribution?.reading().counters;
    const dpi = this.#dpi !== null;
    return { meter: this.#metering!.counters(), dpi, ...(attribution ? { attribution } : {}), sinks };
  }

  async stop(reason: string): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#askStop();
    this.#log.info(`stopping: ${reason}`);
    this.#metering!.stop();
    // A file reader that waits for a slow sink is let go too; what the sinks cannot take by then is dropped and counted.
    const timer = setTimeout(() => {
      for (const exporter of this.#exporters) exporter.stopBlocking();
      this.#metering!.stopWaiting();
    }, drainMs);
    await this.finished.catch(() => 0);
    clearTimeout(timer);
  }

  /** The last record was handed on: sinks finish, the summary is said. */
  async #end(): Promise<void> {
    try {
      this.#attribution?.finish();
      const finish = (ms: number) => Promise.all(this.#exporters.map((exporter) => exporter.finish(ms)));
      // A file run waits for its sinks however long it takes, until it is asked to stop.
      const bounded = () => finish(stopMs - drainMs);
      if (this.#offline && !this.#stopping) {
        await Promise.race([finish(Number.POSITIVE_INFINITY), this.#stopAsked.then(bounded)]);
      } else {
        await bounded();
      }
      await this.#status?.close();
      const counters = this.#metering!.counters();
      this.#over = true;
      this.#metering!.close();
      this.#attribution?.close();
      for (const timer of [...this.#timers, this.#statsTimer]) clearInterval(timer);
      this.#progress?.stop();
      saySummary(this.#log, counters, this.#dpi !== null, this.#attribution?.reading(), this.#exporters);
      this.#resolve(counters.readErrors > 0 ? 1 : 0);
    } catch (error) {
      this.#reject(error);
    }
  }

  reload(options: Options): Promise<void> {
    this.#metering!.meter.setTimeouts(options.activeTimeout, options.idleTimeout);
    this.#armStats(options.stats);
    this.#log.setLevel(options.logLevel);
    this.#options = {
      ...this.#options,
      activeTimeout: options.activeTimeout,
      idleTimeout: options.idleTimeout,
      stats: options.stats,
      logLevel: options.logLevel,
    };
    this.#log.info('reloaded', {
      activeTimeout: `${options.activeTimeout} ms`,
      idleTimeout: `${options.idleTimeout} ms`,
    });
    reloadDpi(this.#dpi, this.#metering!.meter, this.#log);
    this.#lookForChanges(); // names of applications
    return Promise.resolve();
  }

  reopen(): void {
    for (const exporter of this.#exporters) exporter.reopen();
  }

  status(): string {
    if (this.#over) return 'ended';
    return this.#statusLine.next(this.#subject(), this.snapshot(), performance.now());
  }

  stalled(ms: number): string[] {
    if (this.#over) return [];
    return [...this.#metering!.meter.stalled(ms), ...(this.#attribution?.native.stalled(ms) ?? [])];
  }
}
