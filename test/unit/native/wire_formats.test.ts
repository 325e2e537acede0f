// NetFlow v9 and v5, IPFIX message layouts and options records off the wire: read back with weir's reader and compared
// with the same flows in plain IPFIX, and judged by the strict checker and by tshark.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { elementByName, elements, variableLength } from '../../../src/fields/elements.js';
import type { Element } from '../../../src/fields/field.js';
import { type DecodedRecord, MessageReader } from '../../../src/ipfix/index.js';
import type { EncoderSpec, OptionsField, OptionsRow, OptionsTemplate } from '../../../src/native/boundary.js';
import { loadAddon, packageRoot, tryLoadAddon } from '../../../src/native/load.js';
import {
  cutUnits,
  exportSeconds,
  type MeteredFlows,
  meterFrames,
  startMs,
  wireSpec,
} from '../../support/encode_run.js';
import { newUnits } from '../../support/meter_run.js';
import { pcapOfDatagrams } from '../../support/pcap_of_messages.js';
import { below, seededRandom } from '../../support/seeded_random.js';
import { plainFrames } from '../../support/varied_frames.js';

const loaded = tryLoadAddon();
const unavailable = 'reason' in loaded ? { skip: loaded.reason } : {};
const haveTshark = spawnSync('tshark', ['--version']).status === 0;
const withTshark = 'reason' in loaded ? unavailable : haveTshark ? {} : { skip: 'tshark is not installed' };
const folder = mkdtempSync(join(tmpdir(), 'weir-wire-formats-'));
let flows: MeteredFlows;

before(async () => {
  if ('reason' in loaded) return;
  flows = await meterFrames(join(folder, 'plain.pcap'), plainFrames(), { firstPackets: 4, activeTimeoutMs: 30 });
});
after(() => {
  flows?.close();
  rmSync(folder, { recursive: true, force: true });
});

const named = (...names: string[]): Element[] => names.map((name) => elementByName(name));

/** Reads messages; nothing of them may be malformed, lost or of an unknown template. */
function read(messages: readonly Buffer[]): DecodedRecord[] {
  const reader = new MessageReader();
  const records = messages.flatMap((message) => reader.read(message, 'test'));
  const { malformed, unknownTemplates, sequenceGaps, lost, outOfOrder, restarts } = reader.counters;
  const wrong = [...Object.values(malformed), unknownTemplates, sequenceGaps, lost, outOfOrder, restarts];
  assert.deepEqual(wrong.filter(Boolean), []);
  return records;
}

/** The records of each template, in order: IP versions may alternate between sets in different ways. */
function byTemplate(records: readonly DecodedRecord[]): DecodedRecord['fields'][][] {
  return [256, 257].map((id) => records.filter(({ template }) => template === id).map(({ fields }) => fields));
}

/** Runs the strict checker over messages as an RFC 5655 file. */
function check(messages: readonly Buffer[], records: number): void {
  const file = join(folder, 'check.ipfix');
  writeFileSync(file, Buffer.concat(messages));
  const checker = join(packageRoot(), 'test', 'support', 'ipfix_check.py');
  const run = spawnSync('python3', [checker, 'file', file], { encoding: 'utf8', maxBuffer: 64 << 20 });
  const lines = run.stdout.trim().split('\n');
  assert.deepEqual(
    lines.filter((line) => line.includes('"violation"')),
    [],
  );
  assert.equal((JSON.parse(lines.at(-1) ?? '{}') as { records: number }).records, records, run.stderr);
}

/** What tshark makes of datagrams: the values of each field, all of them; nothing may be malformed. */
function tshark(datagrams: readonly Buffer[], port: number, ...fields: string[]): string[][] {
  const file = join(folder, 'datagrams.pcap');
  writeFileSync(file, pcapOfDatagrams(datagrams, exportSeconds, port));
  const columns = ['_ws.malformed', ...fields].flatMap((name) => ['-e', name]);
  const options = ['-d', `udp.port==${port},cflow`, '-T', 'fields', '-E', 'occurrence=a', ...columns];
  const run = spawnSync('tshark', ['-r', file, ...options], { encoding: 'utf8', maxBuffer: 64 << 20 });
  assert.equal(run.status, 0, run.stderr);
  const rows = run.stdout.split('\n').map((line) => line.split('\t'));
  const [malformed, ...values] = ['malformed', ...fields].map((_, column) =>
    rows.flatMap((row) => row[column]?.split(',') ?? []).filter((value) => value !== ''),
  );
  assert.deepEqual(malformed, []);
  return values;
}

