import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilityNeeds, keptCapabilities, neededCapabilities, type RunParts } from '../../src/capabilities.js';

function run(change: Partial<RunParts> = {}): RunParts {
  return { read: [], observationPoints: [{ netns: '' }], attribution: 'off', conntrack: true, ...change };
}
const live = (...namespaces: string[]): string[] =>
  neededCapabilities(run({ observationPoints: namespaces.map((netns) => ({ netns })) }));

test('each part asks for its capability only when it is in use', () => {
  assert.deepEqual(neededCapabilities(run({ read: ['x.pcap'], observationPoints: [], attribution: 'auto' })), []);
  assert.deepEqual(live(''), ['net_raw']);
  assert.deepEqual(live('', '/run/netns/blue'), ['net_raw', 'sys_admin']);
  assert.deepEqual(live('/proc/7/ns/net', '/run/netns/blue'), ['net_raw', 'sys_admin', 'sys_ptrace']);
});

test('attribution asks for what its tier needs; sockets alone need no packet socket', () => {
  const bpf = ['bpf', 'perfmon', 'net_admin', 'sys_ptrace', 'dac_read_search'];
  assert.deepEqual(neededCapabilities(run({ attribution: 'auto' })), ['net_raw', ...bpf]);
  const sockets = [{ netns: '', names: ['ebpf:'] }];
  assert.deepEqual(neededCapabilities(run({ attribution: 'bpf', observationPoints: sockets })), bpf);
  assert.deepEqual(neededCapabilities(run({ attribution: 'diag', conntrack: false })), [
    'net_raw',
    'sys_ptrace',
    'dac_read_search',
    'sys_admin',
  ]);
});

test('--user keeps what is needed, and of what a run can do without only what is there', () => {
  const auto = run({ attribution: 'auto' });
  assert.deepEqual(keptCapabilities(auto, ['CAP_NET_RAW', 'CAP_BPF', 'CAP_CHOWN']), ['net_raw', 'bpf']);
  assert.deepEqual(keptCapabilities(auto, []), ['net_raw'], 'dropPrivileges() says that it is missing');
  assert.deepEqual(keptCapabilities(run(), ['CAP_NET_RAW', 'CAP_BPF']), ['net_raw']);
});

test('every row says why, and what is off without it', () => {
  for (const { part, why, without } of capabilityNeeds) assert.ok(part !== '' && why !== '' && without !== '');
});
