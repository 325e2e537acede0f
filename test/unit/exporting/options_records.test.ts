// Which options records a sink sends, rule by rule of RFC 7011 section 4 and its companions, for every template we ship.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noDrops } from '../../../src/exporting/exporter_counters.js';
import { flowKeyIndicator } from '../../../src/exporting/options_descriptions.js';
import {
  dataTypeCodes,
  ianaOptions,
  ownOptions,
  semanticsCodes,
  unitCodes,
} from '../../../src/exporting/options_elements.js';
import {
  applicationRows,
  ignoredPackets,
  interfaceRows,
  LossWatch,
  notSentRecords,
  type OptionsPlan,
  type OptionsState,
  type OptionsTable,
  optionsTables,
  sameRows,
} from '../../../src/exporting/options_records.js';
import { elementByName, elements } from '../../../src/fields/elements.js';
import {
  forUniflow,
  loadTemplates,
  parseTemplateList,
  planFields,
  type Template,
} from '../../../src/fields/template.js';
import { MessageReader } from '../../../src/ipfix/reader.js';
import type { DecodedRecord } from '../../../src/ipfix/record.js';
import { packageRoot } from '../../../src/native/load.js';
import { parseCsvTable } from '../../support/csv.js';
import { FakeMeter } from '../../support/fake_meter.js';
import { message, packet9 } from '../../support/ipfix_bytes.js';
import { dataSet, ipfixTemplateSet, netflow9TemplateSet } from '../../support/options_bytes.js';

const templates = loadTemplates(join(packageRoot(), 'templates'));
const own = 32473;

function planOf(template: Template, changes: Partial<OptionsPlan> = {}): OptionsPlan {
  const { fields4, fields6 } = planFields(template);
  return {
    format: 'ipfix',
    profile: 'rfc',
    firstId: 300,
    domain: 7,
    enterprise: own,
    exportingProcess: 2,
    startMs: () => 1_795_241_000_123,
    templates: [
      { id: 256, fields: fields4 },
      { id: 257, fields: fields6 },
    ],
    sampling: { packets: 1, mode: 'systematic', flows: 1, upscale: false },
    legacySampling: false,
    ...changes,
  };
}

function stateOf(changes: Partial<OptionsState> = {}): OptionsState {
  return {
    exporter: {
      created: 1000,
      exported: 900,
      dropped: { ...noDrops(), queueFull: 60, socketError: 10 },
      queued: 30,
      queuedOctets: 3000,
      spooled: 0,
      spooledOctets: 0,
      recovered: 0,
      resent: 0,
      unconfirmed: 0,
      truncated: 0,
      dataRecords: 1000,
      units: 41,
      octets: 55_555,
      templateMessages: 1,
      sessions: 1,
      socketErrors: 0,
    },
    meter: {
      ...new FakeMeter(() => {}).counters(),
      frames: 50_000,
      kernelDrops: 5,
      outcomes: { metered: 480, notIp: 13, malformedLink: 3, truncatedNetwork: 4, notSampled: 49_500 },
      records: { idle: 700, active: 200, endOfFlow: 100 },
      recordsDropped: 8,
      recordsNotSelected: 9072,
      recordsNotWanted: 500,
    },
    ignored: { firstMs: 1_795_241_001_000, lastMs: 1_795_241_060_000 },
    notSent: { firstMs: 1_795_241_002_000, lastMs: 1_795_241_003_000 },
    interfaces: [{ index: 3, name: 'eth0', description: 'uplink' }],
    points: [
      { index: 0, name: 'eth0', interface: 3, netns: '' },
      { index: 1, name: 'veth1', interface: 3, netns: '/run/netns/blue' },
    ],
    applications: () => [{ selector: 7, name: 'HTTP', category: 'Web', description: 'nDPI HTTP' }],
    ...changes,
  };
}

/** All tables as one IPFIX message, read back by the reader. */
function readBack(tables: readonly OptionsTable[], state: OptionsState): Map<string, DecodedRecord[]> {
  const reader = new MessageReader();
  const records = tables.flatMap(({ template, rows }) => {
    const made = rows(state);
    const sets = [ipfixTemplateSet(template), ...(made.length > 0 ? [dataSet(template, made)] : [])];
    return reader.read(message(0, 7, ...sets), 'session');
  });
  assert.deepEqual(reader.counters.malformed, new MessageReader().counters.malformed);
  return new Map(tables.map((table) => [table.name, records.filter(({ template }) => template === table.template.id)]));
}

