// What the rows of options records are made from: counters, and when they first and last grew.

import type { Counters, HostInterface, NativeAddon, ObservationPoint } from '../native/boundary.js';
import type { ExporterCounters } from './exporter_counters.js';

export interface InterfaceRow {
  /** ifIndex. */
  index: number;
  name: string;
  description: string;
}

/** When something was first and last lost, ms since 1970, as exact as LossWatch looked; 0 = never. */
export interface LossTimes {
  firstMs: number;
  lastMs: number;
}

/** A row of the application table: nDPI's protocol number is the selector of classification engine 22. */
export interface Application {
  selector: number;
  name: string;
  category: string;
  description: string;
}

export interface OptionsState {
  exporter: ExporterCounters;
  meter: Counters;
  /** Of ignoredPackets(meter). */
  ignored: LossTimes;
  /** Of notSentRecords(state). */
  notSent: LossTimes;
  interfaces: readonly InterfaceRow[];
  points: readonly ObservationPoint[];
  /** What flow records may name; read when it is asked for. */
  applications: () => readonly Application[];
}

/** The table's rows from nDPI's list. */
export function applicationRows(list: ReturnType<NativeAddon['applications']>): Application[] {
  return list.map(({ selector, name, category, breed }) => ({
    selector,
    name,
    category,
    description: [`nDPI ${name}`, category, breed].filter((part) => part !== '').join(', '),
  }));
}

/** Notes when a counter grows; ask it each time the counter is read. */
export class LossWatch implements LossTimes {
  firstMs = 0;
  lastMs = 0;
  #seen = 0;

  note(count: number, nowMs: number): void {
    if (count <= this.#seen) return;
    this.#seen = count;
    this.lastMs = nowMs;
    if (this.firstMs === 0) this.firstMs = nowMs;
  }
}

/** Not IP, or left out on purpose. */
const notIgnored = ['metered', 'notIp', 'notSampled'];

/** Packets the Metering Process had to leave out: dropped by the kernel, cut off, malformed, unsupported. */
export function ignoredPackets(meter: Counters): number {
  return Object.entries(meter.outcomes)
    .filter(([outcome]) => !notIgnored.includes(outcome))
    .reduce((sum, [, frames]) => sum + frames, meter.kernelDrops);
}

/** Every frame: by outcome, and those the kernel dropped. */
export function frameOutcomes(meter: Counters): [string, number][] {
  return [...Object.entries(meter.outcomes), ['kernelDrops', meter.kernelDrops]];
}

/** Why flow records of this exporter were not sent: its own causes, and those of the Metering Process. */
export function notSentCauses({ exporter, meter }: Pick<OptionsState, 'exporter' | 'meter'>): [string, number][] {
  return [
    ...Object.entries(exporter.dropped),
    ['recordRing', meter.recordsDropped],
    ['flowSampling', meter.recordsNotSelected],
    ['dpiFilter', meter.recordsNotWanted],
  ];
}

/** notSentFlowTotalCount: dropped here or in the Metering Process, or left out by its policy (IANA element 166). */
export function notSentRecords(state: Pick<OptionsState, 'exporter' | 'meter'>): number {
  return notSentCauses(state).reduce((sum, [, records]) => sum + records, 0);
}

/**
 * The interfaces that Observation Points are on, once each. An ifIndex that several network namespaces use is the
 * probe's own namespace's, else the first one's: the table of Observation Points tells them apart.
 */
export function interfaceRows(
  points: readonly ObservationPoint[],
  host: readonly HostInterface[] = [],
): InterfaceRow[] {
  const rows = new Map<number, InterfaceRow>();
  const ownFirst = [...points].sort((a, b) => Number(a.netns !== '') - Number(b.netns !== ''));
  for (const { interface: index, name, netns } of ownFirst) {
    if (index === 0 || rows.has(index)) continue;
    const known = netns === '' ? host.find((candidate) => candidate.index === index) : undefined;
    const facts = known === undefined ? [] : [known.mac, `MTU ${known.mtu}`].filter((fact) => fact !== '');
    const description = netns === '' ? facts.join(', ') : `network namespace ${netns}`;
    rows.set(index, { index, name, description });
  }
  return [...rows.values()].sort((a, b) => a.index - b.index);
}
