// `none`: measures, and sends nothing anywhere. For benches, and for a probe that only shows statistics.

import { newCounters, recordsOf, type Sink, type SinkEvents, startOf, type UnitRun } from './sink.js';

export class NoneSink implements Sink {
  readonly name = 'none';
  readonly counters = newCounters();
  readonly messageSize = 0;
  #events: SinkEvents | undefined;

  get ready(): boolean {
    return this.#events !== undefined;
  }

  open(events: SinkEvents): Promise<void> {
    this.#events = events;
    this.counters.sessions = 1;
    events.session();
    return Promise.resolve();
  }

  write(run: UnitRun): void {
    if (run.from >= run.to) return;
    const octets = (run.ends[run.to - 1] ?? 0) - startOf(run, run.from);
    const units = run.to - run.from;
    const records = recordsOf(run, run.from, run.to);
    run.from = run.to;
    this.counters.units += units;
    this.counters.octets += octets;
    this.#events?.sent(records, units, octets);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  reopen(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}
