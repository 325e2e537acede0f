import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementByName } from '../../../src/fields/elements.js';
import { textKeys } from '../../../src/fields/text_line.js';

const keys = (...names: string[]): string[] => textKeys(names.map((name) => elementByName(name)));

test('ports join their own address, the destination follows an arrow, reverse counters a slash', () => {
  assert.deepEqual(
    keys('sourceIPv4Address', 'sourceTransportPort', 'destinationIPv4Address', 'destinationTransportPort'),
    ['', ':', '>', ':'],
  );
  assert.deepEqual(keys('octetDeltaCount', 'reverseOctetDeltaCount', 'packetDeltaCount'), ['octets', '/', 'packets']);
});

test('what does not stand beside its partner says its name', () => {
  assert.deepEqual(
    keys('sourceIPv4Address', 'destinationIPv4Address', 'sourceTransportPort', 'destinationTransportPort'),
    ['', '>', 'sport', 'dport'],
  );
  assert.deepEqual(keys('octetDeltaCount', 'packetDeltaCount', 'reverseOctetDeltaCount', 'flowEndReason'), [
    'octets',
    'packets',
    'reverseOctetDeltaCount',
    'flowEndReason',
  ]);
  assert.deepEqual(keys('destinationIPv6Address', 'flowStartMilliseconds'), ['', '']);
});

test('processes stand at the end, where one is known', () => {
  assert.deepEqual(keys('flowEndReasonName', 'flowProcesses'), ['', '?']);
});
