// Standard output: flows into a terminal or a pipe. The reader may be slow, and may leave (EPIPE).

import type { Writable } from 'node:stream';
import {
  type Clock,
  newCounters,
  recordsOf,
  type Sink,
  type SinkEvents,
  startOf,
  systemClock,
  type UnitRun,
} from './sink.js';

export interface StdoutSinkOptions {
  name: string;
  /** process.stdout; Node writes to pipes without blocking, to files and terminals at once. */
  stream: Writable;
  /** Octets waiting inside this process. */
  bufferOctets?: number;
  clock?: Clock;
}

export class StdoutSink implements Sink {
  readonly name: string;
  readonly counters = newCounters();
  readonly messageSize = 0;
  #stream: Writable;
  #limit: number;
  #clock: Clock;
  #events: SinkEvents | undefined;
  #gone = false;
  #blocked = false; // the exporter waits for drain()
  #pending = new Set<{ records: number; units: number }>();
  #flushers: (() => void)[] = [];

  constructor(options: StdoutSinkOptions) {
    this.name = options.name;
    this.#stream = options.stream;
    this.#limit = options.bufferOctets ?? 1 << 20;
    this.#clock = options.clock ?? systemClock;
  }

  get ready(): boolean {
    return this.#events !== undefined && (this.#gone || this.#stream.writableLength < this.#limit);
  }

  open(events: SinkEvents): Promise<void> {
    this.#events = events;
    this.counters.sessions = 1;
    this.#stream.on('error', this.#failed);
    events.session();
    return Promise.resolve();
  }

  write(run: UnitRun): void {
    if (!this.ready || run.from >= run.to) return;
    const start = startOf(run, run.from);
    const end = run.ends[run.to - 1] ?? start;
    const entry = { records: recordsOf(run, run.from, run.to), units: run.to - run.from };
    run.from = run.to;
    if (this.#gone) {
      this.#events?.lost('fileError', entry.records, entry.units);
      return;
    }
    this.#pending.add(entry);
    this.#stream.write(Buffer.from(run.bytes.subarray(start, end)), (error) => {
      if (error || !this.#pending.delete(entry)) return;
      this.counters.units += entry.units;
      this.counters.octets += end - start;
      this.#events?.sent(entry.records, entry.units, end - start);
      if (this.#pending.size === 0) this.#flushed();
      if (!this.#blocked || !this.ready) return;
      this.#blocked = false;
      this.#events?.drain();
    });
    this.#blocked = !this.ready;
  }

  flush(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushers.push(resolve));
  }

  reopen(): void {}

  /** Waits for the reader, but never closes what the process did not open. */
  async close(deadlineMs: number): Promise<void> {
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.after(deadlineMs, resolve);
    });
    await Promise.race([this.flush(), late]);
    cancel();
    this.#give('shutdown');
    // The error listener stays: a late EPIPE must not end the process.
  }

  #failed = (error: NodeJS.ErrnoException): void => {
    this.counters.errors++;
    if (this.#gone) return;
    this.#gone = true;
    this.#give('fileError');
    if (error.code !== 'EPIPE') this.#events?.notice('error', `${this.name}: ${error.message}`);
    this.#events?.ended();
    this.#events?.drain();
  };

  #give(cause: 'fileError' | 'shutdown'): void {
    const lost = [...this.#pending];
    this.#pending.clear();
    for (const { records, units } of lost) this.#events?.lost(cause, records, units);
    this.#flushed();
  }

  #flushed(): void {
    const waiting = this.#flushers;
    this.#flushers = [];
    for (const resolve of waiting) resolve();
  }
}
