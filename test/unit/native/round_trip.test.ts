// Every element of the catalogue through both encoders: the same records as JSON and as IPFIX, the IPFIX read back with
// weir's reader, each value compared with the other. Metered from frames made by rule, one run plain, one with tunnels.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { elements, fieldNeeds } from '../../../src/fields/elements.js';
import type { Element, Field } from '../../../src/fields/field.js';
import { type FieldValue, MessageReader } from '../../../src/ipfix/index.js';
import type { Batch, Encoder, EncoderSpec, Meter, MeterOptions } from '../../../src/native/boundary.js';
import { newBatch } from '../../../src/metering/batch.js';
import { loadAddon, tryLoadAddon } from '../../../src/native/load.js';
import { captureNanoseconds, plainFrames, tunnelFrames } from '../../support/varied_frames.js';
import { meterDefaults, newUnits, plainUnits } from '../../support/meter_run.js';
import { inspectionBits, needsOf, plainField } from '../../../src/fields/template.js';

type JsonFlow = Record<string, FieldValue | number[] | string[]>;

interface Encoded {
  lines: JsonFlow[];
  messages: Buffer[];
}

const startMs = 1_699_999_995_000; // 5 s before the first frame
const planOf = (family: 4 | 6): Element[] =>
  elements().filter((element) => element.family === 0 || element.family === family);

function specOf(format: 'json' | 'ipfix'): EncoderSpec {
  const fields = (family: 4 | 6) => planOf(family).map(({ index, name, length }) => plainField(index, name, length));
  return {
    format,
    fields4: fields(4),
    fields6: fields(6),
    biflow: true,
    templateId4: 256,
    templateId6: 257,
    observationDomain: 7,
    enterprise: 32473,
    messageSize: 16_384,
    timeFormat: 'iso',
    keyStyle: 'plain',
    communityIdSeed: 0,
    startMs,
    activeTimeoutMs: 60_000,
    idleTimeoutMs: 15_000,
    ...plainUnits,
  };
}

const out = newUnits(1 << 20, 4096);

/** Units of a whole batch: lines or messages. */
function encodeAll(encoder: Encoder, batch: Batch): Buffer[] {
  const units: Buffer[] = [];
  for (let first = 0; first < batch.count; ) {
    const result = encoder.encode(batch, first, 1_700_000_100, out);
    assert.equal(result.unencodable + result.truncated, 0);
    first += result.records;
    units.push(...cut(result.units));
  }
  return units;
}

function cut(units: number): Buffer[] {
  return Array.from({ length: units }, (_, i) =>
    Buffer.from(out.bytes.slice(i === 0 ? 0 : out.ends[i - 1]!, out.ends[i]!)),
  );
}

const parseLine = (line: Buffer): JsonFlow => JSON.parse(line.toString()) as JsonFlow;

async function meterAndEncode(file: string, options: Partial<MeterOptions>): Promise<Encoded> {
  const addon = loadAddon();
  let woken: () => void = () => {};
  const sources: MeterOptions['sources'] = [{ kind: 'file', name: file, netns: '' }];
  const all = elements().map(({ index }) => index);
  const meter: Meter = new addon.Meter({ ...meterDefaults, ...options, sources, elements: all }, () => woken());
  const json = new addon.Encoder(specOf('json'), meter);
  const ipfix = new addon.Encoder(specOf('ipfix'), meter);
  const batch = newBatch(meter.stride, 64, 1 << 20);
  const encoded: Encoded = { lines: [], messages: cut(ipfix.templates(1_700_000_100, out).units) };
  meter.start();
  try {
    for (let finished = false; ; ) {
      const wake = new Promise<void>((resolve) => {
        woken = resolve;
      });
      while (meter.take(batch) > 0) {
        encoded.lines.push(...encodeAll(json, batch).map(parseLine));
        encoded.messages.push(...encodeAll(ipfix, batch));
      }
      if (finished) return encoded;
      finished = meter.events().some((event) => event.kind === 'finished');
      if (!finished) await wake;
    }
  } finally {
    meter.stop();
    meter.close();
  }
}

/** Octets of one entry of the list elements, as their catalogue notes say. */
const entryOctets: Record<string, number> = {
  packetSequenceSizes: 2,
  packetSequenceTimes: 4,
  packetSequenceDirections: 1,
  packetSequenceFlags: 1,
};

/** The value off the wire in the form JSON gives it. */
function asJson(element: Element, value: FieldValue): FieldValue | number[] | string[] {
  if (element.type === 'string' && element.field.semantics === 'list') {
    return value === '' ? [] : String(value).split(',');
  }
  if (element.type !== 'octetArray') return value;
  const octets = Buffer.from(String(value).slice(2), 'hex');
  const size = entryOctets[element.name];
  if (size === undefined) return octets.toString('hex');
  return Array.from({ length: octets.length / size }, (_, i) => octets.readUIntBE(i * size, size));
}