const isV9 = (element: Element): boolean =>
  (element.enterprise === 0 || element.enterprise === 35632) &&
  !element.reverse &&
  !element.name.startsWith('reverse') &&
  element.field.sharesId === undefined;

/** v9 has no variable lengths: texts get a fixed one that holds them. */
function fixedLengths(spec: EncoderSpec, octets: number): EncoderSpec {
  const fixed = (list: EncoderSpec['fields4']) =>
    list.map((field) => (field.wireLength === variableLength ? { ...field, wireLength: octets } : field));
  return { ...spec, fields4: fixed(spec.fields4), fields6: fixed(spec.fields6) };
}

/** A few random elements, and two that all records have and no padding can hold. */
function randomElements(random: () => number, from: readonly Element[], limit: number): Element[] {
  const chosen = new Set([elementByName('protocolIdentifier'), elementByName('packetDeltaCount')]);
  for (let count = 1 + below(random, limit); count > 0; count--) {
    const element = from[below(random, from.length)];
    if (element !== undefined) chosen.add(element);
  }
  return [...chosen].sort((a, b) => below(random, 3) - 1 || a.index - b.index);
}

test('NetFlow v9 says what IPFIX says, for every element it has and for random templates', unavailable, () => {
  const random = seededRandom(9);
  const usable = elements().filter(isV9);
  for (let round = 0; round < 40; round++) {
    const chosen = round === 0 ? usable : randomElements(random, usable, 25);
    const spec = wireSpec(chosen, { biflow: false, messageSize: round === 0 ? 9000 : 900 + below(random, 600) });
    const wanted = read(flows.encode({ ...spec, messageSize: 9000 }).messages);
    const fixed = fixedLengths({ ...spec, format: 'netflow9' }, 24);
    const { messages, sums } = flows.encode(fixed);
    assert.equal(sums.unencodable + sums.truncated, 0);
    for (const message of messages) assert.ok(message.length <= spec.messageSize && message.length % 4 === 0);
    const found = read(messages);
    assert.equal(found.length, sums.dataRecords);
    const clean = ({ fields }: DecodedRecord) => withoutPadding(fields);
    for (const template of [256, 257]) {
      const of = (records: readonly DecodedRecord[]) => records.filter((record) => record.template === template);
      assert.deepEqual(of(found).map(clean), of(wanted).map(clean));
    }
  }
});

/** Octets in a fixed length end in zeros, and v9's uptimes give absolute times besides. */
function withoutPadding(fields: DecodedRecord['fields']): DecodedRecord['fields'] {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'string' && value.startsWith('0x') ? value.replace(/(00)*$/, '') : value,
  ]);
  const result = Object.fromEntries(entries) as DecodedRecord['fields'];
  if ('flowStartSysUpTime' in result) delete result.flowStartMilliseconds;
  if ('flowEndSysUpTime' in result) delete result.flowEndMilliseconds;
  return result;
}

const fields5 = named(
  'sourceIPv4Address',
  'destinationIPv4Address',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'octetDeltaCount',
  'packetDeltaCount',
  'ipClassOfService',
  'tcpControlBits',
  'flowStartMilliseconds',
  'flowEndMilliseconds',
  'icmpTypeCodeIPv4',
);

test('NetFlow v5 has the IPv4 flows with their counters and times, IPv6 is counted', unavailable, () => {
  const spec = wireSpec(fields5, { biflow: false, messageSize: 1464 });
  const wanted = byTemplate(read(flows.encode(spec).messages))[0] ?? [];
  const { messages, sums } = flows.encode({ ...spec, format: 'netflow5', samplingInterval: 64, samplingMode: 1 });
  const found = read(messages);
  assert.equal(found.length, wanted.length);
  assert.ok(sums.unencodable > 0 && sums.unencodable < sums.records);
  for (const [i, { fields }] of found.entries()) {
    const { icmpTypeCodeIPv4, ...want } = { ...wanted[i] };
    if (want.protocolIdentifier === 1) want.destinationTransportPort = icmpTypeCodeIPv4 ?? 0;
    for (const [name, value] of Object.entries(want)) assert.equal(fields[name], value, name);
    assert.equal(fields.samplingInterval, 64);
  }
});

