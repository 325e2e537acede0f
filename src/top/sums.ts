// The counters of one row, and how an observation adds to them.
import type { Observation, Side } from './observation.js';

export interface Sums {
  /** Octets towards the end the row looks from, and from it. */
  in: number;
  out: number;
  inPackets: number;
  outPackets: number;
  connections: number;
  failed: number;
  retransmits: number;
  /** Microseconds, summed over so many records that tell them. */
  rttSum: number;
  rttCount: number;
  flows: number;
  /** Process ids, 0 where it is not known, a few at most: a row of one process shows it. */
  pids: number[];
}

const pidLimit = 2;

export function newSums(): Sums {
  return {
    in: 0,
    out: 0,
    inPackets: 0,
    outPackets: 0,
    connections: 0,
    failed: 0,
    retransmits: 0,
    rttSum: 0,
    rttCount: 0,
    flows: 0,
    pids: [],
  };
}

/** What of an observation counts: a share of its octets and packets, its start, its end, and whether its flow is new. */
export interface Part {
  share: number;
  start: boolean;
  end: boolean;
  newFlow: boolean;
}

/** Adds a part of an observation as seen from one end. */
export function addTo(sums: Sums, observation: Observation, viewpoint: Side, part: Part): void {
  const away = viewpoint === 0 ? 1 : 0;
  const { octets, packets, rtt, ends } = observation;
  const { share } = part;
  sums.in += octets[away] * share;
  sums.out += octets[viewpoint] * share;
  sums.inPackets += packets[away] * share;
  sums.outPackets += packets[viewpoint] * share;
  sums.retransmits += observation.retransmits * share;
  if (part.start && observation.connection) sums.connections++;
  if (part.end && observation.failed) sums.failed++;
  if (rtt[viewpoint] > 0) {
    sums.rttSum += rtt[viewpoint];
    sums.rttCount++;
  }
  if (part.newFlow) sums.flows++;
  const { processId } = ends[viewpoint];
  if (sums.pids.length < pidLimit && !sums.pids.includes(processId)) sums.pids.push(processId);
}

/** Adds a row to another one. */
export function merge(into: Sums, from: Readonly<Sums>): void {
  for (const name of counterNames) into[name] += from[name];
}

/** `sums` without `part`. */
export function without(sums: Readonly<Sums>, part: Readonly<Sums>): Sums {
  const left = { ...sums, pids: [] };
  for (const name of counterNames) left[name] -= part[name];
  return left;
}

const counterNames = [
  'in',
  'out',
  'inPackets',
  'outPackets',
  'connections',
  'failed',
  'retransmits',
  'rttSum',
  'rttCount',
  'flows',
] as const;