const zeroes = new Set<unknown>([
  0,
  false,
  '',
  '0.0.0.0',
  '::',
  '00:00:00:00:00:00',
  '1970-01-01T00:00:00.000Z',
  '000000',
  '160000', // an application that nDPI does not know
]);
const isZero = (value: FieldValue | number[] | string[]): boolean =>
  Array.isArray(value) ? value.length === 0 : zeroes.has(value);

/** What was compared, and what of it had a value that says something. */
const compared = new Set<string>();
const telling = new Set<string>();

function compareFlow(flow: JsonFlow, wire: Record<string, FieldValue>): void {
  const plan = planOf(flow.ipVersion as 4 | 6);
  const decoded = Object.entries(wire); // in the order of the template
  assert.equal(decoded.length, plan.length);
  for (const [i, element] of plan.entries()) {
    const [name, raw] = decoded[i]!;
    // the union shares its number with tcpControlBits: the reader tells them apart by place
    assert.equal(name, element.field.sharesId === undefined ? element.name : `${element.field.sharesId}#2`);
    const value = asJson(element, raw);
    const expected = flow[element.name];
    const where = `${element.name} of flow ${String(flow.flowId)}.${String(flow.recordIndex)}`;
    if (expected !== undefined) assert.deepEqual(value, expected, where);
    else {
      const { absentWhenZero, absentWhenAllOnes } = element.field;
      assert.ok(absentWhenZero || absentWhenAllOnes, `${where} is not in JSON`);
      const isAbsent = absentWhenAllOnes ? value === 2 ** (8 * element.length) - 1 : isZero(value);
      assert.ok(isAbsent, `${where}: ${String(value)} on the wire, absent in JSON`);
    }
    compared.add(element.name);
    if (!isZero(value) && expected !== undefined) telling.add(element.name);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'weir-round-trip-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function roundTrip(name: string, frames: readonly Buffer[], options: Partial<MeterOptions>): Promise<JsonFlow[]> {
  const file = join(folder, name);
  writeFileSync(file, captureNanoseconds(frames));
  const { lines, messages } = await meterAndEncode(file, options);
  const reader = new MessageReader();
  const records = messages.flatMap((message) => reader.read(message, 'round trip'));
  const { malformed, unknownTemplates, sequenceGaps } = reader.counters;
  assert.deepEqual([...Object.values(malformed), unknownTemplates, sequenceGaps].filter(Boolean), []);
  assert.equal(records.length, lines.length);
  const keyOf = (flow: Record<string, unknown>) => `${String(flow.flowId)} ${String(flow.recordIndex)}`;
  const byKey = new Map(records.map((record) => [keyOf(record.fields), record.fields]));
  assert.equal(byKey.size, lines.length);
  for (const flow of lines) compareFlow(flow, byKey.get(keyOf(flow)) ?? {});
  return lines;
}

const loaded = tryLoadAddon();
const unavailable = 'reason' in loaded ? { skip: loaded.reason } : {};

/**
 * Always 0 or empty for a capture file, all of it metered: Observation Point 0 with neither interface nor namespace. So are
 * the fields of who is at the ends but the names of how that was found, and without DPI those of what is inside.
 */
const liveOnly = [
  'ingressInterface',
  'egressInterface',
  'ingressInterfaceName',
  'egressInterfaceName',
  'networkNamespace',
  'observationPointId',
  'flowDirection',
  'flowDirectionName',
];
const attributed = (field: Field): boolean =>
  ['endpoint', 'kernel'].includes(fieldNeeds(field) ?? '') && field.name !== 'sourceMatchMethodName';
const inside = (element: Element): boolean =>
  (needsOf([element]) & inspectionBits) !== 0 && !['l7ProtocolName', 'applicationNumbers'].includes(element.name);

test('every element says the same in JSON and in IPFIX', unavailable, async (context) => {
  await context.test('plain, IPv4 and IPv6', async () => {
    const flows = await roundTrip('plain.pcap', plainFrames(), { firstPackets: 4, activeTimeoutMs: 30 });
    assert.deepEqual(new Set(flows.map((flow) => flow.ipVersion)), new Set([4, 6]));
    assert.ok(flows.every((flow) => flow.tunnelType === undefined));
  });
  await context.test('with tunnels', async () => {
    const flows = await roundTrip('tunnels.pcap', tunnelFrames(), { firstPackets: 4, tunnels: true });
    assert.deepEqual(new Set(flows.map((flow) => flow.tunnelTypeName)), new Set(['vxlan', 'l2tp']));
  });
  await context.test('with packet sampling', async () => {
    const flows = await roundTrip('sampled.pcap', plainFrames(), { packetSampling: 2 });
    assert.ok(flows.every((flow) => flow.selectorId === 1));
  });
  await context.test('all of them, and none only at zero', () => {
    assert.equal(compared.size, elements().length);
    const silent = elements()
      .map(({ name }) => name)
      .filter((name) => !telling.has(name));
    assert.deepEqual(
      silent,
      elements()
        .filter((element) => liveOnly.includes(element.name) || attributed(element.field) || inside(element))
        .map(({ name }) => name),
    );
  });
});
