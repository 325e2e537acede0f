// JSON keys of all namings, and the JSON Schemas against lines as they are written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { elementByName, elements } from '../../../src/fields/elements.js';
import {
  allKeys,
  forcesUniflow,
  jsonElement,
  jsonKey,
  type LineKey,
  lineKeys,
  namings,
  snakeCase,
  upperSnake,
} from '../../../src/fields/naming.js';
import { jsonSchema } from '../../../src/fields/schema.js';
import { checkEcs, dotted, isEcsKey } from '../../support/ecs_fields.js';

test('naming ipfix: our names, ntop fields with prefix and label', () => {
  assert.equal(jsonKey(elementByName('%OUT_BYTES'), 'ipfix'), 'reverseOctetDeltaCount');
  assert.equal(jsonKey(elementByName('RETRANSMITTED_OUT_PKTS'), 'ipfix'), 'ntop.RETRANSMITTED_OUT_PKTS');
  assert.equal(jsonKey(elementByName('communityId'), 'ipfix'), 'communityId');
});

test("naming nprobe: nProbe's first label, the user's label where the template wrote one, else our name in capitals", () => {
  const octets = elementByName('octetDeltaCount');
  assert.equal(jsonKey(octets, 'nprobe'), 'IN_BYTES');
  assert.equal(jsonKey(octets, 'nprobe', 'SRC_TO_DST_BYTES'), 'SRC_TO_DST_BYTES');
  assert.equal(jsonKey(octets, 'ipfix', 'SRC_TO_DST_BYTES'), 'octetDeltaCount');
  assert.equal(jsonKey(elementByName('communityId'), 'nprobe'), 'COMMUNITY_ID');
});

test('upper snake case', () => {
  assert.equal(upperSnake('reverseOctetDeltaCount'), 'REVERSE_OCTET_DELTA_COUNT');
  assert.equal(upperSnake('icmpTypeCodeIPv6'), 'ICMP_TYPE_CODE_IPV6');
  assert.equal(upperSnake('IPSecSPI'), 'IPSEC_SPI');
  assert.equal(upperSnake('reverseMinimumTTL'), 'REVERSE_MINIMUM_TTL');
  assert.equal(upperSnake('dot1qVlanId'), 'DOT1Q_VLAN_ID');
});

test("snake case as Filebeat's netflow input has it", () => {
  assert.equal(snakeCase('reverseOctetDeltaCount'), 'reverse_octet_delta_count');
  assert.equal(snakeCase('icmpTypeCodeIPv6'), 'icmp_type_code_ipv6');
  assert.equal(snakeCase('IPSecSPI'), 'ip_sec_spi');
  assert.equal(snakeCase('mplsTopLabelTTL'), 'mpls_top_label_ttl');
  assert.equal(snakeCase('layer2SegmentId'), 'layer2_segment_id');
  assert.equal(snakeCase('ipDiffServCodePoint'), 'ip_diff_serv_code_point');
});

test('naming nprobe writes epoch seconds under FIRST_SWITCHED and LAST_SWITCHED', () => {
  assert.equal(jsonElement(elementByName('FIRST_SWITCHED'), 'nprobe').name, 'flowStartSeconds');
  assert.equal(jsonElement(elementByName('LAST_SWITCHED'), 'nprobe').name, 'flowEndSeconds');
  assert.equal(jsonElement(elementByName('FIRST_SWITCHED'), 'ipfix').name, 'flowStartSysUpTime');
});

const nameOf = ({ path, key }: LineKey): string => [...path, key].join('.');
const fieldsOf = (...names: string[]) => names.map((name) => ({ element: elementByName(name) }));

for (const naming of namings) {
  test(`naming ${naming}: no two elements share a key, and no key is an object too`, () => {
    const keys = allKeys(naming).map(nameOf);
    assert.equal(new Set(keys).size, keys.length);
    if (naming === 'ipfix' || naming === 'nprobe') assert.ok(keys.length >= elements().length);
    if (naming === 'ecs') for (const key of keys) assert.ok(!keys.some((other) => other.startsWith(`${key}.`)), key);
  });
}

