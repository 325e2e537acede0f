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
  /** Taken and not yet reported as sent, when not immediate. */
  #held: UnitRun[] = [];
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
    if (!this.immediate && run.from > first) this.#hold(run, first);
    if (this.immediate && run.from > first) this.events.sent(recordsOf(run, first, run.from), run.from - first, 0);
  }

  /** Keeps a copy, as sinks that give units back do; template messages are not given back. */
  #hold(run: UnitRun, from: number): void {
    const bytes = run.bytes.slice();
    const held = { ...run, bytes, ends: run.ends.slice(), records: run.records.slice(), from, to: run.from };
    if (recordsOf(run, from, run.from) > 0) this.#held.push({ ...held, dataRecords: run.dataRecords.slice() });
  }

  /** Reports the oldest held run as sent; false when there is none. */
  report(): boolean {
    const run = this.#held.shift();
    if (run === undefined) return false;
    this.events.sent(recordsOf(run, run.from, run.to), run.to - run.from, 0);
    return true;
  }

  /** The session breaks: what was not reported comes back, oldest run last, so that it is the first again. */
  breakDown(): void {
    this.ready = false;
    const held = this.#held.splice(0);
    const taken = new Set(held.flatMap((run) => unitTexts(run)));
    this.taken = this.taken.filter(({ bytes }) => !taken.has(bytes.toString('latin1')));
    for (const run of held.reverse()) this.events.returned(run, 0);
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

function unitTexts(run: UnitRun): string[] {
  const texts: string[] = [];
  for (let unit = run.from; unit < run.to; unit++)
    texts.push(Buffer.from(run.bytes.slice(startOf(run, unit), run.ends[unit])).toString('latin1'));
  return texts;
}
