// Rates of the last minutes, from snapshots that the probe takes itself: whoever asks, and how often, changes nothing.

/** Counters whose growth is a rate. */
export interface Totals {
  frames: number;
  packets: number;
  octets: number;
  flows: number;
  /** Flow records that left the cache. */
  records: number;
  /** Frames and records that were lost before any sink: kernel, record ring. */
  lost: number;
  sinks: readonly { exported: number; octets: number }[];
}

/** A second, over an interval of `seconds`; 0 seconds = nothing is known yet. */
export interface Rates {
  seconds: number;
  frames: number;
  packets: number;
  bits: number;
  flows: number;
  records: number;
  lost: number;
}

/** A second. */
export interface SinkRates {
  records: number;
  octets: number;
}

/** One column a rate, oldest first. */
export interface HistoryColumns {
  intervalMs: number;
  packets: readonly number[];
  bits: readonly number[];
  flows: readonly number[];
  lost: readonly number[];
}

const columns = ['packets', 'bits', 'flows', 'lost'] as const;
const none: Rates = { seconds: 0, frames: 0, packets: 0, bits: 0, flows: 0, records: 0, lost: 0 };

/** One decimal is enough for eyes, and keeps documents short. */
const rounded = (value: number): number => Math.round(value * 10) / 10;

export class StatusHistory {
  readonly #intervalMs: number;
  readonly #points: number;
  readonly #kept: Record<(typeof columns)[number], number[]> = { packets: [], bits: [], flows: [], lost: [] };
  #before: { at: number; totals: Totals } | undefined;
  #rates: Rates = none;
  #sinkRates: readonly SinkRates[] = [];

  /** Keeps so many points; note() is to come once an interval. */
  constructor(intervalMs: number, points: number) {
    this.#intervalMs = intervalMs;
    this.#points = points;
  }

  get rates(): Rates {
    return this.#rates;
  }

  get sinkRates(): readonly SinkRates[] {
    return this.#sinkRates;
  }

  /** atMs is monotonic. Nothing falls: what a sink gave back is no negative rate. */
  note(totals: Totals, atMs: number): void {
    const before = this.#before;
    this.#before = { at: atMs, totals };
    if (before === undefined || atMs <= before.at) return;
    const seconds = (atMs - before.at) / 1000;
    const rate = (now: number, then: number): number => rounded(Math.max(0, now - then) / seconds);
    const of = (name: 'frames' | 'packets' | 'flows' | 'records' | 'lost'): number =>
      rate(totals[name], before.totals[name]);
    this.#rates = {
      seconds: Math.round(seconds * 1000) / 1000,
      frames: of('frames'),
      packets: of('packets'),
      bits: rate(totals.octets * 8, before.totals.octets * 8),
      flows: of('flows'),
      records: of('records'),
      lost: of('lost'),
    };
    this.#sinkRates = totals.sinks.map(({ exported, octets }, index) => ({
      records: rate(exported, before.totals.sinks[index]?.exported ?? 0),
      octets: rate(octets, before.totals.sinks[index]?.octets ?? 0),
    }));
    this.#keep();
  }

  columns(): HistoryColumns {
    return { intervalMs: this.#intervalMs, ...this.#kept };
  }

  #keep(): void {
    for (const name of columns) {
      const kept = this.#kept[name];
      kept.push(this.#rates[name]);
      if (kept.length > this.#points) kept.shift();
    }
  }
}