test('naming ecs: constants, always-wanted fields, then what the template adds', () => {
  const { keys } = lineKeys(fieldsOf('octetDeltaCount', 'flowId', 'CLIENT_NW_LATENCY_MS'), 'ecs', 4, true);
  assert.deepEqual(keys.map(nameOf), [
    '@timestamp',
    'ecs.version',
    'event.kind',
    'event.category',
    'event.type',
    'event.action',
    'event.start',
    'event.end',
    'event.duration',
    'source.ip',
    'source.port',
    'source.bytes',
    'source.packets',
    'destination.ip',
    'destination.port',
    'destination.bytes',
    'destination.packets',
    'network.type',
    'network.transport',
    'network.iana_number',
    'network.bytes',
    'network.packets',
    'network.community_id',
    'network.direction',
    'network.vlan.id',
    'network.inner.vlan.id',
    'netflow.flow_id',
    'netflow.ntop.client_nw_latency_ms',
  ]);
});

test('naming ecs: interfaces and MACs come with the template; uniflows have one direction', () => {
  const fields = fieldsOf('sourceMacAddress', 'egressInterface', 'vlanId', 'ipVersion');
  const { keys } = lineKeys(fields, 'ecs', 6, false);
  const byName = new Map(keys.map((key) => [nameOf(key), key]));
  assert.equal(byName.get('source.mac')?.form, 'hyphens');
  assert.equal(byName.get('source.ip')?.element?.name, 'sourceIPv6Address');
  assert.deepEqual(byName.get('network.type')?.constants, ['"ipv6"']);
  assert.equal(byName.get('observer.egress.interface.id')?.form, 'quoted');
  assert.equal(byName.get('observer.egress.interface.name')?.element?.name, 'egressInterfaceName');
  assert.ok(!byName.has('observer.ingress.interface.id'));
  assert.equal(byName.get('netflow.vlan_id')?.element?.name, 'vlanId');
  assert.ok(!byName.has('netflow.ip_version'));
  assert.ok(!byName.has('destination.bytes'));
  assert.equal(byName.get('network.bytes')?.element?.name, 'octetDeltaCount');
});

test("naming ecs: the source's process at the top, the destination's as Packetbeat has it, the rest under netflow", () => {
  const fields = fieldsOf('SRC_PROC_PID', 'DST_PROC_PID', 'userName', 'destinationContainerName', 'sourcePodName');
  const { keys } = lineKeys(fields, 'ecs', 4, true);
  const byName = new Map(keys.map((key) => [nameOf(key), key]));
  assert.equal(byName.get('process.pid')?.element?.name, 'sourceProcessId');
  assert.equal(byName.get('destination.process.pid')?.element?.name, 'destinationProcessId');
  assert.equal(byName.get('user.name')?.element?.name, 'sourceUserName');
  assert.equal(byName.get('orchestrator.type')?.element?.name, 'sourceOrchestratorType');
  assert.equal(byName.get('orchestrator.resource.name')?.element?.name, 'sourcePodName');
  assert.ok(byName.has('netflow.destination_container_name'));
  assert.ok(!byName.has('netflow.user_name'));
  assert.equal(byName.get('event.action')?.constants?.[0], '"network_flow"');
});

test('naming ecs: a template with the kind of event gives documents of events', () => {
  const fields = fieldsOf('eventType', 'sourceIPv4Address', 'sourceUserId', 'sourceGroupId', 'sourceThreadId');
  const { keys } = lineKeys(fields, 'ecs', 6, true);
  const byName = new Map(keys.map((key) => [nameOf(key), key]));
  assert.equal(byName.get('event.action')?.element?.name, 'eventName');
  assert.equal(byName.get('event.category')?.element?.name, 'eventCategory');
  assert.equal(byName.get('event.type')?.element?.name, 'eventPhase');
  assert.equal(byName.get('source.ip')?.element?.name, 'sourceIPv6Address');
  assert.equal(byName.get('user.id')?.form, 'quoted');
  assert.ok(!byName.has('network.type') && !byName.has('netflow.event_type') && !byName.has('source.packets'));
});

test('naming ecs: every key outside netflow is a field of ECS', () => {
  for (const name of allKeys('ecs').map(nameOf)) assert.ok(isEcsKey(name), name);
  assert.throws(() => checkEcs({ source: { address4: '192.0.2.1' } }), /no ECS field/);
  assert.throws(() => checkEcs({ source: { bytes: '5' } }), /not of type long/);
  assert.deepEqual(dotted({ a: { b: [1] }, c: 2 }), [
    ['a.b', [1]],
    ['c', 2],
  ]);
});

