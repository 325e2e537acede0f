// Prometheus metrics (text format 0.0.4) from snapshots of the counters. Reads only when asked; the packet path and the
// exporters know nothing of it.
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { LatencyHistogram } from './latency.js';
import {
  attributionLines,
  type AttributionReading,
  meterLines,
  type MeterReading,
  type MetricLine,
  sinkLines,
  type SinkReading,
} from './metric_tables.js';
import { sinkLabels, sinkScheme } from './sink_label.js';

export interface MetricsOptions {
  /** Counters of the Meter; undefined while there is none. */
  meter: () => MeterReading | undefined;
  attribution: () => AttributionReading;
  /** Every sink in the order of --to; the name as the user wrote it (secrets do not get into labels). */
  sinks: () => readonly { name: string; counters: SinkReading }[];
  /** Labels of weir_build_info: { version: '0.1.0', node: 'v20.1.0', libpcap: '1.10.3' }. */
  versions: Readonly<Record<string, string>>;
}

type Labels = Readonly<Record<string, string>>;

/** One metric of the tables, filled from snapshots. */
class Family<S> {
  readonly #line: MetricLine<S>;
  readonly #counter: Counter | undefined;
  readonly #gauge: Gauge | undefined;
  /** Largest value seen by labels: the counter goes on by the difference, so it never falls and never counts twice. */
  readonly #seen = new Map<string, number>();

  constructor(registry: Registry, line: MetricLine<S>, labels: readonly string[]) {
    this.#line = line;
    const labelNames = line.label === undefined ? [...labels] : [...labels, line.label];
    const config = { name: line.name, help: line.help, labelNames, registers: [registry] };
    if (line.kind === 'counter') this.#counter = new Counter(config);
    else this.#gauge = new Gauge(config);
    (this.#counter ?? this.#gauge)?.remove({}); // without labels it begins with a sample of 0: unknown is absent
  }

  fill(reading: S, labels: Labels): void {
    const value = this.#line.read(reading);
    if (value === null) return;
    if (typeof value === 'number') {
      this.#set(labels, value);
      return;
    }
    for (const [name, count] of Object.entries(value))
      this.#set({ ...labels, [this.#line.label ?? 'name']: name }, count);
  }

  #set(labels: Labels, value: number): void {
    this.#gauge?.set(labels, value);
    if (!this.#counter) return;
    const key = JSON.stringify(Object.values(labels));
    const seen = this.#seen.get(key) ?? 0;
    this.#counter.inc(labels, Math.max(0, value - seen));
    this.#seen.set(key, Math.max(value, seen));
  }
}

/** The text format's escapes of a label value. */
function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #meter: Family<MeterReading>[];
  readonly #attribution: Family<AttributionReading>[];
  readonly #sinks: Family<SinkReading>[];
  readonly #latency = new LatencyHistogram(
    'weir_export_latency_seconds',
    'From the encoding of a message or line to its hand-over to the kernel, the medium or the broker.',
  );
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: MetricsOptions) {
    this.#options = options;
    const versions = Object.entries(options.versions).map(([name, text]) => [name.replace(/\W/g, '_'), text] as const);
    new Gauge({
      name: 'weir_build_info',
      help: 'Versions of weir and of what it is linked to, as labels; always 1.',
      labelNames: versions.map(([name]) => name),
      registers: [this.#registry],
    }).set(Object.fromEntries(versions), 1);
    this.#meter = meterLines.map((line) => new Family(this.#registry, line, []));
    this.#attribution = attributionLines.map((line) => new Family(this.#registry, line, []));
    this.#sinks = sinkLines.map((line) => new Family(this.#registry, line, ['sink', 'scheme']));
    collectDefaultMetrics({ register: this.#registry, prefix: 'weir_' });
  }

  /** `units` messages or lines of the sink at this place of sinks() took so long from encoding to hand-over. */
  observe(sink: number, seconds: number, units: number): void {
    this.#latency.observe(sink, seconds, units);
  }

  /** The text of /metrics; all samples of one text are of one moment. */
  render(): Promise<string> {
    // One after the other: a snapshot must not change while prom-client writes the one before.
    const text = this.#last.then(() => this.#render());
    this.#last = text.catch(() => undefined);
    return text;
  }

  async #render(): Promise<string> {
    const meter = this.#options.meter();
    if (meter) for (const family of this.#meter) family.fill(meter, {});
    const attribution = this.#options.attribution();
    for (const family of this.#attribution) family.fill(attribution, {});
    const sinks = this.#options.sinks();
    const labels = sinkLabels(sinks.map(({ name }) => name)).map((sink, index) => ({
      sink,
      scheme: sinkScheme(sinks[index]?.name ?? ''),
    }));
    for (const [index, { counters }] of sinks.entries()) {
      for (const family of this.#sinks) family.fill(counters, labels[index] ?? {});
    }
    const latency = this.#latency.text(
      labels.map(({ sink, scheme }) => `sink="${escapeLabel(sink)}",scheme="${escapeLabel(scheme)}"`),
    );
    return `${await this.#registry.metrics()}\n${latency}`;
  }
}