const minimal = templates.get('minimal')!;
const named = parseTemplateList('octetDeltaCount applicationId');
const names = (tables: readonly OptionsTable[]): string[] => tables.map(({ name }) => name);

function rowsOf(plan: OptionsPlan, table: string, state = stateOf()): DecodedRecord[] {
  return readBack(optionsTables(plan), state).get(table) ?? [];
}

for (const [name, whole] of templates) {
  for (const template of [whole, forUniflow(whole)]) {
    test(`template ${name}, ${template === whole ? 'biflow' : 'uniflow'}: ids, scopes and rows fit (O1)`, () => {
      const sampling = { packets: 100, mode: 'random', flows: 10, upscale: false } as const;
      const tables = optionsTables(planOf(template, { sampling }));
      assert.deepEqual(
        tables.map(({ template: { id } }) => id),
        tables.map((_, index) => 300 + index),
      );
      for (const { template: options, rows, name: table } of tables) {
        assert.ok(options.scopes >= 1 && options.scopes < options.fields.length, table);
        for (const row of rows(stateOf())) assert.equal(row.length, options.fields.length, table);
      }
      const read = readBack(tables, stateOf());
      for (const { template: options, name: table } of tables) {
        assert.ok(read.get(table)!.length > 0, `${table} has rows`);
        for (const { scope } of read.get(table)!) assert.equal(scope?.length, options.scopes);
      }
    });

    test(`template ${name}, ${template === whole ? 'biflow' : 'uniflow'}: type information (O9)`, () => {
      const plan = planOf(template);
      const tables = optionsTables(plan);
      assert.equal(tables[0]!.name, 'typeInformation'); // before any use
      const described = rowsOf(plan, 'typeInformation').map(({ fields }) => fields);
      const keys = described.map((row) => `${row.privateEnterpriseNumber}.${row.informationElementId}`);
      const inData = plan.templates
        .flatMap(({ fields }) => fields.map(({ element }) => elements()[element]!))
        .filter(({ enterprise }) => enterprise !== 0 && enterprise !== 29305)
        .map(({ enterprise, id }) => `${enterprise === 'own' ? own : enterprise}.${id}`);
      const inOptions = tables
        .flatMap(({ template: { fields } }) => [...fields])
        .filter(({ enterprise }) => enterprise !== 0)
        .map(({ enterprise, id }) => `${enterprise}.${id}`);
      assert.deepEqual([...keys].sort(), [...new Set([...inData, ...inOptions])].sort());
      assert.equal(new Set(keys).size, keys.length);
      for (const row of described) assert.ok(String(row.informationElementDescription).length > 10);
    });
  }
}

test('the elements of options are those of the registry', () => {
  const rows = parseCsvTable(readFileSync(join(packageRoot(), 'test', 'support', 'iana-ipfix.csv'), 'utf8'));
  const deprecated = ['samplingInterval', 'samplingAlgorithm', 'samplerId', 'samplerMode', 'samplerRandomInterval'];
  for (const [name, [id, type]] of Object.entries(ianaOptions)) {
    const row = rows.find((candidate) => Number(candidate.id) === id);
    assert.deepEqual([row?.name, row?.type], [name, type]);
    assert.equal(row?.status, deprecated.includes(name) ? 'deprecated' : 'current', name);
  }
});

test('own numbers of options elements never change, and stay apart from those of flow fields', () => {
  assert.deepEqual(
    Object.entries(ownOptions).map(([name, { id, type }]) => `${id} ${name} ${type}`),
    [
      '2001 frameOutcome string',
      '2002 frameTotalCount unsigned64',
      '2003 flowRecordDropCause string',
      '2004 droppedFlowRecordTotalCount unsigned64',
    ],
  );
  const ids = elements().filter(({ enterprise }) => enterprise === 'own');
  assert.ok(ids.every(({ id }) => id < 2000));
});