test("naming goflow2: goflow2's keys whatever the template names, and what has no place is told", () => {
  assert.deepEqual(namings.filter(forcesUniflow), ['goflow2']);
  assert.equal(forcesUniflow(undefined), false);
  const { keys, leftOut } = lineKeys(fieldsOf('octetDeltaCount', 'communityId', 'ipVersion'), 'goflow2', 6, true);
  assert.deepEqual(
    leftOut.map(({ name }) => name),
    ['communityId'],
  );
  assert.deepEqual(keys.map(nameOf).slice(0, 12), [
    'type',
    'time_received_ns',
    'sequence_num',
    'sampling_rate',
    'sampler_address',
    'time_flow_start_ns',
    'time_flow_end_ns',
    'bytes',
    'packets',
    'src_addr',
    'dst_addr',
    'etype',
  ]);
  const elementOf = (name: string): string | undefined => keys.find(({ key }) => key === name)?.element?.name;
  assert.equal(elementOf('icmp_type'), 'icmpTypeIPv6');
  assert.equal(elementOf('ipv6_flow_label'), 'flowLabelIPv6');
  assert.ok(!lineKeys([], 'goflow2', 4, false).keys.some(({ key }) => key === 'ipv6_flow_label'));
});

const samples = {
  ipfix: {
    flowStartMilliseconds: '2026-11-21T02:29:10.000Z',
    flowEndMilliseconds: 1795228154000,
    sourceIPv4Address: '192.0.2.1',
    destinationIPv6Address: '2001:db8::7',
    sourceTransportPort: 40000,
    protocolIdentifier: 6,
    tcpControlBits: 27,
    octetDeltaCount: 123456,
    reverseOctetDeltaCount: 777,
    sourceMacAddress: '02:00:00:00:00:01',
    mplsTopLabelStackSection: '000641',
    packetSizeMean: 812.5,
    flowId: '18446744073709551615',
    packetSequenceSizes: [60, 1500],
    'ntop.CLIENT_NW_LATENCY_MS': 12,
    communityId: '1:lWOTJwBjzASkHgo+w0kukpG9z0M=',
  },
  nprobe: {
    IPV4_SRC_ADDR: '192.0.2.1',
    L4_DST_PORT: 443,
    PROTOCOL: 6,
    IN_BYTES: 123456,
    DST_TO_SRC_BYTES: 777,
    TCP_FLAGS: 31,
    FIRST_SWITCHED: 1795228150,
    FLOW_START_MILLISECONDS: 1795228150000,
    FLOW_ID: 17,
    COMMUNITY_ID: '1:x=',
  },
  ecs: {
    '@timestamp': '2026-11-21T02:29:14.000Z',
    event: { kind: 'event', category: ['network'], duration: 4000000000, start: 1795228150000 },
    source: { ip: '2001:db8::1', port: 40000, mac: '00-00-5E-00-53-23', bytes: '9007199254740992' },
    network: { type: 'ipv6', iana_number: '6', vlan: { id: '7' } },
    netflow: { flow_id: 4, ntop: { retransmitted_in_pkts: 1 } },
  },
  goflow2: {
    type: 'IPFIX',
    sequence_num: 0,
    sampling_rate: 100,
    time_flow_start_ns: 1795228150000000000,
    bytes: 123456,
    src_addr: '192.0.2.1',
    etype: 'IPv6',
    proto: 'TCP',
  },
};
const mistakes = {
  ipfix: [{ octetDeltaCount: '12' }, { sourceTransportPort: 70000 }, { sourceIPv4Address: 'host' }, {}, []],
  nprobe: [{ IN_BYTES: -1 }, { PROTOCOL: 256 }, { IPV4_SRC_ADDR: 1 }, {}, null],
  ecs: [
    { event: { kind: 'alert' } },
    { event: { duration: '4' } },
    { source: { mac: '00:00:5e:00:53:23' } },
    { network: { iana_number: 6 } },
    { source: '192.0.2.1' },
  ],
  goflow2: [{ type: 'NETFLOW_V9' }, { sampling_rate: 0 }, { etype: 'ARP' }, { time_flow_end_ns: '1' }],
};
for (const naming of namings) {
  test(`schema ${naming} accepts a line and refuses wrong values`, () => {
    const schema = jsonSchema(naming);
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
    assert.ok(validate(samples[naming]), JSON.stringify(validate.errors));
    const known = new Set(allKeys(naming).map(nameOf));
    for (const [key] of naming === 'ecs' ? dotted(samples.ecs) : Object.entries(samples[naming]))
      assert.ok(known.has(key), key);
    for (const wrong of mistakes[naming]) assert.ok(!validate(wrong), JSON.stringify(wrong));
  });
}
