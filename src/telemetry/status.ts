// How the probe is, as one structure: /status.json, the status page and the statistics file are made of it. The counters
// are those of /metrics, by their own names; the laws of "What is counted" (README) hold within one reading.
import type { AttributionReading, MeterReading, SinkReading } from './metric_tables.js';
import { sinkLabels, sinkScheme } from './sink_label.js';
import type { HistoryColumns, Rates, SinkRates } from './status_history.js';

/** What does not change while the probe runs, but by SIGHUP. */
export interface ConfigurationReading {
  /** Capture files, '-' = stdin; none = live. */
  files: readonly string[];
  /** A packet filter is in force. Its text may be anybody's business: it is not told. */
  filter: boolean;
  workers: number;
  packetSampling: number;
  flowSampling: number;
  activeTimeoutMs: number;
  idleTimeoutMs: number;
}

export interface PointReading {
  /** Interface, or name of the capture file. */
  name: string;
  /** ifIndex, 0 = none. */
  interface: number;
  /** '' = the probe's own. */
  netns: string;
}

export interface ProcessReading {
  residentBytes: number;
  openDescriptors: number;
  cpuSeconds: number;
  /** Processors in use over the last interval, the threads of capture included: 1 = one of them all the time. */
  cpu: number;
  /** How late the last timer of the Node thread came. */
  eventLoopDelayMs: number;
  /** Names of threads of weir that stand still. */
  stalledThreads: readonly string[];
}

/** What readings are made of. */
export interface StatusSources {
  version: string;
  host: string;
  pid: number;
  /** ms since 1970. */
  startedMs: number;
  nowMs: () => number;
  uptimeSeconds: () => number;
  /** The Metering Process has started and not ended. */
  metering: () => boolean;
  configuration: () => ConfigurationReading;
  points: () => readonly PointReading[];
  meter: () => MeterReading;
  /** Applications are looked for. */
  dpi: boolean;
  attribution: () => AttributionStatusReading;
  sinks: () => readonly SinkSource[];
  process: () => ProcessReading;
}

export interface AttributionStatusReading extends AttributionReading {
  status: {
    tier: 'off' | 'diag' | 'bpf';
    reason: string;
    programs: readonly { attached: boolean; wanted: boolean }[];
  };
}

export interface SinkSource {
  /** As the user wrote it. */
  name: string;
  /** A Transport Session is up (or the file open). */
  session: boolean;
  /** What the sink cannot take goes to a disk spool that works. */
  spooling: boolean;
  counters: SinkReading;
}

/** up: takes flows; spooling: away, and what it misses is on disk; down: away, and the oldest is dropped when memory is full. */
export type SinkState = 'up' | 'spooling' | 'down';

export interface SinkStatus extends SinkReading {
  /** Scheme and address, without parameters and secrets. */
  name: string;
  scheme: string;
  state: SinkState;
  session: boolean;
  spooling: boolean;
  rates: SinkRates;
}

export interface StatusReading {
  version: string;
  host: string;
  pid: number;
  started: string;
  time: string;
  uptimeSeconds: number;
  metering: boolean;
  configuration: ConfigurationReading & { observationPoints: readonly PointReading[] };
  /** A second, over the last interval. */
  rates: Rates;
  meter: {
    frames: number;
    /** Frames by what became of them; the sum is `frames`. */
    outcomes: Readonly<Record<string, number>>;
    kernelDrops: number;
    /** null = unknown: a kernel filter is on. */
    filtered: number | null;
    wirePackets: number;
    wireOctets: number;
    packets: number;
    octets: number;
    readErrors: number;
    interfaceLosses: number;
    reattached: number;
    fragmentsUnmatched: number;
    fragmentsEvicted: number;
    misplaced: number;
  };
  cache: { flows: number; capacity: number; flowsCreated: number };
  /** Flow records that left the cache: each is in one of these. */
  records: { made: Readonly<Record<string, number>>; dropped: number; notSelected: number; notWanted: number };
  recordRing: { usedOctets: number; capacityOctets: number };
  applications: {
    on: boolean;
    classified: number;
    guessed: number;
    givenUp: number;
    packets: number;
    states: number;
    statesMissing: number;
    factsOctets: number;
  };
  attribution: {
    tier: 'off' | 'diag' | 'bpf';
    /** Why it is not the better one, or what of it is off. */
    reason: string;
    programsAttached: number;
    programsWanted: number;
    /** Absent when it is off. */
    counters?: AttributionReading['counters'];
    /** Absent where no container is named. */
    containers?: AttributionReading['identity'];
  };
  sinks: readonly SinkStatus[];
  process: ProcessReading;
}