test('IPFIX of random templates: one set a message, and messages to be read alone', unavailable, () => {
  const random = seededRandom(10);
  const usable = elements().filter(({ field }) => field.sharesId === undefined);
  for (let round = 0; round < 12; round++) {
    const chosen = randomElements(random, usable, 30);
    const plain = wireSpec(chosen, { messageSize: 2400 });
    const wanted = flows.encode(plain);
    const single = flows.encode({ ...plain, oneSetPerMessage: true, messageSize: 1000 + below(random, 1000) });
    if (round < 3) check(single.messages, single.sums.dataRecords);
    for (const message of single.messages) assert.equal(message.readUInt16BE(18), message.length - 16);
    assert.deepEqual(byTemplate(read(single.messages)), byTemplate(read(wanted.messages)));
    const alone = flows.encode({ ...plain, inlineTemplates: true });
    assert.deepEqual(
      byTemplate(alone.messages.flatMap((message) => new MessageReader().read(message, 'alone'))),
      byTemplate(read(wanted.messages)),
    );
    for (const message of alone.messages) assert.ok(message.length <= 2400);
  }
});

test('shares part the flows, both directions of one stay together', unavailable, () => {
  const spec = wireSpec(named('flowId', 'octetDeltaCount'), { biflow: false });
  const whole = flows.encode(spec).sums;
  const owner = new Map<string, number>();
  let written = 0;
  for (let share = 0; share < 3; share++) {
    const { messages, sums } = flows.encode({ ...spec, share, shareOf: 3 });
    assert.equal(sums.records, whole.records);
    written += sums.dataRecords;
    for (const { fields } of read(messages)) {
      const id = String(fields.flowId);
      assert.equal(owner.get(id) ?? share, share);
      owner.set(id, share);
    }
  }
  assert.equal(written, whole.dataRecords);
  assert.deepEqual(new Set(owner.values()), new Set([0, 1, 2]));
});

const field = (id: number, type: OptionsField['type'], length: number, enterprise = 0): OptionsField => ({
  id,
  enterprise,
  length,
  type,
});

const interfaces: OptionsTemplate = {
  id: 300,
  scopes: 1,
  fields: [field(10, 'unsigned32', 4), field(82, 'string', variableLength), field(83, 'string', 5)],
};
const everything: OptionsTemplate = {
  id: 301,
  scopes: 2,
  fields: [
    field(149, 'unsigned32', 4),
    field(143, 'unsigned32', 2),
    field(164, 'unsigned64', 8),
    field(160, 'dateTimeMilliseconds', 8),
    field(130, 'ipv4Address', 4),
    field(131, 'ipv6Address', 16),
    field(56, 'macAddress', 6),
    field(276, 'boolean', 1),
    field(311, 'float64', 8),
    field(95, 'octetArray', 3),
  ],
};
const everythingRow: OptionsRow = [
  7,
  3,
  2n ** 63n,
  startMs + 7,
  '192.0.2.1',
  '2001:db8::1',
  '02:00:00:00:00:01',
  1,
  0.25,
  '160007',
];

/** Templates and then rows, with sequence numbers as an exporter stamps them. */
function optionsMessages(): Buffer[] {
  const encoder = new (loadAddon().OptionsEncoder)('ipfix', 9, 200);
  const out = newUnits(400, 4);
  const messages = cutUnits(out, encoder.templates([interfaces, everything], exportSeconds, out).units);
  const rows: OptionsRow[] = Array.from({ length: 30 }, (_, i) => [i, `if ${i}`, 'Bürö 5']);
  let sequence = 0;
  const put = (template: OptionsTemplate, list: readonly OptionsRow[]): void => {
    for (let first = 0; first < list.length; ) {
      const result = encoder.records(template, list, first, exportSeconds, out);
      assert.ok(result.records > 0 && result.unencodable === 0);
      first += result.records;
      for (const [unit, message] of cutUnits(out, result.units).entries()) {
        assert.ok(message.length <= 200);
        message.writeUInt32BE(sequence, 8);
        sequence += out.dataRecords[unit] ?? 0;
        messages.push(message);
      }
    }
  };
  put(interfaces, rows);
  put(everything, [everythingRow]);
  return messages;
}