test('the codes of RFC 5610 are those of the catalogue in use', () => {
  const described = new Set(elements().map(({ type }) => type));
  for (const type of described) assert.equal(typeof dataTypeCodes[type], 'number');
  assert.equal(new Set(Object.values(dataTypeCodes)).size, Object.keys(dataTypeCodes).length);
  assert.equal(new Set(Object.values(semanticsCodes)).size, 7);
  assert.equal(unitCodes.frames, 13);
});

test('type information says type, semantics, units, name and meaning (O9)', () => {
  const template = parseTemplateList('clientRoundTripMicroseconds retransmittedPackets reverseRetransmittedPackets');
  const rows = rowsOf(planOf(template), 'typeInformation').map(({ fields }) => fields);
  assert.deepEqual(rows[0], {
    privateEnterpriseNumber: own,
    informationElementId: 11,
    informationElementDataType: 3,
    informationElementSemantics: 1,
    informationElementUnits: 7,
    informationElementRangeBegin: 0,
    informationElementRangeEnd: 0,
    informationElementName: 'clientRoundTripMicroseconds',
    informationElementDescription: elementByName('clientRoundTripMicroseconds').field.note,
  });
  assert.equal(rows[1]!.privateEnterpriseNumber, 35632);
  assert.equal(rows[1]!.informationElementSemantics, 3);
  assert.equal(rows[1]!.informationElementUnits, 3);
  assert.equal(rows[2]!.informationElementId, 110);
  assert.match(String(rows[2]!.informationElementDescription), /^Reverse: /);
});

test('flow keys: one bit a key field of each template, in its place (O5)', () => {
  const template = parseTemplateList(
    'octetDeltaCount sourceIPv4Address destinationIPv4Address sourceTransportPort destinationTransportPort ' +
      'protocolIdentifier vlanId serverPort communityId observationPointId reverseOctetDeltaCount',
  );
  const rows = rowsOf(planOf(template), 'flowKeys');
  assert.deepEqual(
    rows.map(({ fields, scope }) => [scope, fields.templateId, fields.flowKeyIndicator]),
    [
      [['templateId'], 256, 0b10_0111_1110],
      [['templateId'], 257, 0b10_0111_1110],
    ],
  );
});

test('flow keys: the 64th field has the last bit, those behind it none (O5)', () => {
  const key = { element: elementByName('protocolIdentifier').index };
  const other = { element: elementByName('octetDeltaCount').index };
  const fields = [...new Array<typeof other>(63).fill(other), key, key];
  assert.equal(flowKeyIndicator(fields), 1n << 63n);
  assert.equal(flowKeyIndicator([other]), 0n);
});

test('metering process statistics (O2)', () => {
  const [row] = rowsOf(planOf(minimal), 'meteringStatistics');
  assert.deepEqual(row!.scope, ['observationDomainId', 'meteringProcessId']);
  assert.deepEqual(row!.fields, {
    observationDomainId: 7,
    meteringProcessId: 1,
    exportedMessageTotalCount: 41,
    exportedFlowRecordTotalCount: 900,
    exportedOctetTotalCount: 55_555,
  });
});

test('metering process reliability: what is no IP or not sampled was not ignored (O3)', () => {
  const [row] = rowsOf(planOf(minimal), 'meteringReliability');
  assert.deepEqual(row!.scope, ['observationDomainId', 'meteringProcessId']);
  assert.deepEqual(row!.fields, {
    observationDomainId: 7,
    meteringProcessId: 1,
    ignoredPacketTotalCount: 5 + 3 + 4,
    observationTimeMilliseconds: '2026-11-21T06:03:21.000Z',
    'observationTimeMilliseconds#2': '2026-11-21T06:04:20.000Z',
  });
  assert.equal(ignoredPackets(stateOf().meter), 12);
});

