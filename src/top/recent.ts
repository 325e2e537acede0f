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

  /** The newest first. */
  *all(): Generator<Observation> {
    const { length } = this.#ring;
    for (let index = 1; index <= length; index++)
      yield (this.#ring[(this.#next + length - index) % length] as Entry).observation;
  }
}

interface Delays {
  /** From the last packet of a record to its coming here. */
  least: number;
  /** From its first packet. */
  most: number;
}

/** Of the records that came in one second. */
interface Second extends Delays {
  number: number;
  /** The second least; Infinity where there is one record only. */
  next: number;
}

const memory = 30; // seconds
/** Records that cover more than this are not waited for. */
const patienceMs = 2_500;
const atFirst: Delays = { least: 0, most: 1_500 };

/**
 * Records come when their interval is over: of the last moments only a part is known, and a window that ends now would
 * show too little. This learns how late those of one sender come, and with it how its clock differs from ours.
 */
export class Timeline {
  #seconds: Second[] = [];
  /** Of #seconds, once somebody has asked: a look asks several times. */
  #learnt: Delays | undefined;

  note({ startMs, endMs, idle }: Observation, nowMs: number): void {
    if (idle) return; // they come later than what is going on
    this.#learnt = undefined;
    const number = Math.floor(nowMs / 1000);
    const last = this.#seconds.at(-1);
    const [least, most] = [nowMs - endMs, nowMs - startMs];
    if (last?.number !== number) {
      const kept = this.#seconds.filter((one) => number - one.number < memory);
      this.#seconds = [...kept, { number, least, next: Number.POSITIVE_INFINITY, most }];
      return;
    }
    last.next = Math.min(last.next, Math.max(last.least, least));
    last.least = Math.min(last.least, least);
    last.most = Math.max(last.most, most);
  }

  /** Our clock minus that of the records, with the least time they take. */
  get leastDelayMs(): number {
    return this.#delays.least;
  }

  /** How long ago, beside its clock's difference, that is up to which nearly all is known. */
  get lagMs(): number {
    const { least, most } = this.#delays;
    return Math.min(most - least, patienceMs);
  }

  /** The time by the records' clock up to which nearly all is known. */
  edge(nowMs: number): number {
    return nowMs - this.leastDelayMs - this.lagMs;
  }

  get #delays(): Delays {
    this.#learnt ??= this.#learn();
    return this.#learnt;
  }

  /** A time ahead of all others may be a stray one: a few of them decide nothing. */
  #learn(): Delays {
    if (this.#seconds.length === 0) return atFirst;
    const found = this.#seconds.flatMap(({ least, next }) => (next === Infinity ? [least] : [least, next]));
    found.sort((a, b) => a - b);
    const usual = found[Math.min(found.length - 1, 1 + (found.length >> 3))] as number;
    const least = found.find((one) => one >= usual - patienceMs) as number;
    return { least, most: Math.max(...this.#seconds.map(({ most }) => most)) };
  }
}
