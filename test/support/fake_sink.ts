// A sink in memory: keeps what it took, takes as much as the test allows.
import { newCounters, recordsOf, type Sink, type SinkEvents, startOf, type UnitRun } from '../../src/sinks/sink.js';

export interface TakenUnit {
  bytes: Buffer;
  records: number;
  session: number;
}

export class FakeSink implements Sink {
  readonly name: string;
  readonly counters = newCounters();
  readonly messageSize = 0;
  /** Units it still takes before it is full. */
  room = Infinity;
  ready = true;
  /** Reports units as sent when taken; else the test does. */
  immediate = true;
  taken: TakenUnit[] = [];
  events!: SinkEvents;
  closed: number | undefined;
  reopened = 0;

  constructor(name = 'fake') {
    this.name = name;
  }

  open(events: SinkEvents): Promise<void> {
    this.events = events;
    this.session();
    return Promise.resolve();
  }

  session(): void {
    this.counters.sessions++;
    this.events.session();
  }

  write(run: UnitRun): void {
    const first = run.from;
    while (run.from < run.to && this.room > 0) {
      const bytes = Buffer.from(run.bytes.slice(startOf(run, run.from), run.ends[run.from]));
      this.taken.push({ bytes, records: run.records[run.from] ?? 0, session: this.counters.sessions });
      run.from++;
      this.room--;
    }
    if (this.room <= 0) this.ready = false;
    if (this.immediate && run.from > first) this.events.sent(recordsOf(run, first, run.from), run.from - first, 0);
  }

  /** There is room again. */
  free(units = Infinity): void {
    this.room = units;
    this.ready = true;
    this.events.drain();
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  reopen(): void {
    this.reopened++;
  }

  close(deadlineMs: number): Promise<void> {
    this.closed = deadlineMs;
    return Promise.resolve();
  }
}
