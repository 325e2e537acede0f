// Takes NDJSON as a sink's stream does, within a time budget each turn of the event loop. What does not fit waits, so that a
// probe in this process gets its turns; when too much waits, its exporter drops flows and counts them.
import { Writable } from 'node:stream';
import type { Fields } from './reading.js';

export interface IntakeOptions {
  take: (fields: Fields) => void;
  /** Milliseconds of each turn. */
  budgetMs?: number;
  now?: () => number;
  nextTurn?: (call: () => void) => void;
}

const newline = 10;
const longestLine = 1 << 20; // octets: what is longer is no flow
const lookEvery = 16; // lines between two looks at the clock

export class Intake extends Writable {
  /** Lines that are no JSON object. */
  malformed = 0;
  #options: Required<IntakeOptions>;
  #rest: Buffer = Buffer.alloc(0);
  /** A line that is too long is left out to its end. */
  #skipping = false;
  #turnBegan: number | undefined;
  #lines = 0;

  constructor(options: IntakeOptions) {
    super({ highWaterMark: 1 << 16, decodeStrings: true });
    this.#options = {
      budgetMs: 8,
      now: () => performance.now(),
      nextTurn: (call) => void setImmediate(call),
      ...options,
    };
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#work(this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]), 0, done);
  }

  override _final(done: () => void): void {
    if (this.#rest.length > 0 && !this.#skipping) this.#line(this.#rest);
    this.#rest = Buffer.alloc(0);
    done();
  }

  #work(data: Buffer, from: number, done: () => void): void {
    let at = from;
    for (let end = data.indexOf(newline, at); end >= 0; end = data.indexOf(newline, at)) {
      if (this.#spent()) {
        this.#options.nextTurn(() => this.#work(data, at, done));
        return;
      }
      if (!this.#skipping) this.#line(data.subarray(at, end));
      this.#skipping = false;
      at = end + 1;
    }
    this.#rest = Buffer.from(data.subarray(at));
    if (this.#rest.length > longestLine) {
      this.malformed++;
      this.#skipping = true;
      this.#rest = Buffer.alloc(0);
    }
    done();
  }

  /** Chunks that come in one turn share its budget. */
  #spent(): boolean {
    if (this.#lines++ % lookEvery !== 0) return false;
    const { now, nextTurn, budgetMs } = this.#options;
    if (this.#turnBegan === undefined) {
      this.#turnBegan = now();
      nextTurn(() => {
        this.#turnBegan = undefined;
      });
      return false;
    }
    return now() - this.#turnBegan >= budgetMs;
  }

  #line(line: Buffer): void {
    if (line.length === 0) return;
    let fields: unknown;
    try {
      fields = JSON.parse(line.toString());
    } catch {
      fields = undefined;
    }
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) this.#options.take(fields as Fields);
    else this.malformed++;
  }
}