test('exporting process reliability: the sum of all causes (O4)', () => {
  const read = readBack(optionsTables(planOf(minimal)), stateOf());
  const [row] = read.get('exportingReliability')!;
  assert.deepEqual(row!.scope, ['exportingProcessId']);
  assert.equal(row!.fields.exportingProcessId, 2);
  assert.equal(row!.fields.notSentFlowTotalCount, 60 + 10 + 8 + 9072 + 500);
  assert.equal(notSentRecords(stateOf()), 9650);
  const causes = read.get('dropCauses')!.map(({ fields, scope }) => {
    assert.deepEqual(scope, ['exportingProcessId', 'flowRecordDropCause']);
    return [fields.flowRecordDropCause, fields.droppedFlowRecordTotalCount];
  });
  const named = Object.fromEntries(causes) as Record<string, number>;
  assert.deepEqual(Object.keys(named), [...Object.keys(noDrops()), 'recordRing', 'flowSampling', 'dpiFilter']);
  assert.equal(named.queueFull, 60);
  assert.equal(named.recordRing, 8);
  assert.equal(
    Object.values(named).reduce((sum, count) => sum + count, 0),
    row!.fields.notSentFlowTotalCount,
  );
});

test('frame outcomes: their sum is all frames and what the kernel dropped', () => {
  const rows = rowsOf(planOf(minimal), 'frameOutcomes');
  assert.deepEqual(rows[0]!.scope, ['observationDomainId', 'meteringProcessId', 'frameOutcome']);
  const sum = rows.reduce((total, { fields }) => total + Number(fields.frameTotalCount), 0);
  assert.equal(sum, 480 + 13 + 3 + 4 + 49_500 + 5);
  assert.ok(rows.some(({ fields }) => fields.frameOutcome === 'kernelDrops' && fields.frameTotalCount === 5));
});

const systematic = { packets: 100, mode: 'systematic', flows: 1, upscale: false } as const;

test('systematic packet sampling: one packet, then a gap of N - 1 (O6)', () => {
  const read = readBack(optionsTables(planOf(minimal, { sampling: systematic })), stateOf());
  const [row] = read.get('packetSampling')!;
  assert.deepEqual(row!.scope, ['selectorId']);
  assert.deepEqual(row!.fields, {
    selectorId: 1,
    selectorAlgorithm: 1,
    samplingPacketInterval: 1,
    samplingPacketSpace: 99,
  });
  assert.deepEqual(read.get('packetSamplingStatistics')![0]!.fields, {
    selectorId: 1,
    selectorIdTotalPktsObserved: 50_000,
    selectorIdTotalPktsSelected: 500,
  });
});

test('random packet sampling: one of a population of N (O6)', () => {
  const [row] = rowsOf(planOf(minimal, { sampling: { ...systematic, mode: 'random' } }), 'packetSampling');
  assert.deepEqual(row!.fields, { selectorId: 1, selectorAlgorithm: 3, samplingSize: 1, samplingPopulation: 100 });
});

test('legacy sampling: elements 34 and 35 alone, no 302 to 306 (I8)', () => {
  const plan = planOf(minimal, { sampling: { ...systematic, mode: 'random' }, legacySampling: true });
  const [row] = rowsOf(plan, 'packetSampling');
  assert.deepEqual(row!.scope, ['observationDomainId']);
  assert.deepEqual(row!.fields, { observationDomainId: 7, samplingInterval: 100, samplingAlgorithm: 2 });
  const ids = optionsTables(plan).flatMap(({ template }) => template.fields.map(({ id }) => id));
  assert.ok(!ids.some((id) => id >= 304 && id <= 310));
});

test('counters that are scaled up announce no rate that a collector would apply again', () => {
  const sampling = { ...systematic, upscale: true };
  const [row] = rowsOf(planOf(minimal, { sampling }), 'packetSampling');
  assert.deepEqual(row!.fields, { selectorId: 1, selectorAlgorithm: 1 });
  const legacy = optionsTables(planOf(minimal, { sampling, legacySampling: true }));
  assert.ok(!names(legacy).includes('packetSampling'));
  assert.ok(!names(optionsTables(planOf(minimal, { sampling, format: 'netflow9' }))).includes('packetSampling'));
});

test('flow sampling: each flow with the same probability, and how many records went (RFC 7014)', () => {
  const plan = planOf(minimal, { sampling: { ...systematic, packets: 1, flows: 10 } });
  const read = readBack(optionsTables(plan), stateOf());
  assert.deepEqual(read.get('flowSampling')![0]!.fields, {
    selectorId: 2,
    flowSelectorAlgorithm: 4,
    samplingProbability: 0.1,
  });
  assert.deepEqual(read.get('flowSamplingStatistics')![0]!.fields, {
    selectorId: 2,
    selectorIDTotalFlowsObserved: 1508 + 9072,
    selectorIDTotalFlowsSelected: 1508,
  });
  assert.equal(read.has('packetSampling'), false);
});

