// Encoded units on their way to a sink, and the queue of those that wait. A unit is a message or a line; for each one
// it is known how many flow records and how many Data Records it holds, so that every drop is counted to the record.

import { startOf, type UnitRun } from '../sinks/sink.js';

/** How units look: IPFIX messages carry a header to be stamped when they leave; lines are sent as they are. */
export type Framing = 'ipfix' | 'lines';

/** Offsets in the message header, RFC 7011 section 3.1. */
const exportTimeOffset = 4;
const sequenceOffset = 8;

/** A run with what the exporter needs to stamp it. */
export interface Units extends UnitRun {
  view: DataView;
}

/** The exporter's one output buffer; units in it are valid until the next encode(). */
export function newOutput(octets: number, units: number): Units {
  const bytes = new Uint8Array(octets);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    ends: new Uint32Array(units),
    records: new Uint32Array(units),
    dataRecords: new Uint32Array(units),
    from: 0,
    to: 0,
  };
}

/** Writes export time and sequence numbers into the messages [from, to); returns the sequence number behind them. */
export function stamp(run: Units, from: number, to: number, exportSeconds: number, sequence: number): number {
  let next = sequence;
  for (let unit = from; unit < to; unit++) {
    const start = startOf(run, unit);
    run.view.setUint32(start + exportTimeOffset, exportSeconds);
    run.view.setUint32(start + sequenceOffset, next);
    next = (next + (run.dataRecords[unit] ?? 0)) >>> 0;
  }
  return next;
}

const slabOctets = 65_536;
const slabUnits = 512;

/**
 * What waits for a slow sink, oldest first. Units are copied into slabs, so that many small ones cost little more memory
 * than their octets.
 */
export class UnitQueue {
  #slabs: Units[] = [];
  /** Octets and flow records of the units that wait. */
  octets = 0;
  records = 0;

  get front(): Units | undefined {
    return this.#slabs[0];
  }

  /** Copies the units [run.from, run.to), which then belong to the queue. */
  push(run: Units): void {
    for (; run.from < run.to; run.from++) {
      const start = startOf(run, run.from);
      const length = (run.ends[run.from] ?? 0) - start;
      const slab = this.#slabFor(length);
      const at = startOf(slab, slab.to);
      slab.bytes.set(run.bytes.subarray(start, start + length), at);
      slab.ends[slab.to] = at + length;
      slab.records[slab.to] = run.records[run.from] ?? 0;
      slab.dataRecords[slab.to] = run.dataRecords[run.from] ?? 0;
      slab.to++;
      this.octets += length;
      this.records += run.records[run.from] ?? 0;
    }
  }

  /** Notes that the front slab moved on from `from`: by a sink, or by drops. */
  moved(from: number): void {
    const slab = this.front;
    if (slab === undefined) return;
    for (let unit = from; unit < slab.from; unit++) {
      this.octets -= (slab.ends[unit] ?? 0) - startOf(slab, unit);
      this.records -= slab.records[unit] ?? 0;
    }
    if (slab.from >= slab.to) this.#slabs.shift();
  }

  #slabFor(octets: number): Units {
    const last = this.#slabs.at(-1);
    if (last !== undefined && last.to < last.ends.length && startOf(last, last.to) + octets <= last.bytes.length)
      return last;
    const slab = newOutput(Math.max(slabOctets, octets), slabUnits);
    this.#slabs.push(slab);
    return slab;
  }
}
