// A spool in memory: segments of a few units, read back in order, with what a real one counts.
import type { SpooledUnits, SpoolStore } from '../../src/exporting/backlog.js';
import { newOutput, type Units } from '../../src/exporting/units.js';
import { recordsOf, startOf, type UnitRun } from '../../src/sinks/sink.js';

interface Segment {
  number: number;
  units: Units[];
  read: number;
}

export class FakeSpool implements SpoolStore {
  readonly recovered: number;
  signature = 'now';
  head = new Uint8Array(0);
  released: number[] = [];
  closed = false;
  works = true;
  /** Read all at once, or a unit at a time. */
  #unitsPerSegment: number;
  #segments: Segment[] = [];
  #next = 0;
  #sealed = true;

  constructor(unitsPerSegment = 4, before: readonly UnitRun[] = []) {
    this.#unitsPerSegment = unitsPerSegment;
    for (const run of before) this.append({ ...run });
    this.recovered = this.records;
  }

  get records(): number {
    return this.#segments.flatMap(({ units }) => units).reduce((sum, unit) => sum + recordsOf(unit, 0, 1), 0);
  }

  get units(): number {
    return this.contents.length;
  }

  get octets(): number {
    return this.#segments.flatMap(({ units }) => units).reduce((sum, unit) => sum + (unit.ends[0] ?? 0), 0);
  }

  append(run: UnitRun): void {
    for (; run.from < run.to; run.from++) {
      let last = this.#segments.at(-1);
      if (last === undefined || this.#sealed || last.units.length >= this.#unitsPerSegment) {
        last = { number: this.#next++, units: [], read: 0 };
        this.#segments.push(last);
        this.#sealed = false;
      }
      const start = startOf(run, run.from);
      const length = (run.ends[run.from] ?? 0) - start;
      const unit = newOutput(length, 1);
      unit.bytes.set(run.bytes.subarray(start, start + length));
      unit.ends[0] = length;
      unit.records[0] = run.records[run.from] ?? 0;
      unit.dataRecords[0] = run.dataRecords[run.from] ?? 0;
      unit.to = 1;
      last.units.push(unit);
    }
  }

  read(): Promise<SpooledUnits | undefined> {
    const segment = this.#segments.find(({ units, read }) => read < units.length);
    if (segment === undefined) return Promise.resolve(undefined);
    if (segment === this.#segments.at(-1)) this.#sealed = true;
    const run = segment.units[segment.read++] as Units;
    const last = segment.read === segment.units.length;
    const copy: UnitRun = { ...run, bytes: run.bytes.slice(), records: run.records.slice(), from: 0, to: 1 };
    return Promise.resolve({
      run: copy,
      segment: segment.number,
      signature: this.signature,
      head: this.head,
      last,
    });
  }

  release(segment: number): void {
    this.released.push(segment);
    this.#segments = this.#segments.filter(({ number }) => number !== segment);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** Every unit on disk, oldest first. */
  get contents(): Units[] {
    return this.#segments.flatMap(({ units }) => units);
  }
}
