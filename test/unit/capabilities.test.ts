import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilityNeeds, neededCapabilities } from '../../src/capabilities.js';

const live = (...namespaces: string[]): string[] =>
  neededCapabilities({ read: [], observationPoints: namespaces.map((netns) => ({ netns })) });

test('each part asks for its capability only when it is in use', () => {
  assert.deepEqual(neededCapabilities({ read: ['x.pcap'], observationPoints: [] }), []);
  assert.deepEqual(live(''), ['net_raw']);
  assert.deepEqual(live('', '/run/netns/blue'), ['net_raw', 'sys_admin']);
  assert.deepEqual(live('/proc/7/ns/net', '/run/netns/blue'), ['net_raw', 'sys_admin', 'sys_ptrace']);
});

test('every row says why, and what is off without it', () => {
  for (const { part, why, without } of capabilityNeeds) assert.ok(part !== '' && why !== '' && without !== '');
});
