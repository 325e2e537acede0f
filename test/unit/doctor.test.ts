import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine, type DoctorReport, type ExaminedRun, type Finding, type Host, reportText } from '../../src/doctor.js';
import type { AttributionStatus, HostInterface, NativeAddon } from '../../src/native/boundary.js';
import type { ProcessView } from '../../src/process_view.js';
import { attributionStatus } from '../support/counter_readings.js';

const host: Host = {
  nodeVersion: 'v20.1.0',
  nodePath: '/opt/node',
  installation: 'source',
  kernel: '6.1.0',
  architecture: 'x64',
  cpus: 4,
  uid: 1000,
  zstd: false,
  processView: () => 'all',
  runtimes: [],
};
const nothing: ExaminedRun = { read: [], observationPoints: [], attribution: 'off', conntrack: true, dpi: 'auto' };
const everywhere: ExaminedRun = { ...nothing, observationPoints: [{ netns: '' }] };
const eth0: HostInterface = {
  index: 2,
  name: 'eth0',
  mac: '02:00:00:00:00:01',
  up: true,
  linkType: 1,
  mtu: 1500,
  peerIndex: 0,
  peerNetns: 0,
};

interface Fake {
  kafka?: ReturnType<NativeAddon['kafka']>;
  dpi?: ReturnType<NativeAddon['dpi']>;
  capabilities?: string[];
  probe?: Partial<ReturnType<NativeAddon['probe']>>;
  interfaces?: HostInterface[];
  status?: AttributionStatus;
}

const librdkafka = { available: true, version: '2.0.2', reason: '' };
const libndpi = { available: true, version: '4.2.0', reason: '' };

function addon({
  capabilities = ['CAP_NET_RAW'],
  probe = {},
  interfaces = [eth0],
  kafka = librdkafka,
  dpi = libndpi,
  status = attributionStatus(),
}: Fake = {}): {
  addon: NativeAddon;
} {
  const fake: Partial<NativeAddon> = {
    catalogueHash: 'abc',
    versions: { libpcap: '1.10.3' },
    capabilities: () => capabilities,
    kafka: () => kafka,
    dpi: () => dpi,
    probe: () => ({ packetSocket: 'ok', tpacketV3: 'ok', vnetHeader: 'ok', fanoutBpf: 'ok', setns: 'ok', ...probe }),
    interfaces: () => interfaces,
    probeAttribution: () => status,
  };
  return { addon: fake as NativeAddon };
}

function finding({ findings }: DoctorReport, name: string): Finding {
  const found = findings.find((one) => one.name === name);
  assert.ok(found, name);
  return found;
}

test('a host that allows all', () => {
  const all = ['net_raw', 'CAP_SYS_ADMIN', 'cap_sys_ptrace', 'bpf', 'perfmon', 'net_admin', 'dac_read_search'];
  const report = examine(addon({ capabilities: all }), { ...everywhere, attribution: 'auto' }, { ...host, zstd: true });
  assert.equal(report.canCapture, true);
  assert.deepEqual(
    report.findings.filter(({ state }) => state === 'off' || state === 'unused').map(({ name }) => name),
    ['first_space'], // another variant runs
  );
  assert.equal(finding(report, 'eth0').detail, 'up, index 2, MTU 1500, 02:00:00:00:00:01');
  assert.equal(finding(report, 'libpcap').detail, '1.10.3');
  const text = reportText(report);
  for (const area of ['host', 'libraries', 'capabilities', 'kernel', 'attribution', 'interfaces'])
    assert.ok(text.includes(`\n${area}:\n`) || text.startsWith(`${area}:`));
  assert.ok(text.endsWith('Live capture is possible.\n'));
});

