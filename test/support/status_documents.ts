// Readings of the status page whose every counter is another number.
import type {
  AttributionStatusReading,
  SinkSource,
  StatusDocument,
  StatusSources,
} from '../../src/telemetry/status.js';
import { readStatus } from '../../src/telemetry/status.js';
import type { Rates } from '../../src/telemetry/status_history.js';
import {
  attributionCounters,
  attributionStatus,
  exporterCounters,
  identityStatus,
  meterCounters,
} from './counter_readings.js';

export const someRates: Rates = { seconds: 2, frames: 501, packets: 502, bits: 503, flows: 504, records: 505, lost: 0 };

export const namedEnds = (): AttributionStatusReading => ({
  status: attributionStatus(),
  counters: attributionCounters(),
  identity: identityStatus(),
});

export const oneSink = (change: Partial<SinkSource> = {}): SinkSource => ({
  name: 'udp://collector:4739',
  session: true,
  spooling: false,
  counters: exporterCounters(),
  ...change,
});

export function statusSources(change: Partial<StatusSources> = {}): StatusSources {
  return {
    version: '0.1.0',
    host: 'edge1',
    pid: 4711,
    startedMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    nowMs: () => Date.UTC(2026, 0, 2, 4, 4, 6),
    uptimeSeconds: () => 3601.4,
    metering: () => true,
    configuration: () => ({
      files: [],
      filter: false,
      workers: 2,
      packetSampling: 1,
      flowSampling: 1,
      activeTimeoutMs: 60_000,
      idleTimeoutMs: 15_000,
    }),
    points: () => [{ name: 'eth0', interface: 2, netns: '' }],
    meter: () => meterCounters(),
    dpi: true,
    attribution: namedEnds,
    sinks: () => [oneSink()],
    process: () => ({
      residentBytes: 5001,
      openDescriptors: 5002,
      cpuSeconds: 5003,
      cpu: 0.5004,
      eventLoopDelayMs: 5,
      stalledThreads: [],
    }),
    ...change,
  };
}

export function statusDocument(change: Partial<StatusSources> = {}, rates: Rates = someRates): StatusDocument {
  const sources = statusSources(change);
  const sinkRates = sources.sinks().map(() => ({ records: 506, octets: 507 }));
  const history = { intervalMs: 2000, packets: [1, 2, 3], bits: [4, 5, 6], flows: [7, 8, 9], lost: [0, 0, 0] };
  return { ...readStatus(sources, rates, sinkRates), history };
}
