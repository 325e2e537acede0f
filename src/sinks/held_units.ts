// Units that a sink keeps a copy of, so that it can send them later, again, or give them back.

import { recordsOf, repeatedOf, type SinkEvents, startOf, type UnitRun } from './sink.js';

/** A sink's own copy of some units of a run. */
export interface HeldUnits extends UnitRun {
  readonly units: number;
  readonly octets: number;
  readonly flowRecords: number;
  /** Of units that were reported as sent before. */
  readonly repeated: number;
}

/** Copies the units [run.from, to), and moves run.from there. */
export function hold(run: UnitRun, to: number): HeldUnits {
  const start = startOf(run, run.from);
  const end = run.ends[to - 1] ?? start;
  const held: HeldUnits = {
    bytes: new Uint8Array(run.bytes.subarray(start, end)),
    ends: run.ends.slice(run.from, to).map((offset) => offset - start),
    records: run.records.slice(run.from, to),
    dataRecords: run.dataRecords.slice(run.from, to),
    from: 0,
    to: to - run.from,
    units: to - run.from,
    octets: end - start,
    flowRecords: recordsOf(run, run.from, to),
    repeated: repeatedOf(run, run.from, to),
    statistics: run.statistics ?? false,
  };
  run.from = to;
  return held;
}

/** The octets of one unit; no copy. */
export function unitOf(run: UnitRun, unit: number): Uint8Array {
  return run.bytes.subarray(startOf(run, unit), run.ends[unit]);
}

/** Templates and statistics are not worth giving back: a new session makes its own. */
function returnable(part: HeldUnits, unit: number): boolean {
  const records = part.records[unit] ?? 0;
  return records > 0 || (part.statistics !== true && (part.dataRecords[unit] ?? 0) > 0);
}

/**
 * Gives units back to the exporter in one call of returned(), in order: those that were `reported` as sent first. No
 * call when nothing is worth it.
 */
export function giveBack(events: SinkEvents | undefined, reported: HeldUnits[], unsent: HeldUnits[]): void {
  const parts = [...reported, ...unsent];
  const run: UnitRun = {
    bytes: new Uint8Array(parts.reduce((sum, part) => sum + part.octets, 0)),
    ends: new Uint32Array(parts.reduce((sum, part) => sum + part.units, 0)),
    records: new Uint32Array(0),
    dataRecords: new Uint32Array(0),
    from: 0,
    to: 0,
  };
  run.records = new Uint32Array(run.ends.length);
  run.dataRecords = new Uint32Array(run.ends.length);
  let reportedUnits = 0;
  let end = 0;
  for (const [index, part] of parts.entries()) {
    for (let unit = 0; unit < part.units; unit++) {
      if (!returnable(part, unit)) continue;
      const bytes = unitOf(part, unit);
      run.bytes.set(bytes, end);
      end += bytes.length;
      run.ends[run.to] = end;
      run.records[run.to] = part.records[unit] ?? 0;
      run.dataRecords[run.to] = part.dataRecords[unit] ?? 0;
      run.to++;
      if (index < reported.length) reportedUnits++;
    }
  }
  if (run.to > 0) events?.returned(run, reportedUnits);
}
