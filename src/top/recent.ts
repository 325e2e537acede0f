// The observations of the last minute, as many as fit, in the order they came; and the time up to which they are complete.
import type { Observation } from './observation.js';

interface Entry {
  observation: Observation;
  /** When it came, by our clock. */
  at: number;
}

export class Recent {
  #ring: Entry[] = [];
  #next = 0;
  #capacity: number;
  /** When the newest observation came that had to go for want of room. */
  lostAtMs = Number.NEGATIVE_INFINITY;
  /** How many had to go. */
  lost = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#ring.length;
  }

  /** nowMs: when it came, by our clock. */
  add(observation: Observation, nowMs: number): void {
    const entry = { observation, at: nowMs };
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(entry);
      return;
    }
    this.lostAtMs = (this.#ring[this.#next] as Entry).at;
    this.lost++;
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Those that came at this time or later, the newest first. */
  *since(ms: number): Generator<Observation> {
    const { length } = this.#ring;
    for (let index = 0; index < length; index++) {
      const entry = this.#ring[(this.#next + length - 1 - index) % length] as Entry;
      if (entry.at < ms) return;
      yield entry.observation;
    }
  }
}

interface Delays {
  /** From the last packet of a record to its coming here. */
  least: number;
  /** From its first packet. */
  most: number;
}

const memoryMs = 20_000;
/** Records that cover more than this are not waited for. */
const patienceMs = 2_500;
const atFirst: Delays = { least: 0, most: 1_500 };

/**
 * Records come when their interval is over: of the last moments only a part is known, and a window that ends now would
 * show too little. This learns how late they come, and with it how the clock of their sender differs from ours.
 */
export class Timeline {
  #now: Delays | undefined;
  #before: Delays | undefined;
  #turnedAt = Number.NEGATIVE_INFINITY;

  note({ startMs, endMs, idle }: Observation, nowMs: number): void {
    if (idle) return; // they come later than what is going on
    if (nowMs - this.#turnedAt >= memoryMs) {
      this.#before = this.#now;
      this.#now = undefined;
      this.#turnedAt = nowMs;
    }
    const found = { least: nowMs - endMs, most: nowMs - startMs };
    this.#now = this.#now === undefined ? found : widest(this.#now, found);
  }

  /** Our clock minus that of the records, with the least time they take. */
  get leastDelayMs(): number {
    return this.#delays().least;
  }

  /** The time by the records' clock up to which nearly all is known. */
  edge(nowMs: number): number {
    const { least, most } = this.#delays();
    return nowMs - Math.min(most, least + patienceMs);
  }

  #delays(): Delays {
    if (this.#now === undefined) return this.#before ?? atFirst;
    return this.#before === undefined ? this.#now : widest(this.#now, this.#before);
  }
}

function widest(a: Delays, b: Delays): Delays {
  return { least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) };
}
