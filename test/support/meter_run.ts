// Meters a capture in this process and gives the flows as parsed JSON: the packet path without command line and sinks.
import { elementByName } from '../../src/fields/elements.js';
import { newBatch } from '../../src/metering/batch.js';
import { plainField } from '../../src/fields/template.js';
import type { Counters, EncoderSpec, MeterEvent, MeterOptions, UnitBuffer } from '../../src/native/boundary.js';
import { loadAddon } from '../../src/native/load.js';

export const meterDefaults: Omit<MeterOptions, 'sources' | 'elements'> = {
  workers: 1,
  cacheSize: 1 << 16,
  activeTimeoutMs: 60_000,
  idleTimeoutMs: 15_000,
  lingerMs: 2_000,
  firstPackets: 0,
  tunnels: false,
  tunnelDepth: 4,
  fragmentEntries: 4096,
  filter: '',
  snapLength: 0,
  promiscuous: false,
  direction: 'both',
  captureRing: 4 << 20,
  recordRing: 1 << 20,
  packetSampling: 1,
  packetSamplingMode: 'systematic',
  flowSampling: 1,
  upscale: false,
  dpi: null,
};

/** What an EncoderSpec says of units when nothing special is asked. */
export const plainUnits = {
  oneSetPerMessage: false,
  inlineTemplates: false,
  linesPerUnit: 1,
  unitKey: 'none',
  share: 0,
  shareOf: 1,
  samplingInterval: 1,
  samplingMode: 0,
  eventMask: 0,
} as const satisfies Partial<EncoderSpec>;

export function newUnits(octets: number, units: number): UnitBuffer {
  return {
    bytes: new Uint8Array(octets),
    ends: new Uint32Array(units),
    records: new Uint32Array(units),
    dataRecords: new Uint32Array(units),
  };
}

export interface MeterRun {
  flows: Record<string, unknown>[];
  counters: Counters;
  events: MeterEvent[];
}

/** Runs the meter over one file; `names` are the fields of each flow object. Rejects with what start() throws. */
export async function meterFile(file: string, names: string[], options: Partial<MeterOptions> = {}): Promise<MeterRun> {
  const addon = loadAddon();
  const elements = names.map((name) => elementByName(name));
  let woken: () => void = () => {};
  const meter = new addon.Meter(
    {
      ...meterDefaults,
      sources: [{ kind: 'file', name: file, netns: '' }],
      ...options,
      elements: elements.map((e) => e.index),
    },
    () => woken(),
  );
  const fields = (family: 4 | 6) =>
    elements.filter((e) => e.family === 0 || e.family === family).map((e) => plainField(e.index, e.name, e.length));
  const encoder = new addon.Encoder(
    {
      format: 'json',
      fields4: fields(4),
      fields6: fields(6),
      biflow: true,
      templateId4: 256,
      templateId6: 257,
      observationDomain: 1,
      enterprise: 32473,
      messageSize: 1400,
      timeFormat: 'milliseconds',
      keyStyle: 'plain',
      communityIdSeed: 0,
      startMs: 0,
      activeTimeoutMs: 60_000,
      idleTimeoutMs: 15_000,
      ...plainUnits,
    },
    meter,
  );
  const batch = newBatch(meter.stride, 1024, 1 << 20);
  const units = newUnits(1 << 20, 2048);
  const run: MeterRun = { flows: [], counters: meter.counters(), events: [] };
  meter.start();
  try {
    for (let finished = false; ; ) {
      const wake = new Promise<void>((resolve) => {
        woken = resolve;
      });
      while (meter.take(batch) > 0) {
        for (let first = 0; first < batch.count; ) {
          const result = encoder.encode(batch, first, 0, units);
          first += result.records;
          const lines = Buffer.from(units.bytes.buffer, 0, result.bytes).toString().split('\n');
          for (const line of lines) if (line !== '') run.flows.push(JSON.parse(line) as Record<string, unknown>);
        }
      }
      if (finished) break;
      const events = meter.events();
      run.events.push(...events);
      finished = events.some((event) => event.kind === 'finished');
      if (!finished) await wake;
    }
    run.counters = meter.counters();
  } finally {
    meter.stop();
    meter.close();
  }
  return run;
}