/** What /status.json gives. */
export interface StatusDocument extends StatusReading {
  /** Rates of the last minutes, oldest first. */
  history: HistoryColumns;
}

function meterPart(now: MeterReading): Pick<StatusReading, 'meter' | 'cache' | 'records' | 'recordRing'> {
  return {
    meter: {
      frames: now.frames,
      outcomes: now.outcomes,
      kernelDrops: now.kernelDrops,
      filtered: now.filtered,
      wirePackets: now.wirePackets,
      wireOctets: now.wireOctets,
      packets: now.packets,
      octets: now.octets,
      readErrors: now.readErrors,
      interfaceLosses: now.interfaceLosses,
      reattached: now.reattached,
      fragmentsUnmatched: now.fragmentsUnmatched,
      fragmentsEvicted: now.fragmentsEvicted,
      misplaced: now.misplaced,
    },
    cache: { flows: now.flows, capacity: now.cacheCapacity, flowsCreated: now.flowsCreated },
    records: {
      made: now.records,
      dropped: now.recordsDropped,
      notSelected: now.recordsNotSelected,
      notWanted: now.recordsNotWanted,
    },
    recordRing: { usedOctets: now.ringUsed, capacityOctets: now.ringCapacity },
  };
}

function applicationsPart(on: boolean, now: MeterReading): StatusReading['applications'] {
  return {
    on,
    classified: now.dpiClassified,
    guessed: now.dpiGuessed,
    givenUp: now.dpiGivenUp,
    packets: now.dpiPackets,
    states: now.dpiStates,
    statesMissing: now.dpiStatesMissing,
    factsOctets: now.dpiFactsOctets,
  };
}

function attributionPart({ status, counters, identity }: AttributionStatusReading): StatusReading['attribution'] {
  return {
    tier: status.tier,
    reason: status.reason,
    programsAttached: status.programs.filter(({ attached }) => attached).length,
    programsWanted: status.programs.filter(({ wanted }) => wanted).length,
    ...(counters ? { counters } : {}),
    ...(identity ? { containers: identity } : {}),
  };
}

export function sinkState({ session, spooling }: Pick<SinkSource, 'session' | 'spooling'>): SinkState {
  if (session) return 'up';
  return spooling ? 'spooling' : 'down';
}

function sinkParts(sinks: readonly SinkSource[], rates: readonly SinkRates[]): SinkStatus[] {
  const labels = sinkLabels(sinks.map(({ name }) => name));
  return sinks.map(({ name, session, spooling, counters }, index) => ({
    name: labels[index] ?? '',
    scheme: sinkScheme(name),
    state: sinkState({ session, spooling }),
    session,
    spooling,
    ...counters,
    rates: rates[index] ?? { records: 0, octets: 0 },
  }));
}

/** One reading; all of it is of one moment. */
export function readStatus(sources: StatusSources, rates: Rates, sinkRates: readonly SinkRates[]): StatusReading {
  const now = sources.nowMs();
  const meter = sources.meter();
  return {
    version: sources.version,
    host: sources.host,
    pid: sources.pid,
    started: new Date(sources.startedMs).toISOString(),
    time: new Date(now).toISOString(),
    uptimeSeconds: Math.floor(sources.uptimeSeconds()),
    metering: sources.metering(),
    configuration: { ...sources.configuration(), observationPoints: sources.points() },
    rates,
    ...meterPart(meter),
    applications: applicationsPart(sources.dpi, meter),
    attribution: attributionPart(sources.attribution()),
    sinks: sinkParts(sources.sinks(), sinkRates),
    process: sources.process(),
  };
}