test('options records of IPFIX read back and pass the strict checker', unavailable, () => {
  const messages = optionsMessages();
  check(messages, 31);
  const records = read(messages);
  assert.equal(records.length, 31);
  assert.deepEqual(records[4]?.scope, ['ingressInterface']);
  assert.deepEqual(records[4]?.fields, { ingressInterface: 4, interfaceName: 'if 4', interfaceDescription: 'Bür' });
  assert.deepEqual(records[30]?.fields, {
    observationDomainId: 7,
    meteringProcessId: 3,
    ignoredPacketTotalCount: '9223372036854775808',
    systemInitTimeMilliseconds: new Date(startMs + 7).toISOString(),
    exporterIPv4Address: '192.0.2.1',
    exporterIPv6Address: '2001:db8::1',
    sourceMacAddress: '02:00:00:00:00:01',
    dataRecordsReliability: true,
    samplingProbability: 0.25,
    applicationId: '0x160007',
  });
});

const sampling9: OptionsTemplate = {
  id: 302,
  scopes: 1,
  fields: [field(1, 'unsigned32', 4), field(34, 'unsigned32', 4), field(35, 'unsigned8', 1), field(82, 'string', 8)],
};

function optionsOf9(): Buffer[] {
  const encoder = new (loadAddon().OptionsEncoder)('netflow9', 9, 1400);
  const out = newUnits(4000, 4);
  const templates = cutUnits(out, encoder.templates([sampling9], exportSeconds, out).units);
  const { units } = encoder.records(sampling9, [[9, 100, 2, 'eth0']], 0, exportSeconds, out);
  const data = cutUnits(out, units);
  for (const [i, message] of [...templates, ...data].entries()) message.writeUInt32BE(i, 12);
  return [...templates, ...data];
}

test('options records of NetFlow v9 read back', unavailable, () => {
  const [record] = read(optionsOf9());
  assert.deepEqual(record?.scope, ['scopeSystem']);
  assert.deepEqual(record?.fields, {
    scopeSystem: 9,
    samplingInterval: 100,
    samplingAlgorithm: 2,
    interfaceName: 'eth0',
  });
});

test('what options records cannot say is refused with a code', unavailable, () => {
  const encoder = new (loadAddon().OptionsEncoder)('netflow9', 9, 1400);
  const out = newUnits(4000, 4);
  assert.throws(() => encoder.templates([interfaces], 1, out), { code: 'WEIR_INTERNAL', message: /variable/ });
  assert.throws(() => encoder.records(sampling9, [[9, 100]], 0, 1, out), { code: 'WEIR_INTERNAL' });
  assert.throws(() => encoder.records(sampling9, [[9, 'x', 2, 'eth0']], 0, 1, out), { code: 'WEIR_INTERNAL' });
});

test('NetFlow v9 refuses what it cannot express, by name', unavailable, () => {
  const refuse = (name: string, changes: Partial<EncoderSpec> = {}) => {
    const spec = wireSpec(named(name), { format: 'netflow9', biflow: false, ...changes });
    assert.throws(() => flows.encode(spec), { code: 'WEIR_TEMPLATE', message: new RegExp(name) });
  };
  refuse('communityId');
  refuse('flowFirstSeen');
  refuse('interfaceName');
  refuse('reverseOctetDeltaCount');
});

test('tshark reads NetFlow v9, v5 and options records', withTshark, () => {
  const names = named(
    'sourceIPv4Address',
    'destinationIPv4Address',
    'sourceIPv6Address',
    'octetDeltaCount',
    'flowStartSysUpTime',
    'flowEndSysUpTime',
    'interfaceName',
    'clientLatencyMilliseconds',
  );
  const octets = (records: readonly DecodedRecord[]) => records.map(({ fields }) => String(fields.octetDeltaCount));
  const spec = wireSpec(names, { biflow: false });
  const nine = flows.encode(fixedLengths({ ...spec, format: 'netflow9' }, 16)).messages;
  const five = flows.encode({ ...spec, format: 'netflow5', messageSize: 1464 }).messages;
  const [found, intervals] = tshark(
    [...nine, ...five, ...optionsOf9()],
    2055,
    'cflow.octets',
    'cflow.sampling_interval',
  );
  assert.deepEqual(found, [...octets(read(nine)), ...octets(read(five))]);
  assert.equal(intervals?.at(-1), '100');

  const inline = flows.encode({ ...spec, inlineTemplates: true }).messages.slice(1); // without the first templates
  const [ten, interfaceNames] = tshark([...inline, ...optionsMessages()], 4739, 'cflow.octets', 'cflow.if_descr');
  assert.deepEqual(ten, octets(read(inline)));
  assert.equal(interfaceNames?.length, 30);
});
