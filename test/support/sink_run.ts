// What tests of sinks need: runs of units, and a recorder of what the sink reports.
import { type DropCause, recordsOf, type SinkEvents, startOf, type UnitRun } from '../../src/sinks/sink.js';

/** A run of these units, each holding one record unless said. */
export function unitRun(units: readonly (string | Buffer)[], records?: readonly number[]): UnitRun {
  const buffers = units.map((unit) => Buffer.from(unit));
  const ends = new Uint32Array(units.length);
  let end = 0;
  for (const [index, buffer] of buffers.entries()) {
    end += buffer.length;
    ends[index] = end;
  }
  return {
    bytes: new Uint8Array(Buffer.concat(buffers)),
    ends,
    records: Uint32Array.from(records ?? units.map(() => 1)),
    dataRecords: Uint32Array.from(records ?? units.map(() => 1)),
    from: 0,
    to: units.length,
  };
}

export class Recorder implements SinkEvents {
  sessions = 0;
  drains = 0;
  records = 0;
  units = 0;
  octets = 0;
  dropped: Partial<Record<DropCause, number>> = {};
  /** Units given back, as text, with how many of them had been reported as sent. */
  returns: { units: string[]; records: number; reported: number }[] = [];
  /** Flow records given back that had been reported as sent: they are in `records` as well. */
  reportedRecords = 0;
  unconfirmedRecords = 0;
  sizes: number[] = [];
  ends = 0;
  notices: string[] = [];
  #watchers: { met: () => boolean; resolve: () => void }[] = [];

  /** The law of sinks: what was given is sent, lost or given back, each record once. */
  get accounted(): number {
    const lost = Object.values(this.dropped).reduce((sum, records) => sum + records, 0);
    const returned = this.returns.reduce((sum, run) => sum + run.records, 0);
    return this.records - this.reportedRecords + lost + returned;
  }

  /** Resolves when the condition holds; checked at every event. */
  until(met: () => boolean): Promise<void> {
    if (met()) return Promise.resolve();
    return new Promise((resolve) => this.#watchers.push({ met, resolve }));
  }

  session(): void {
    this.sessions++;
    this.#check();
  }

  drain(): void {
    this.drains++;
    this.#check();
  }

  sent(records: number, units: number, octets: number): void {
    this.records += records;
    this.units += units;
    this.octets += octets;
    this.#check();
  }

  lost(cause: DropCause, records: number): void {
    this.dropped[cause] = (this.dropped[cause] ?? 0) + records;
    this.#check();
  }

  returned(run: UnitRun, reported: number): void {
    const units = Array.from({ length: run.to - run.from }, (_, index) =>
      Buffer.from(run.bytes.slice(startOf(run, run.from + index), run.ends[run.from + index])).toString('latin1'),
    );
    this.reportedRecords += recordsOf(run, run.from, run.from + reported);
    this.returns.push({ units, records: recordsOf(run, run.from, run.to), reported });
    this.#check();
  }

  unconfirmed(records: number): void {
    this.unconfirmedRecords += records;
  }

  messageSize(octets: number): void {
    this.sizes.push(octets);
  }

  ended(): void {
    this.ends++;
    this.#check();
  }

  notice(_level: string, text: string): void {
    this.notices.push(text);
    this.#check();
  }

  #check(): void {
    const met = this.#watchers.filter((watcher) => watcher.met());
    this.#watchers = this.#watchers.filter((watcher) => !met.includes(watcher));
    for (const { resolve } of met) resolve();
  }
}
