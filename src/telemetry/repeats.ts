// What happens again and again is logged a few times, then once in a while with how often it happened in between: after
// half a minute, and as long as it goes on in pauses that double, up to an hour.

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

export class Repeats<T> {
  readonly #intervalMs: number;
  readonly #seen = new Map<string, Entry<T>>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /**
   * nowMs: monotonic. How many were held back since the last one let through, or undefined: hold this one back too. `burst`: so many pass
   * within the interval.
   */
  pass(key: string, nowMs: number, what: T, burst = 1): number | undefined {
    const entry = this.#seen.get(key);
    if (entry && nowMs - entry.since < entry.intervalMs) {
      if (entry.passed < burst) {
        entry.passed++;
        return 0;
      }
      entry.held++;
      entry.last = what;
      return undefined;
    }
    const held = entry?.held ?? 0;
    // What was held back goes on: one line is enough, and the next one may wait longer.
    const intervalMs = held === 0 ? this.#intervalMs : Math.min((entry?.intervalMs ?? 0) * 2, longestMs);
    this.#seen.delete(key);
    this.#seen.set(key, { since: nowMs, intervalMs, passed: held === 0 ? 1 : burst, held: 0, last: undefined });
    return held;
  }

  /** Beyond as many keys as are remembered: the next one whose number would be lost, or undefined. */
  forget(): { what: T; held: number } | undefined {
    while (this.#seen.size > maxKeys) {
      const [key, { last, held }] = this.#seen.entries().next().value as [string, Entry<T>];
      this.#seen.delete(key);
      if (last !== undefined) return { what: last, held };
    }
    return undefined;
  }

  /** All that is held back now; it counts as said. */
  takeHeld(): { what: T; held: number }[] {
    const all = [...this.#seen.values()].flatMap(({ last, held }) =>
      last === undefined ? [] : [{ what: last, held }],
    );
    this.#seen.clear();
    return all;
  }
}
