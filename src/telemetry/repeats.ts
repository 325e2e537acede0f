// What happens again and again is logged a few times, then once in a while with how often it happened in between: after
// half a minute, and as long as it goes on in pauses that double, up to an hour. Lines and their repeats add up to all there was.

/** Keys remembered; the one unused for longest is forgotten first. */
const maxKeys = 1000;
const longestMs = 3_600_000;

interface Entry<T> {
  since: number;
  /** How long it is held back. */
  intervalMs: number;
  passed: number;
  held: number;
  /** What was held back last. */
  last: T | undefined;
}

export interface Limit {
  key: string;
  /** So many pass within the interval. */
  burst: number;
}

/** A line to be said; it stands for so many more that were held back. */
export interface Told<T> {
  what: T;
  repeats: number;
}

/** What was held back, in the last one of it. */
function told<T>({ last, held }: Entry<T>): Told<T>[] {
  return last === undefined ? [] : [{ what: last, repeats: held - 1 }];
}

export class Repeats<T> {
  readonly #intervalMs: number;
  readonly #seen = new Map<string, Entry<T>>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Keys remembered now. */
  get size(): number {
    return this.#seen.size;
  }

  /**
   * nowMs: monotonic. What is to be said now: this one when no limit holds it back, and what would be lost with keys that are forgotten.
   * A limit that lets it through is not touched when another one holds it back, so that its number waits on.
   */
  pass(limits: readonly Limit[], nowMs: number, what: T): Told<T>[] {
    const holding = limits.find((limit) => this.#holds(limit, nowMs));
    if (holding) {
      this.#hold(holding.key, what);
      return [];
    }
    const repeats = limits.map(({ key, burst }) => this.#enter(key, nowMs, burst));
    return [{ what, repeats: repeats.reduce((sum, held) => sum + held, 0) }, ...this.#forget()];
  }

  /** All that is held back now; it counts as said. */
  takeHeld(): Told<T>[] {
    const all = [...this.#seen.values()].flatMap(told);
    this.#seen.clear();
    return all;
  }

  #holds({ key, burst }: Limit, nowMs: number): boolean {
    const entry = this.#seen.get(key);
    return entry !== undefined && nowMs - entry.since < entry.intervalMs && entry.passed >= burst;
  }

  #hold(key: string, what: T): void {
    const entry = this.#seen.get(key);
    if (entry) this.#use(key, { ...entry, held: entry.held + 1, last: what });
  }

  /** Counts one that passes: how many were held back since the last one. */
  #enter(key: string, nowMs: number, burst: number): number {
    const entry = this.#seen.get(key);
    if (entry && nowMs - entry.since < entry.intervalMs) {
      this.#use(key, { ...entry, passed: entry.passed + 1 });
      return 0;
    }
    const held = entry?.held ?? 0;
    // What was held back goes on: one line is enough, and the next one may wait longer.
    const intervalMs = held === 0 ? this.#intervalMs : Math.min((entry?.intervalMs ?? 0) * 2, longestMs);
    this.#use(key, { since: nowMs, intervalMs, passed: held === 0 ? 1 : burst, held: 0, last: undefined });
    return held;
  }

  /** A map keeps the order in which its keys came: the one used last is behind all others. */
  #use(key: string, entry: Entry<T>): void {
    this.#seen.delete(key);
    this.#seen.set(key, entry);
  }

  /** Beyond as many keys as are remembered: what was held back of those unused for longest. */
  #forget(): Told<T>[] {
    const lost: Told<T>[] = [];
    for (const [key, entry] of this.#seen) {
      if (this.#seen.size <= maxKeys) break;
      this.#seen.delete(key);
      lost.push(...told(entry));
    }
    return lost;
  }
}
