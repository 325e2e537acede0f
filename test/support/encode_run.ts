// Meters frames once and encodes the flows with any number of encoders: the batch stays, so that the same records can be
// compared in several formats.
import { writeFileSync } from 'node:fs';
import { elements } from '../../src/fields/elements.js';
import type { Element } from '../../src/fields/field.js';
import { plainField } from '../../src/fields/template.js';
import type { Batch, EncodeResult, EncoderSpec, Meter, MeterOptions, UnitBuffer } from '../../src/native/boundary.js';
import { loadAddon } from '../../src/native/load.js';
import { meterDefaults, newUnits, plainUnits } from './meter_run.js';
import { captureNanoseconds } from './varied_frames.js';

export const startMs = 1_699_999_995_000; // 5 s before the first frame
export const exportSeconds = 1_700_000_100;

export interface Encoded {
  /** Template messages, then data messages. */
  messages: Buffer[];
  /** Sums over all calls of encode(). */
  sums: Pick<EncodeResult, 'records' | 'dataRecords' | 'truncated' | 'unencodable' | 'elsewhere'>;
}

/** A meter that is done, and all its flow records in one batch. close() when no encoder uses it any more. */
export class MeteredFlows {
  constructor(
    /** null: the batch was written by a test (attributed_batch.ts). */
    readonly meter: Meter | null,
    readonly batch: Batch,
  ) {}

  encode(spec: EncoderSpec, units: UnitBuffer = newUnits(1 << 20, 4096)): Encoded {
    const encoder = new (loadAddon().Encoder)(spec, this.meter);
    const messages = cutUnits(units, encoder.templates(exportSeconds, units).units);
    const sums = { records: 0, dataRecords: 0, truncated: 0, unencodable: 0, elsewhere: 0 };
    for (let first = 0; first < this.batch.count; ) {
      const result = encoder.encode(this.batch, first, exportSeconds, units);
      if (result.records === 0) throw new Error('encode() consumed nothing');
      first += result.records;
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name];
      messages.push(...cutUnits(units, result.units));
    }
    return { messages, sums };
  }

  close(): void {
    this.meter?.close();
  }
}

/** Copies of the units of the last call. */
export function cutUnits(out: UnitBuffer, units: number): Buffer[] {
  return Array.from({ length: units }, (_, i) =>
    Buffer.from(out.bytes.slice(i === 0 ? 0 : out.ends[i - 1], out.ends[i])),
  );
}

/** An IPFIX spec for these elements; formats and limits are the caller's to change. */
export function wireSpec(fields: readonly Element[], changes: Partial<EncoderSpec> = {}): EncoderSpec {
  const plan = (family: 4 | 6) =>
    fields
      .filter((element) => element.family === 0 || element.family === family)
      .map(({ index, length }) => plainField(index, '', length));
  return {
    format: 'ipfix',
    fields4: plan(4),
    fields6: plan(6),
    biflow: true,
    templateId4: 256,
    templateId6: 257,
    observationDomain: 7,
    enterprise: 32473,
    messageSize: 1400,
    timeFormat: 'iso',
    keyStyle: 'plain',
    communityIdSeed: 0,
    startMs,
    activeTimeoutMs: 60_000,
    idleTimeoutMs: 15_000,
    ...plainUnits,
    ...changes,
  };
}

/** Meters frames, by way of a capture file at this path, with all that any element needs. */
export async function meterFrames(
  file: string,
  frames: readonly Buffer[],
  options: Partial<MeterOptions> = {},
): Promise<MeteredFlows> {
  writeFileSync(file, captureNanoseconds(frames));
  let woken: () => void = () => {};
  const all = elements().map(({ index }) => index);
  const sources: MeterOptions['sources'] = [{ kind: 'file', name: file, netns: '' }];
  const meter: Meter = new (loadAddon().Meter)({ ...meterDefaults, ...options, sources, elements: all }, () => woken());
  const { stride } = meter;
  const capacity = 4096;
  const batch = {
    records: new Uint8Array(capacity * stride),
    heap: new Uint8Array(4 << 20),
    capacity,
    stride,
    count: 0,
    latestMs: 0,
  };
  meter.start();
  for (let finished = false; !finished; ) {
    const wake = new Promise<void>((resolve) => {
      woken = resolve;
    });
    finished = meter.events().some((event) => event.kind === 'finished');
    if (!finished) await wake;
  }
  if (meter.take(batch) === 0 || batch.count === capacity) throw new Error(`${batch.count} flows, not 1 to 4095`);
  return new MeteredFlows(meter, batch);
}
