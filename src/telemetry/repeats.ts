// What happens again and again is logged once in a while, with how often it happened in between.

/** Keys remembered; the one unused for longest is forgotten first. */
const maxKeys = 1000;

export class Repeats {
  readonly #intervalMs: number;
  readonly #seen = new Map<string, { since: number; suppressed: number }>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** nowMs: monotonic. How many were held back since the last one let through, or undefined: hold this one back too. */
  pass(key: string, nowMs: number): number | undefined {
    const entry = this.#seen.get(key);
    if (entry && nowMs - entry.since < this.#intervalMs) {
      entry.suppressed++;
      return undefined;
    }
    this.#seen.delete(key);
    this.#seen.set(key, { since: nowMs, suppressed: 0 });
    if (this.#seen.size > maxKeys) this.#seen.delete(this.#seen.keys().next().value as string);
    return entry?.suppressed ?? 0;
  }
}
