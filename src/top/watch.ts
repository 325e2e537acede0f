// All that a screen can ask of the flows that came: windows by any dimension, with a filter or inside one talker, and totals.
import { type Dimension, dimensions, type DimensionName, dimensionOf, eachKey } from './dimensions.js';
import type { Filter } from './filter.js';
import { FlowBook } from './flow_book.js';
import type { Observation, Side } from './observation.js';
import { type Fields, RecordReader, type ReaderSettings } from './reading.js';
import { Recent } from './recent.js';
import { Senders, type Windows } from './senders.js';
import { type Choice, type Tally, tallyWindow, Totals, type Window } from './talkers.js';

/** One talker, to look inside. */
export interface TalkerName {
  by: DimensionName;
  key: string;
}

export interface View {
  by: DimensionName;
  /** Infinity: all there is, for files. */
  seconds: number;
  filter?: Filter | undefined;
  inside?: TalkerName | undefined;
}

export interface Sight {
  window: Window;
  /** As long as the window is in fact: after the start, and when there is no room for all of it, it is shorter. */
  seconds: number;
  tally: Tally;
}

export interface WatchSettings extends Omit<ReaderSettings, 'book'> {
  startedMs: number;
  /** Flow records kept for windows. */
  capacity?: number;
}

const defaultCapacity = 65_536;

/** The side of the observation that is the talker's, or undefined. */
export function sideOf({ by, key }: TalkerName, observation: Observation): Side | undefined {
  let found: Side | undefined;
  eachKey(dimensionOf(by), observation, (one, side) => {
    if (one === key) found ??= side;
  });
  return found;
}

export class Watch {
  readonly reader: RecordReader;
  /** Flow records that came. */
  records = 0;
  #recent: Recent;
  #senders = new Senders();
  #totals: ReadonlyMap<string, Totals>;
  #startedMs: number;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor({ startedMs, capacity = defaultCapacity, ...settings }: WatchSettings) {
    this.reader = new RecordReader({ ...settings, book: new FlowBook() });
    this.#recent = new Recent(capacity);
    this.#totals = new Map(dimensions.map((dimension: Dimension) => [dimension.name, new Totals(dimension)]));
    this.#startedMs = startedMs;
  }

  /** Records that left the memory of windows; for files those are missing in every view. */
  get forgotten(): number {
    return this.#recent.lost;
  }

  take(fields: Fields, nowMs: number, exporter?: string): void {
    const observation = this.reader.read(fields, nowMs, exporter);
    if (observation === undefined) return;
    this.records++;
    this.#firstMs = Math.min(this.#firstMs, observation.startMs);
    this.#lastMs = Math.max(this.#lastMs, observation.endMs);
    this.#senders.note(observation, nowMs);
    this.#recent.add(observation, nowMs);
    for (const totals of this.#totals.values()) totals.add(observation);
  }

  /** Since the start, whatever the filter. */
  totalsOf(by: DimensionName): Totals {
    return this.#totals.get(by) as Totals;
  }

  look({ by, seconds, filter, inside }: View, nowMs: number): Sight {
    const { shown: window, of } = this.#windows(seconds, nowMs);
    const choose: Choice | undefined =
      filter === undefined && inside === undefined
        ? undefined
        : (observation) => {
            if (filter !== undefined && !filter.accepts(observation)) return undefined;
            return inside === undefined ? observation.viewpoint : sideOf(inside, observation);
          };
    const tally = tallyWindow(this.#recent.all(), dimensionOf(by), of, choose);
    return { window, seconds: Math.max((window.toMs - window.fromMs) / 1000, 0.001), tally };
  }

  #windows(seconds: number, nowMs: number): Windows {
    if (seconds !== Infinity)
      return this.#senders.windows(seconds * 1000, Math.max(this.#startedMs, this.#recent.lostAtMs), nowMs);
    const fromMs = Number.isFinite(this.#firstMs) ? this.#firstMs : nowMs;
    const all = { fromMs, toMs: Math.max(this.#lastMs, fromMs) + 1 }; // the last packet is inside
    return { shown: all, of: () => all };
  }
}
