// Flows put together by a dimension. Totals are kept since the start, in bounded memory: when there are too many keys, the
// smallest are folded into `other`, so that the sum of all rows is always that of the flows. A window is put together
// from the observations that lie in it, each time it is looked at.
import { type Dimension, eachKey } from './dimensions.js';
import type { Observation, Side } from './observation.js';
import { addTo, merge, newSums, type Sums } from './sums.js';

export interface Talker {
  key: string;
  sums: Sums;
}

export interface Tally {
  talkers: Talker[];
  /** What is in no row. */
  other: { keys: number; sums: Sums };
  /** Each flow once. */
  totals: Sums;
  /** What is in two rows, since both ends are here: rows + other = totals + twice. */
  twice: Sums;
}

/** Totals of one dimension since it was made. */
export class Totals {
  #dimension: Dimension;
  #capacity: number;
  #rows = new Map<string, Sums>();
  #other = newSums();
  #folded = 0;
  #totals = newSums();
  #twice = newSums();

  /** capacity: rows that are kept; a quarter more before the smallest are folded. */
  constructor(dimension: Dimension, capacity = 4096) {
    this.#dimension = dimension;
    this.#capacity = capacity;
  }

  /** newFlow: nothing of this flow was added before; the same ends may have another one later. */
  add(observation: Observation, newFlow = observation.first): void {
    const part = { share: 1, start: true, end: true, newFlow };
    addTo(this.#totals, observation, observation.viewpoint, part);
    let visits = 0;
    eachKey(this.#dimension, observation, (key, side) => {
      addTo(this.#row(key), observation, side, part);
      if (visits++ > 0) addTo(this.#twice, observation, side, part);
    });
  }

  of(key: string): Readonly<Sums> | undefined {
    return this.#rows.get(key);
  }

  tally(): Tally {
    const talkers = [...this.#rows].map(([key, sums]) => ({ key, sums }));
    return { talkers, other: { keys: this.#folded, sums: this.#other }, totals: this.#totals, twice: this.#twice };
  }

  #row(key: string): Sums {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (this.#rows.size >= this.#capacity * 1.25) this.#fold();
    const made = newSums();
    this.#rows.set(key, made);
    return made;
  }

  #fold(): void {
    const bySize = [...this.#rows].sort(([, a], [, b]) => b.in + b.out - (a.in + a.out));
    for (const [key, sums] of bySize.slice(this.#capacity)) {
      merge(this.#other, sums);
      this.#folded++;
      this.#rows.delete(key);
    }
  }
}

export interface Window {
  /** Milliseconds since 1970 by the clock of the records. */
  fromMs: number;
  toMs: number;
}

/** The window that an observation is held against, by the clock of its sender; undefined: it is in none. */
export type WindowOf = (observation: Observation) => Window | undefined;

/** Which end of the observation a view is about: a side, or undefined when it is not in the view. */
export type Choice = (observation: Observation) => Side | undefined;

/** The part of a record that lies in the window, taking its octets as spread evenly over its time. */
export function shareIn({ startMs, endMs }: Observation, { fromMs, toMs }: Window): number {
  if (endMs <= startMs) return endMs >= fromMs && endMs < toMs ? 1 : 0;
  const overlap = Math.min(endMs, toMs) - Math.max(startMs, fromMs);
  return overlap <= 0 ? 0 : overlap / (endMs - startMs);
}

let lastMark = 0;

/** Flows with this mark are counted: once in a snapshot, however many records of them there are. */
export function newMark(): number {
  return ++lastMark;
}

/** Puts together what lies in its window. */
export function tallyWindow(
  observations: Iterable<Observation>,
  dimension: Dimension,
  windowOf: WindowOf,
  choose?: Choice,
): Tally {
  const mark = newMark();
  const rows = new Map<string, Sums>();
  const totals = newSums();
  const twice = newSums();
  for (const observation of observations) {
    const window = windowOf(observation);
    const share = window === undefined ? 0 : shareIn(observation, window);
    if (window === undefined || share === 0) continue;
    const side = choose === undefined ? observation.viewpoint : choose(observation);
    if (side === undefined) continue;
    const { startMs, endMs, flow } = observation;
    const inside = (ms: number): boolean => ms >= window.fromMs && ms < window.toMs;
    const part = { share, start: inside(startMs), end: inside(endMs), newFlow: flow.mark !== mark };
    flow.mark = mark;
    addTo(totals, observation, side, part);
    let visits = 0;
    const visit = (key: string, end: Side): void => {
      const sums = rows.get(key) ?? newSums();
      rows.set(key, sums);
      addTo(sums, observation, end, part);
      if (visits++ > 0) addTo(twice, observation, end, part);
    };
    eachKey(dimension, observation, visit, side);
  }
  const talkers = [...rows].map(([key, sums]) => ({ key, sums }));
  return { talkers, other: { keys: 0, sums: newSums() }, totals, twice };
}