test('without sampling there is no selector', () => {
  assert.deepEqual(names(optionsTables(planOf(minimal))), [
    'typeInformation',
    'flowKeys',
    'interfaces',
    'observationPoints',
    'meteringStatistics',
    'meteringReliability',
    'exportingReliability',
    'frameOutcomes',
    'dropCauses',
  ]);
});

test('interface table and Observation Points (O7)', () => {
  const read = readBack(optionsTables(planOf(minimal)), stateOf());
  const [row] = read.get('interfaces')!;
  assert.deepEqual(row!.scope, ['ingressInterface']);
  assert.deepEqual(row!.fields, { ingressInterface: 3, interfaceName: 'eth0', interfaceDescription: 'uplink' });
  assert.deepEqual(
    read.get('observationPoints')!.map(({ fields }) => Object.values(fields)),
    [
      [0, 3, 'eth0', ''],
      [1, 3, 'veth1', '/run/netns/blue'],
    ],
  );
});

test('application table: engine 22, two octets of selector (O8)', () => {
  assert.ok(!names(optionsTables(planOf(minimal))).includes('applications'), 'only where records name them');
  const tables = optionsTables(planOf(named));
  const table = tables.find(({ name }) => name === 'applications')!;
  const set = dataSet(table.template, table.rows(stateOf()));
  assert.equal(set.subarray(4, 7).toString('hex'), '160007');
  const [row] = readBack(tables, stateOf()).get('applications')!;
  assert.deepEqual(row!.scope, ['applicationId']);
  assert.equal(row!.fields.applicationName, 'HTTP');
  assert.equal(row!.fields.applicationDescription, 'nDPI HTTP');
  assert.equal(row!.fields.applicationCategoryName, 'Web');
});

test('application rows: what nDPI tells, parts that are empty left out', () => {
  const list = [
    { selector: 126, name: 'Google', category: 'Web', breed: 'Acceptable' },
    { selector: 500, name: 'Mine', category: '', breed: '' },
  ];
  assert.deepEqual(applicationRows(list), [
    { selector: 126, name: 'Google', category: 'Web', description: 'nDPI Google, Web, Acceptable' },
    { selector: 500, name: 'Mine', category: '', description: 'nDPI Mine' },
  ]);
});

test('system start where a template counts from it (O10)', () => {
  const template = parseTemplateList('flowStartSysUpTime flowEndSysUpTime octetDeltaCount');
  const [row] = rowsOf(planOf(template), 'systemStart');
  assert.deepEqual(row!.scope, ['observationDomainId']);
  assert.equal(row!.fields.systemInitTimeMilliseconds, new Date(1_795_241_000_123).toISOString());
  const said = parseTemplateList('flowStartSysUpTime systemInitTimeMilliseconds');
  assert.ok(!names(optionsTables(planOf(said))).includes('systemStart'));
});

test('profile nfdump: no text of variable length, no enterprise element (I5)', () => {
  const sampling = { ...systematic, flows: 5 };
  const tables = optionsTables(planOf(templates.get('full')!, { profile: 'nfdump', sampling }));
  for (const { template } of tables) {
    for (const { length, enterprise } of template.fields) {
      assert.notEqual(length, 65535);
      assert.equal(enterprise, 0);
    }
  }
  const application = tables.find(({ name }) => name === 'applications')!;
  assert.deepEqual(
    application.template.fields.map(({ id, length }) => [id, length]),
    [
      [95, 4],
      [96, 32],
      [94, 64],
    ],
  );
  assert.equal(dataSet(application.template, application.rows(stateOf())).subarray(4, 8).toString('hex'), '16000007');
  // nfcapd 1.7.1 applies a rate only when no algorithm stands beside it, and reads names from 83.
  const fieldsOf = (name: string) => tables.find((table) => table.name === name)!.template.fields.map(({ id }) => id);
  assert.deepEqual(fieldsOf('packetSampling'), [149, 34]);
  assert.deepEqual(fieldsOf('interfaces'), [149, 10, 83]);
  assert.deepEqual(tables.find(({ name }) => name === 'interfaces')!.rows(stateOf()), [[7, 3, 'eth0']]);
});

