// Lookups by name, label and number; nearest names; the hash.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WeirError } from '../../../src/errors.js';
import {
  catalogueHash,
  elementByName,
  elementByNumber,
  elements,
  fieldNeeds,
  lookupElement,
  nearestNames,
  twinOf,
} from '../../../src/fields/elements.js';
import { reverseEnterprise } from '../../../src/fields/field.js';

test('an index is the position in the table', () => {
  for (const [position, element] of elements().entries()) assert.equal(element.index, position);
});

test('every element is found by its name and each of its labels, in any case, with and without %', () => {
  for (const element of elements()) {
    for (const name of [element.name, ...element.labels]) {
      assert.equal(lookupElement(name), element);
      assert.equal(lookupElement(`%${name.toLowerCase()}`), element);
      assert.equal(lookupElement(name.toUpperCase()), element);
    }
  }
});

test("nProbe's IN and OUT are forward and RFC 5103 reverse, never 23 and 24", () => {
  const out = elementByName('%OUT_BYTES');
  assert.deepEqual([out.name, out.enterprise, out.id], ['reverseOctetDeltaCount', reverseEnterprise, 1]);
  assert.equal(elementByName('DST_TO_SRC_PKTS').name, 'reversePacketDeltaCount');
  assert.equal(elementByName('src_to_dst_bytes').name, 'octetDeltaCount');
  assert.equal(elementByNumber(0, 23), undefined);
  assert.equal(elementByNumber(0, 24), undefined);
});

test('elements are found by number, own ones under the configured enterprise number', () => {
  assert.equal(lookupElement('8')?.name, 'sourceIPv4Address');
  assert.equal(lookupElement('0.12')?.name, 'destinationIPv4Address');
  assert.equal(lookupElement('29305.2')?.name, 'reversePacketDeltaCount');
  assert.equal(lookupElement('35632.124')?.name, 'serverLatencyMilliseconds');
  assert.equal(lookupElement('32473.3')?.name, 'communityId');
  assert.equal(lookupElement('54321.3', 54321)?.name, 'communityId');
  assert.equal(lookupElement('32473.3', 54321), undefined);
  assert.equal(elementByNumber(0, 6)?.name, 'tcpControlBits', 'not the union that shares its number');
  assert.equal(lookupElement('ntop.CLIENT_NW_LATENCY_MS')?.name, 'clientLatencyMilliseconds');
});

test('an unknown name is an error that names the three nearest', () => {
  assert.throws(
    () => elementByName('%IPV4_SRC_ADR', 'my.tmpl:3'),
    (error: WeirError) => {
      assert.ok(error instanceof WeirError);
      assert.equal(error.code, 'WEIR_FIELD');
      assert.match(error.message, /^my\.tmpl:3: unknown field `%IPV4_SRC_ADR`; the nearest are IPV4_SRC_ADDR, /);
      return true;
    },
  );
  assert.equal(nearestNames('octetDeltaCont')[0], 'octetDeltaCount');
  assert.equal(nearestNames('%in_byte')[0], 'IN_BYTES');
  assert.equal(nearestNames('x').length, 3);
});

test('pairs give a forward and a reverse element, endpoints a source and a destination', () => {
  const reverse = elementByName('reverseTcpControlBits');
  assert.deepEqual([reverse.enterprise, reverse.id, reverse.length, reverse.reverse], [reverseEnterprise, 6, 1, true]);
  const out = elementByName('RETRANSMITTED_OUT_PKTS');
  assert.deepEqual([out.enterprise, out.id, out.side, out.reverse], [35632, 110, 1, true]);
  const port = elementByName('L4_DST_PORT');
  assert.deepEqual([port.name, port.enterprise, port.id, port.reverse], ['destinationTransportPort', 0, 11, false]);
});

test('a twin is of the same side', () => {
  assert.equal(twinOf(elementByName('IPV4_DST_ADDR')), elementByName('destinationIPv6Address'));
  assert.equal(twinOf(elementByName('icmpTypeIPv6')), elementByName('icmpTypeIPv4'));
  assert.equal(twinOf(elementByName('octetDeltaCount')), undefined);
});

test('the block a field needs comes from its member, or from the row where it is computed', () => {
  assert.equal(fieldNeeds(elementByName('retransmittedPackets').field), 'tcp');
  assert.equal(fieldNeeds(elementByName('clientLatencyMilliseconds').field), 'tcp');
  assert.equal(fieldNeeds(elementByName('maximumIpTotalLength').field), 'stats');
  assert.equal(fieldNeeds(elementByName('tunnelType').field), 'tunnel');
  assert.equal(fieldNeeds(elementByName('packetSequenceSizes').field), 'text');
  assert.equal(fieldNeeds(elementByName('octetDeltaCount').field), undefined);
  for (const { field } of elements()) {
    if (field.place.kind !== 'derived') assert.ok(field.needs === undefined || field.needs === fieldNeeds(field));
  }
});

test('the hash is 16 hexadecimal digits and the same every time', () => {
  assert.match(catalogueHash(), /^[0-9a-f]{16}$/);
  assert.equal(catalogueHash(), catalogueHash());
});
