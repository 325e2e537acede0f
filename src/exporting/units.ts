// Encoded units on their way to a sink, and the queue of those that wait. A unit is a message or a line; for each one
// it is known how many flow records and how many Data Records it holds, so that every drop is counted to the record.

import { recordsOf, startOf, type UnitRun } from '../sinks/sink.js';

/** How units look: messages carry a header to be stamped when they leave; lines are sent as they are. */
export type Framing = 'ipfix' | 'netflow9' | 'netflow5' | 'lines';

/** Offsets of the header fields that are stamped: RFC 7011 section 3.1, RFC 3954 section 5.1, NetFlow v5. */
const headers = {
  ipfix: { seconds: 4, sequence: 8, upTime: -1 },
  netflow9: { seconds: 8, sequence: 12, upTime: 4 },
  netflow5: { seconds: 8, sequence: 16, upTime: 4 },
} as const;

/** A run with what the exporter needs to stamp it, and when it began to wait. */
export interface Units extends UnitRun {
  view: DataView;
  /** Monotonic ms, for the export latency. */
  since?: number;
  /** From a segment of the spool that is not released: it is on disk too. */
  replayed?: boolean;
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

/** What a sequence number counts: Data Records (IPFIX), flows (NetFlow v5), or messages (v9). */
export function sequenceStep(run: Units, unit: number, framing: Framing): number {
  return framing === 'netflow9' ? 1 : (run.dataRecords[unit] ?? 0);
}

/** When a message leaves: seconds since 1970, and ms since the probe started (NetFlow's sysUptime). */
export interface ExportTime {
  seconds: number;
  upTimeMs: number;
}

/**
 * The sequence numbers of one Transport Session: one row for each Observation Domain (RFC 7011 section 3.1), since replayed
 * messages may be of another one than ours.
 */
export class Sequences {
  #framing: Framing;
  #next = new Map<number, number>();

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  newSession(): void {
    this.#next.clear();
  }

  /** Writes export time and sequence numbers into the messages [from, to). */
  stamp(run: Units, from: number, to: number, time: ExportTime): void {
    if (this.#framing === 'lines') return;
    const at = headers[this.#framing];
    const next = new Map<number, number>();
    for (let unit = from; unit < to; unit++) {
      const start = startOf(run, unit);
      const domain = this.#domain(run, unit);
      const sequence = next.get(domain) ?? this.#next.get(domain) ?? 0;
      run.view.setUint32(start + at.seconds, time.seconds);
      run.view.setUint32(start + at.sequence, sequence);
      if (at.upTime > 0) run.view.setUint32(start + at.upTime, time.upTimeMs >>> 0);
      next.set(domain, (sequence + sequenceStep(run, unit, this.#framing)) >>> 0);
    }
  }

  /** The messages [from, to) were sent, or are given up: the next ones count on behind them. */
  passed(run: Units, from: number, to: number): void {
    if (this.#framing === 'lines') return;
    for (let unit = from; unit < to; unit++) {
      const domain = this.#domain(run, unit);
      this.#next.set(domain, ((this.#next.get(domain) ?? 0) + sequenceStep(run, unit, this.#framing)) >>> 0);
    }
  }

  /** Only IPFIX messages of another domain ever come back from a spool. */
  #domain(run: Units, unit: number): number {
    return this.#framing === 'ipfix' ? run.view.getUint32(startOf(run, unit) + domainAt) : 0;
  }
}

const domainAt = 12; // RFC 7011 section 3.1

/** A run that a sink or the spool made, as the exporter needs it; shares the buffers. */
export function asUnits(run: UnitRun): Units {
  return { ...run, view: new DataView(run.bytes.buffer, run.bytes.byteOffset, run.bytes.byteLength) };
}

const slabOctets = 65_536;
const slabUnits = 512;

/**
 * What waits for a slow sink, oldest first. Units are copied into slabs, so that many small ones cost little more memory
 * than their octets.
 */
export class UnitQueue {
  #slabs: Units[] = [];
  #open: Units | undefined;
  /** Octets and flow records of the units that wait. */
  octets = 0;
  records = 0;

  get front(): Units | undefined {
    return this.#slabs[0];
  }

  /** Units that come before all others; their buffers belong to the queue from now on. */
  unshift(run: Units): void {
    if (run.from >= run.to) return;
    this.#slabs.unshift(run);
    this.octets += (run.ends[run.to - 1] ?? 0) - startOf(run, run.from);
    this.records += recordsOf(run, run.from, run.to);
  }

  /** Units that come last; their buffers belong to the queue from now on. */
  append(run: Units): void {
    if (run.from >= run.to) return;
    this.#slabs.push(run);
    this.#open = undefined;
    this.octets += (run.ends[run.to - 1] ?? 0) - startOf(run, run.from);
    this.records += recordsOf(run, run.from, run.to);
  }

  /** Takes all of it out, oldest first. */
  takeAll(): Units[] {
    const slabs = this.#slabs;
    this.#slabs = [];
    this.#open = undefined;
    this.octets = 0;
    this.records = 0;
    return slabs;
  }

  /** Copies the units [run.from, run.to), which then belong to the queue. now: monotonic ms. */
  push(run: Units, now = 0): void {
    for (; run.from < run.to; run.from++) {
      const start = startOf(run, run.from);
      const length = (run.ends[run.from] ?? 0) - start;
      const slab = this.#slabFor(length, now);
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
    if (slab.from < slab.to) return;
    this.#slabs.shift();
    if (slab === this.#open) this.#open = undefined;
  }

  /** The slab that has room for so many octets: only slabs of the queue's own are filled. */
  #slabFor(octets: number, now: number): Units {
    const last = this.#open;
    if (last !== undefined && last.to < last.ends.length && startOf(last, last.to) + octets <= last.bytes.length)
      return last;
    const slab = newOutput(Math.max(slabOctets, octets), slabUnits);
    slab.since = now;
    this.#slabs.push(slab);
    this.#open = slab;
    return slab;
  }
}