test('no options in profile goipfix, NetFlow v5, JSON and text (I9)', () => {
  assert.deepEqual(optionsTables(planOf(minimal, { profile: 'goipfix', sampling: systematic })), []);
  for (const format of ['netflow5', 'json', 'text'] as const) {
    assert.deepEqual(optionsTables(planOf(minimal, { format, sampling: systematic })), []);
  }
});

test('NetFlow v9: scope types, fixed lengths, no enterprise elements (RFC 3954 section 6)', () => {
  const tables = optionsTables(planOf(named, { format: 'netflow9', sampling: systematic }));
  const reader = new MessageReader();
  const sets = tables.flatMap(({ template, rows }) => [
    netflow9TemplateSet(template),
    dataSet(template, rows(stateOf()), true),
  ]);
  const records = reader.read(packet9(1, 7, 1000, ...sets), 'session');
  assert.deepEqual(reader.counters.malformed, new MessageReader().counters.malformed);
  assert.deepEqual(names(tables), ['packetSampling', 'sampler', 'interfaces', 'applications', 'meteringStatistics']);
  assert.deepEqual(
    tables.map(({ template: { id, fields } }) => [id, ...fields.map((field) => `${field.id}/${field.length}`)]),
    [
      [300, '1/4', '34/4'],
      [301, '1/4', '48/1', '49/1', '50/4'],
      [302, '2/4', '82/32', '83/64'],
      [303, '1/4', '95/4', '96/32', '94/64'],
      [304, '1/4', '40/8', '41/8', '42/8'],
    ],
  );
  assert.deepEqual(
    records.map(({ template }) => template),
    [300, 301, 302, 303, 304],
  );
  assert.equal(records[0]!.fields.samplingInterval, 100);
  assert.deepEqual(
    ['samplerId', 'samplerMode', 'samplerRandomInterval'].map((name) => records[1]!.fields[name]),
    [1, 1, 100],
  );
  assert.equal(records[2]!.fields.interfaceName, 'eth0');
  assert.equal(records[3]!.fields.applicationName, 'HTTP');
  assert.equal(records[4]!.fields.exportedFlowRecordTotalCount, 900);
});

test('tables are sent as often as what they say changes', () => {
  const when = Object.fromEntries(optionsTables(planOf(minimal)).map((table) => [table.name, table.when]));
  assert.equal(when.typeInformation, 'session');
  assert.equal(when.interfaces, 'change');
  assert.equal(when.meteringStatistics, 'interval');
  assert.equal(sameRows([[1, 'a']], [[1, 'a']]), true);
  assert.equal(sameRows([[1, 'a']], [[1, 'b']]), false);
  assert.equal(sameRows([[1, 'a']], []), false);
  assert.equal(sameRows([[1]], [[1, 2]]), false);
});

test('interfaces: once each, the own namespace before others, files have none', () => {
  const host = {
    index: 3,
    name: 'eth0',
    mac: '02:00:00:00:00:01',
    up: true,
    linkType: 1,
    mtu: 1500,
    peerIndex: 0,
    peerNetns: 0,
  };
  const points = [
    { index: 0, name: 'veth1', interface: 3, netns: '/run/netns/blue' },
    { index: 1, name: 'eth0', interface: 3, netns: '' },
    { index: 2, name: 'veth2', interface: 2, netns: '/run/netns/blue' },
    { index: 3, name: 'a.pcap', interface: 0, netns: '' },
  ];
  assert.deepEqual(interfaceRows(points, [host]), [
    { index: 2, name: 'veth2', description: 'network namespace /run/netns/blue' },
    { index: 3, name: 'eth0', description: '02:00:00:00:00:01, MTU 1500' },
  ]);
});

test('the times of losses are those at which a count was seen to grow', () => {
  const watch = new LossWatch();
  watch.note(0, 1000);
  assert.deepEqual([watch.firstMs, watch.lastMs], [0, 0]);
  watch.note(3, 2000);
  watch.note(3, 3000);
  assert.deepEqual([watch.firstMs, watch.lastMs], [2000, 2000]);
  watch.note(4, 4000);
  assert.deepEqual([watch.firstMs, watch.lastMs], [2000, 4000]);
});
