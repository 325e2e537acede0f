// The line of --stats: what happened since the last one, from two snapshots of the counters. Pure.
import { short } from './short_number.js';

/** What the line reads of the Meter's counters (native/boundary.ts Counters has all of it). */
export interface MeterSnapshot {
  frames: number;
  kernelDrops: number;
  wirePackets: number;
  octets: number;
  flowsCreated: number;
  flows: number;
  cacheCapacity: number;
  outcomes: Readonly<Record<string, number>>;
  records: Readonly<Record<string, number>>;
  recordsDropped: number;
  recordsNotWanted: number;
  dpiStates: number;
  dpiStatesMissing: number;
  dpiClassified: number;
  dpiGuessed: number;
  dpiGivenUp: number;
}

/** Counters of one sink since the start. */
export interface SinkSnapshot {
  name: string;
  /** Flow records exported. */
  records: number;
  bytes: number;
  /** Flow records lost, by cause. */
  dropped: Readonly<Record<string, number>>;
  /** Flow records that wait now, in memory and on disk. */
  queued: number;
  spooled: number;
  /** The collector is there, as far as the sink knows. */
  connected: boolean;
}

/** What the line reads of the Attribution's counters. */
export interface AttributionSnapshot {
  endsMatched: Readonly<Record<string, number>>;
  endsTentative: number;
  kernelDropped: number;
  readsDropped: number;
  flowsDropped: number;
  eventsMade: number;
  eventsDropped: number;
}

export interface Snapshot {
  meter: MeterSnapshot;
  /** Applications are looked for. */
  dpi?: boolean;
  /** Absent when it is off. */
  attribution?: AttributionSnapshot;
  sinks: readonly SinkSnapshot[];
}

/** `name value` of the causes that grew, or nothing. */
function grown(now: Readonly<Record<string, number>>, before: Readonly<Record<string, number>> = {}): string[] {
  return Object.entries(now)
    .map(([cause, count]) => ({ cause, count: count - (before[cause] ?? 0) }))
    .filter(({ count }) => count > 0)
    .map(({ cause, count }) => `${cause} ${short(count)}`);
}

function packets(now: MeterSnapshot, before: MeterSnapshot, seconds: number): string {
  const { metered: _, ...ignored } = now.outcomes;
  const lost = grown({ kernel: now.kernelDrops, ...ignored }, { kernel: before.kernelDrops, ...before.outcomes });
  const count = now.wirePackets - before.wirePackets;
  const bits = ((now.octets - before.octets) * 8) / seconds;
  const rate = `packets ${short(count)} (${short(count / seconds)}/s, ${short(bits)}bit/s)`;
  return lost.length === 0 ? rate : `${rate} not metered: ${lost.join(', ')}`;
}

function flows(now: MeterSnapshot, before: MeterSnapshot, seconds: number): string {
  const created = now.flowsCreated - before.flowsCreated;
  const fill = now.cacheCapacity === 0 ? 0 : (now.flows / now.cacheCapacity) * 100;
  const early = grown(
    { lackOfResources: now.records.lackOfResources ?? 0, recordRing: now.recordsDropped },
    { lackOfResources: before.records.lackOfResources ?? 0, recordRing: before.recordsDropped },
  );
  const rate = `flows ${short(created)} new (${short(created / seconds)}/s)`;
  const text = `${rate}, ${short(now.flows)} in cache (${fill.toFixed(1)}%)`;
  return early.length === 0 ? text : `${text} ${early.join(', ')}`;
}

function applications(now: MeterSnapshot, before: MeterSnapshot): string {
  const grew = ['dpiClassified', 'dpiGuessed', 'dpiGivenUp'] as const;
  const [classified = 0, guessed = 0, givenUp = 0] = grew.map((name) => now[name] - before[name]);
  const left = grown(
    { dpiStates: now.dpiStatesMissing, dpiFilter: now.recordsNotWanted },
    { dpiStates: before.dpiStatesMissing, dpiFilter: before.recordsNotWanted },
  );
  const text = [
    `applications ${short(classified)} classified`,
    ...(guessed > 0 ? [`${short(guessed)} guessed`] : []),
    ...(givenUp > 0 ? [`${short(givenUp)} unknown`] : []),
    ...(now.dpiStates > 0 ? [`${short(now.dpiStates)} in work`] : []),
  ].join(', ');
  return left.length === 0 ? text : `${text} left out: ${left.join(', ')}`;
}

function lostEvents(counters: AttributionSnapshot | undefined): Record<string, number> {
  if (!counters) return {};
  const { kernelDropped, readsDropped, flowsDropped, eventsDropped } = counters;
  return { kernelDropped, readsDropped, flowsDropped, eventsDropped };
}

function ends(now: AttributionSnapshot, before: AttributionSnapshot | undefined): string {
  const all = Object.entries(now.endsMatched).map(([method, count]) => ({
    method,
    count: count - (before?.endsMatched[method] ?? 0),
  }));
  const sum = (counts: typeof all): number => counts.reduce((total, { count }) => total + count, 0);
  const tentative = now.endsTentative - (before?.endsTentative ?? 0);
  const events = now.eventsMade - (before?.eventsMade ?? 0);
  const lost = grown(lostEvents(now), lostEvents(before));
  const text = [
    `ends ${short(sum(all.filter(({ method }) => method !== 'none')))} of ${short(sum(all))} named`,
    ...(tentative > 0 ? [`${short(tentative)} tentative`] : []),
    ...(events > 0 ? [`${short(events)} events`] : []),
  ].join(', ');
  return lost.length === 0 ? text : `${text} lost: ${lost.join(', ')}`;
}

function sink(now: SinkSnapshot, before: SinkSnapshot | undefined): string {
  const records = now.records - (before?.records ?? 0);
  const bytes = now.bytes - (before?.bytes ?? 0);
  const lost = grown(now.dropped, before?.dropped);
  const state = [
    ...(now.connected ? [] : ['disconnected']),
    ...(now.queued > 0 ? [`queued ${short(now.queued)}`] : []),
    ...(now.spooled > 0 ? [`spooled ${short(now.spooled)}`] : []),
  ];
  const text = [`${now.name} ${short(records)} records ${short(bytes)}B`, ...state].join(', ');
  return lost.length === 0 ? text : `${text} dropped: ${lost.join(', ')}`;
}

/** One line, without a newline; elapsedMs is the time between the snapshots. */
export function statsLine(now: Snapshot, before: Snapshot, elapsedMs: number): string {
  const seconds = Math.max(elapsedMs, 1) / 1000;
  const parts = [packets(now.meter, before.meter, seconds), flows(now.meter, before.meter, seconds)];
  if (now.dpi) parts.push(applications(now.meter, before.meter));
  if (now.attribution) parts.push(ends(now.attribution, before.attribution));
  // By place, not by name: two sinks may have the same URL.
  for (const [index, one] of now.sinks.entries()) parts.push(sink(one, before.sinks[index]));
  return parts.join(' | ');
}
