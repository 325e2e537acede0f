// Export latency by sink, as a Prometheus histogram. Own sums instead of prom-client's: one call may stand for thousands
// of units, and its histogram takes one at a time.

/** Upper bounds of the buckets, seconds. */
export const latencyBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

interface Sums {
  /** Units in each bucket alone; the last one is above all bounds. */
  counts: number[];
  seconds: number;
  units: number;
}

export class LatencyHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #sinks: Sums[] = [];

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  /** `units` units of sink number `sink` took this long; what is not a time (negative, NaN) counts as 0 s. */
  observe(sink: number, seconds: number, units: number): void {
    if (!(units > 0)) return;
    const time = seconds > 0 ? seconds : 0;
    const sums = this.#of(sink);
    const bucket = latencyBounds.findIndex((bound) => time <= bound);
    const index = bucket < 0 ? latencyBounds.length : bucket;
    sums.counts[index] = (sums.counts[index] ?? 0) + units;
    sums.seconds += time * units;
    sums.units += units;
  }

  /** Text format (version 0.0.4); labels[i] is what stands in the braces of sink i, escaped. */
  text(labels: readonly string[]): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`];
    for (const [sink, label] of labels.entries()) {
      const { counts, seconds, units } = this.#of(sink);
      let sum = 0;
      for (const [index, bound] of latencyBounds.entries()) {
        sum += counts[index] ?? 0;
        lines.push(`${this.#name}_bucket{le="${bound}",${label}} ${sum}`);
      }
      lines.push(`${this.#name}_bucket{le="+Inf",${label}} ${units}`);
      lines.push(`${this.#name}_sum{${label}} ${seconds}`, `${this.#name}_count{${label}} ${units}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #of(sink: number): Sums {
    let sums = this.#sinks[sink];
    if (sums === undefined) {
      sums = { counts: latencyBounds.map(() => 0).concat(0), seconds: 0, units: 0 };
      this.#sinks[sink] = sums;
    }
    return sums;
  }
}