test('without CAP_NET_RAW: what is off, and the commands that turn it on', () => {
  const report = examine(
    addon({ capabilities: [], probe: { packetSocket: 'Operation not permitted', tpacketV3: 'EPERM' } }),
    everywhere,
    host,
  );
  assert.equal(report.canCapture, false);
  const { state, without, remedy = '' } = finding(report, 'net_raw');
  assert.deepEqual([state, without], ['off', 'no live capture; capture files (-r) still work']);
  assert.match(remedy, /sudo weir --user/);
  assert.match(remedy, /sudo setcap cap_net_raw\+ep \/opt\/node \(caution: /);
  assert.equal(finding(report, 'packet socket').detail, 'Operation not permitted');
  assert.equal(finding(report, 'TPACKET_V3 ring').state, 'unused');
  assert.equal(finding(report, 'TPACKET_V3 ring').detail, 'unknown: needs the packet socket');
  const text = reportText(report);
  assert.match(text, /OFF net_raw/);
  assert.match(text, /to turn on: sudo weir/);
  assert.ok(text.endsWith('Live capture is not possible: see OFF above.\n'));
});

test('root without the capability is in a container', () => {
  const report = examine(addon({ capabilities: [] }), everywhere, { ...host, uid: 0 });
  assert.match(finding(report, 'net_raw').remedy ?? '', /give the container or unit CAP_NET_RAW/);
  assert.equal(finding(report, 'user').detail, 'root');
});

test('what this run does not need is not off', () => {
  const closed = addon({ capabilities: [], probe: { setns: 'EPERM' } });
  assert.equal(finding(examine(closed, everywhere, host), 'sys_admin').state, 'unused');
  assert.equal(finding(examine(closed, everywhere, host), 'other network namespaces').state, 'unused');
  const inside = { ...nothing, observationPoints: [{ netns: '/run/netns/blue' }] };
  const report = examine(closed, inside, host);
  assert.match(finding(report, 'sys_admin').remedy ?? '', /setcap cap_net_raw,cap_sys_admin\+ep/);
  assert.equal(finding(report, 'sys_admin').state, 'off');
  assert.equal(finding(report, 'other network namespaces').state, 'off');
  assert.equal(report.canCapture, false);
  const offline = examine(addon({ capabilities: [] }), { ...nothing, read: ['x'] }, host);
  assert.equal(finding(offline, 'net_raw').state, 'unused');
});

test('lost accuracy is said, but capture is possible', () => {
  const report = examine(addon({ probe: { vnetHeader: 'EINVAL' } }), everywhere, host);
  assert.equal(report.canCapture, true);
  assert.equal(finding(report, 'PACKET_VNET_HDR').state, 'off');
  assert.equal(finding(report, 'PACKET_VNET_HDR').without, 'packets joined by GRO or TSO count as one');
  assert.equal(finding(report, 'zstd').state, 'unused');
});

test('who can be named: tier and why, programs, address translation, cgroups, runtimes', () => {
  const programs = attributionStatus().programs.map((program) => ({ ...program, attached: false, reason: 'EPERM' }));
  const status: AttributionStatus = {
    tier: 'diag',
    reason: 'loading programs needs CAP_BPF',
    programs,
    conntrack: 'not permitted',
    cgroup: '',
  };
  const runtimes = [
    { kind: 'docker', path: '/run/docker.sock', state: 'closed' },
    { kind: 'podman', path: '/run/p.sock', state: 'absent' },
  ] as const;
  const ask = (attribution: ExaminedRun['attribution']): DoctorReport =>
    examine(addon({ status }), { ...everywhere, attribution }, { ...host, runtimes });
  const report = ask('auto');
  assert.deepEqual(
    ['tier', 'tcp_state', 'first_space', 'address translation', 'cgroup v2', 'docker socket', 'podman socket'].map(
      (name) => finding(report, name).state,
    ),
    ['off', 'off', 'unused', 'off', 'off', 'off', 'off'],
  );
  assert.equal(finding(report, 'tier').detail, 'sock_diag and /proc: loading programs needs CAP_BPF');
  assert.equal(finding(report, 'tier').without, 'short-lived processes are missed');
  assert.match(finding(report, 'docker socket').detail, /may not open/);
  assert.equal(finding(report, 'bpf').state, 'off');
  assert.match(finding(report, 'bpf').remedy ?? '', /cap_net_raw,cap_bpf,cap_perfmon/);
  assert.equal(report.canCapture, true, 'packets are captured all the same');
  assert.match(finding(report, 'tier').remedy ?? '', /^see the capabilities bpf/);
  assert.equal(finding(ask('diag'), 'tier').state, 'unused');
  assert.ok(ask('off').findings.every(({ area, state }) => area !== 'attribution' || state !== 'off'));
});

test('processes that a container hides are off where ends are named', () => {
  const processes = (view: ProcessView, attribution: ExaminedRun['attribution'] = 'auto'): Finding =>
    finding(examine(addon(), { ...everywhere, attribution }, { ...host, processView: () => view }), '/proc');
  assert.equal(processes('all').state, 'ok');
  assert.equal(processes('container').state, 'off');
  assert.match(processes('container').remedy ?? '', /--pid=host/);
  assert.match(processes('forbidden').remedy ?? '', /apparmor=unconfined/);
  assert.equal(processes('container', 'off').state, 'unused');
});

test('the tier is that of this run, and what else is possible; its remedy is not a capability that is there', () => {
  const detailOf = (attribution: ExaminedRun['attribution']): string =>
    finding(examine(addon(), { ...everywhere, attribution }, host), 'tier').detail;
  assert.equal(detailOf('auto'), 'BPF, 2 programs');
  assert.equal(detailOf('diag'), 'sock_diag and /proc, as asked for; possible is BPF, 2 programs');
  assert.equal(detailOf('off'), 'not used by this run, which names no end; possible is BPF, 2 programs');
  const status: AttributionStatus = { ...attributionStatus(), tier: 'diag', reason: 'no BTF', programs: [] };
  const allowed = addon({ capabilities: ['CAP_BPF', 'CAP_PERFMON'], status });
  const tier = finding(examine(allowed, { ...everywhere, attribution: 'auto' }, host), 'tier');
  assert.match(tier.remedy ?? '', /CONFIG_DEBUG_INFO_BTF/);
});

test('-i ebpf: alone needs no packet socket, but a tier', () => {
  const sockets: ExaminedRun = {
    ...nothing,
    observationPoints: [{ netns: '', names: ['ebpf:'] }],
    attribution: 'auto',
  };
  const closed = { capabilities: [], probe: { packetSocket: 'EPERM', tpacketV3: 'EPERM' } };
  const report = examine(addon(closed), sockets, host);
  assert.equal(report.canCapture, true);
  assert.equal(finding(report, 'packet socket').state, 'unused');
  const status: AttributionStatus = { tier: 'off', reason: 'no netlink', programs: [], conntrack: '', cgroup: '' };
  const none = examine(addon({ ...closed, status }), sockets, host);
  assert.equal(none.canCapture, false);
  assert.equal(finding(none, 'tier').detail, 'none: no netlink');
});

test('no interface, no capture', () => {
  const report = examine(addon({ interfaces: [] }), everywhere, host);
  assert.equal(report.canCapture, false);
  assert.equal(finding(report, 'none').state, 'off');
});

test('without librdkafka the report says what Kafka sinks do', () => {
  const report = examine(
    addon({ kafka: { available: false, version: '', reason: 'built without it' } }),
    everywhere,
    host,
  );
  const finding = report.findings.find(({ name }) => name === 'librdkafka');
  assert.deepEqual([finding?.state, finding?.detail], ['unused', 'built without it']);
  assert.match(finding?.without ?? '', /kafkajs/);
});

test('without the addon the report says so and how to build it', () => {
  const report = examine({ reason: 'the addon is not built' }, everywhere, host);
  assert.equal(report.canCapture, false);
  const { detail, remedy } = finding(report, 'addon');
  assert.equal(detail, 'the addon is not built');
  assert.match(remedy ?? '', /^sudo apt-get install g\+\+ .* && npm run build$/);
  assert.doesNotThrow(() => JSON.stringify(report));
});

test('what is missing comes as weir came: by apt, by npm, by a build', () => {
  const missing = { available: false, version: '', reason: 'libndpi.so.4.2 is not there' };
  const remedyOf = (installation: Host['installation']): string | undefined =>
    finding(examine(addon({ dpi: missing }), everywhere, { ...host, installation }), 'libndpi').remedy;
  assert.equal(remedyOf('source'), 'sudo apt-get install libndpi-dev && npm run build');
  assert.equal(remedyOf('npm'), 'sudo apt-get install libndpi-dev && npm rebuild -g weir-probe');
  assert.equal(remedyOf('deb'), 'sudo apt-get install -f   or   sudo apt-get install --reinstall ./weir_*.deb');
});

test('libndpi: its version, or what is missing without it and how to get it', () => {
  const found = (dpi: ExaminedRun['dpi'], reason = ''): Finding =>
    finding(
      examine(addon({ dpi: { available: reason === '', version: '4.2.0', reason } }), { ...everywhere, dpi }, host),
      'libndpi',
    );
  assert.deepEqual([found('auto').state, found('auto').detail], ['ok', '4.2.0']);
  const absent = found('auto', 'libndpi.so.4.2 is not there');
  assert.deepEqual([absent.state, absent.detail], ['off', 'libndpi.so.4.2 is not there']);
  assert.match(absent.without ?? '', /^applications and risks are not named; facts of TLS/);
  assert.match(absent.remedy ?? '', /apt-get install libndpi-dev/);
  assert.equal(found('off', 'not there').state, 'unused');
});
