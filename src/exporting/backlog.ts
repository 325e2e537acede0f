// What waits for one sink: a bounded queue in memory and, where the sink has one, a spool on disk. Live units go from
// memory to the sink; when that takes too long they go to the spool, and then it is replayed segment by segment while
// fresh units go to its end. Replayed and live units are never in the sink at the same time, so that order holds and
// every record that comes back is known to be on disk or not.

import { recordsOf, type UnitRun } from '../sinks/sink.js';
import { asUnits, UnitQueue, type Units } from './units.js';

/** The spool as the exporter uses it; src/spool has it. */
export interface SpoolStore {
  /** Flow records an earlier run left. */
  readonly recovered: number;
  /** On disk, or on the way to it, and not released. Units that were sent before count no flow records. */
  readonly units: number;
  readonly records: number;
  readonly octets: number;
  /** False while the disk refuses writes. */
  readonly works: boolean;
  append(run: UnitRun): void;
  /** undefined: nothing is left. Never rejects. */
  read(maxOctets: number): Promise<SpooledUnits | undefined>;
  release(segment: number): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** What the spool gave up: flow records, and Data Records of units that had been sent before. */
export interface SpoolLost {
  records: number;
  repeated: number;
}

export interface SpooledUnits {
  run: UnitRun;
  segment: number;
  /** Of the template the units were made with, and its template messages. */
  signature: string;
  head: Uint8Array;
  /** Nothing follows in this segment. */
  last: boolean;
}

export interface BacklogOptions {
  /** Octets in memory at most. */
  queueOctets: number;
  spool?: SpoolStore | undefined;
  /** Makes spooled units fit the session, which may have another template. */
  adapt: (units: SpooledUnits) => void;
  /** Spooled units wait in memory now, or the spool is empty. */
  onReplenished: () => void;
  /** Flows begin to go to the spool (true), or all of it has left (false). */
  onSpooling?: (begins: boolean) => void;
}

const chunkOctets = 1 << 20;

export class Backlog {
  #queue = new UnitQueue();
  #options: BacklogOptions;
  /** Fresh units have to wait behind what is on disk. */
  #replaying: boolean;
  #reading = false;
  /** The segment that is being replayed, and whether it was read to its end. */
  #segment: number | undefined;
  #readAll = false;
  /** Records of that segment that were read: on disk until it is released, but counted in memory or as sent. */
  #readRecords = 0;
  #readUnits = 0;
  #closed = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#replaying = (options.spool?.units ?? 0) > 0;
  }

  /** The units to be sent next; live ones wait until all of a segment has left. */
  get front(): Units | undefined {
    const front = this.#queue.front;
    return this.#segment !== undefined && front?.replayed !== true ? undefined : front;
  }

  /** Flow records and octets in memory. */
  get records(): number {
    return this.#queue.records;
  }

  get octets(): number {
    return this.#queue.octets;
  }

  /** Flow records on disk that are neither in memory nor sent. */
  get spooled(): number {
    return (this.#options.spool?.records ?? 0) - this.#readRecords;
  }

  get spooledOctets(): number {
    return this.#options.spool?.octets ?? 0;
  }

  get recovered(): number {
    return this.#options.spool?.recovered ?? 0;
  }

  get hasSpool(): boolean {
    return this.#options.spool !== undefined;
  }

  get spoolWorks(): boolean {
    return this.#options.spool?.works === true;
  }

  /** After close(): flow records that were sent, but whose segment was not sent to its end: it stays as a whole. */
  get repeated(): number {
    return this.#readRecords;
  }

  /** True while there is something to be read from the spool, or, when stopping, from a segment that was begun. */
  isReplaying(stopping: boolean): boolean {
    return this.#segment !== undefined || this.#reading || (this.#replaying && !stopping);
  }

  /** True when nothing waits before fresh units. */
  get isEmpty(): boolean {
    return this.#queue.front === undefined && !this.#replaying;
  }

  /** True when nothing is in memory. */
  get isIdle(): boolean {
    return this.#queue.front === undefined;
  }

  get isFull(): boolean {
    return this.#queue.octets >= this.#options.queueOctets;
  }

  /** Fresh units that the sink did not take. now: monotonic ms. */
  push(run: Units, now: number): void {
    const { spool } = this.#options;
    if (spool !== undefined && this.isFull) this.spill();
    if (spool !== undefined && this.#replaying && !this.#isTail) spool.append(run);
    else this.#queue.push(run, now);
  }

  /** Units that a sink gave back: they come first. */
  putBack(run: Units): void {
    run.replayed = this.#segment !== undefined;
    this.#queue.unshift(run);
  }

  moved(from: number): void {
    this.#queue.moved(from);
  }

  /** Moves live units to the end of the spool. Replayed ones are on disk already: at the end they are only forgotten. */
  spill(): void {
    const { spool } = this.#options;
    if (spool === undefined) return;
    for (const run of this.#queue.takeAll()) {
      if (run.replayed !== true) spool.append(run);
      else if (this.#closed) this.#readRecords -= recordsOf(run, run.from, run.to);
      else this.#queue.append(run);
    }
    this.#setReplaying(spool.units > 0);
  }

  /**
   * Reads on in the spool when memory holds nothing to be sent. settled: the sink has reported all that it took, so
   * nothing of the segment can come back and its files may go. stopping: no further segment is begun.
   */
  replenish(settled: boolean, stopping: boolean): void {
    const { spool } = this.#options;
    if (spool === undefined || !this.#replaying || this.#reading || this.#closed || this.front !== undefined) return;
    if (this.#segment === undefined || this.#readAll) {
      if (!settled) return;
      if (this.#segment !== undefined) this.#release(this.#segment);
      if (stopping || !this.#replaying || this.front !== undefined) return;
    }
    this.#reading = true;
    void spool.read(chunkOctets).then((chunk) => {
      this.#reading = false;
      if (!this.#closed) this.#took(chunk);
    });
  }

  /** What is left goes to disk, if there is one. Nothing is read any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.spill();
    await this.#options.spool?.flush();
    await this.#options.spool?.close();
  }

  /** The last segment is in memory and nothing else is on disk: fresh units wait in memory behind it. */
  get #isTail(): boolean {
    return this.#readAll && (this.#options.spool?.units ?? 0) <= this.#readUnits;
  }

  #setReplaying(replaying: boolean): void {
    const turns = this.#replaying !== replaying;
    this.#replaying = replaying;
    if (turns) this.#options.onSpooling?.(replaying);
  }

  #release(segment: number): void {
    const { spool, onReplenished } = this.#options;
    spool?.release(segment);
    this.#segment = undefined;
    this.#readAll = false;
    this.#readRecords = 0;
    this.#readUnits = 0;
    this.#setReplaying((spool?.units ?? 0) > 0);
    if (!this.#replaying) onReplenished();
  }

  #took(chunk: SpooledUnits | undefined): void {
    if (chunk === undefined) {
      this.#setReplaying((this.#options.spool?.units ?? 0) > this.#readUnits);
      if (!this.#replaying) this.#options.onReplenished();
      return;
    }
    this.#options.adapt(chunk);
    const run = asUnits(chunk.run);
    run.replayed = true;
    this.#segment = chunk.segment;
    this.#readAll = chunk.last;
    this.#readRecords += recordsOf(run, run.from, run.to);
    this.#readUnits += run.to - run.from;
    this.#queue.append(run);
    this.#options.onReplenished();
  }
}
