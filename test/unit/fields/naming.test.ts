// JSON keys of both namings, and the JSON Schemas against lines as they are written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { elementByName, elements } from '../../../src/fields/elements.js';
import { allKeys, jsonElement, jsonKey, namings, upperSnake } from '../../../src/fields/naming.js';
import { jsonSchema } from '../../../src/fields/schema.js';

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

test('naming nprobe writes epoch seconds under FIRST_SWITCHED and LAST_SWITCHED', () => {
  assert.equal(jsonElement(elementByName('FIRST_SWITCHED'), 'nprobe').name, 'flowStartSeconds');
  assert.equal(jsonElement(elementByName('LAST_SWITCHED'), 'nprobe').name, 'flowEndSeconds');
  assert.equal(jsonElement(elementByName('FIRST_SWITCHED'), 'ipfix').name, 'flowStartSysUpTime');
});

for (const naming of namings) {
  test(`naming ${naming}: no two elements share a key`, () => {
    const keys = allKeys(naming).map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
    assert.ok(keys.length >= elements().length);
  });
}

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
};
const mistakes = {
  ipfix: [{ octetDeltaCount: '12' }, { sourceTransportPort: 70000 }, { sourceIPv4Address: 'host' }, {}, []],
  nprobe: [{ IN_BYTES: -1 }, { PROTOCOL: 256 }, { IPV4_SRC_ADDR: 1 }, {}, null],
};
for (const naming of namings) {
  test(`schema ${naming} accepts a line and refuses wrong values`, () => {
    const schema = jsonSchema(naming);
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
    assert.ok(validate(samples[naming]), JSON.stringify(validate.errors));
    const known = new Set(allKeys(naming).map(({ key }) => key));
    for (const key of Object.keys(samples[naming])) assert.ok(known.has(key), key);
    for (const wrong of mistakes[naming]) assert.ok(!validate(wrong), JSON.stringify(wrong));
  });
}
