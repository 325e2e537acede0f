// Who is at the ends of flows, off records written by the test: JSON of every naming, IPFIX, uniflows, NetFlow v9 and
// events, judged by the schemas, by weir's reader, by tshark (ntop's numbers) and by ipfixDump (RFC 5610).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { typeInformation } from '../../../src/exporting/options_descriptions.js';
import { elements, fieldNeeds } from '../../../src/fields/elements.js';
import {
  elementsOf,
  forNetflow9,
  forUniflow,
  loadTemplates,
  parseTemplateList,
  planFields,
  type Template,
} from '../../../src/fields/template.js';
import { textKeys } from '../../../src/fields/text_line.js';
import { MessageReader } from '../../../src/ipfix/index.js';
import { type EncoderSpec, eventTypes } from '../../../src/native/boundary.js';
import { packageRoot, tryLoadAddon } from '../../../src/native/load.js';
import { type AttributedFlow, attributedFlows, everything, type Profile } from '../../support/attributed_batch.js';
import { readByIpfixDump } from '../../support/collectors/file_readers.js';
import { exportSeconds, startMs, wireSpec } from '../../support/encode_run.js';
import { message } from '../../support/ipfix_bytes.js';
import { jsonSpec, type Line, linesOf, under } from '../../support/json_lines.js';
import { dataSet, ipfixTemplateSet } from '../../support/options_bytes.js';
import { pcapOfDatagrams } from '../../support/pcap_of_messages.js';

const loaded = tryLoadAddon();
const unavailable = 'reason' in loaded ? { skip: loaded.reason } : {};
const needs = (command: string) =>
  spawnSync(command, ['--version']).error === undefined ? unavailable : { skip: `${command} is not installed` };
const folder = mkdtempSync(join(tmpdir(), 'weir-endpoints-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const templates = loadTemplates(join(packageRoot(), 'templates'));
const templateOf = (name: string): Template => templates.get(name)!;

const curl: Profile = {
  ...{
    processId: 1234,
    name: 'curl',
    executable: '/usr/bin/curl',
    commandLine: 'curl https://web/',
    uid: 0,
    user: 'root',
  },
  ...{
    gid: 0,
    group: 'root',
    startNs: 1_700_000_000_010_000_000n,
    parentId: 900,
    parentName: 'bash',
    unit: 'ssh.service',
  },
};
const nginx: Profile = {
  ...{ processId: 77, name: 'nginx', uid: 33, user: 'www-data', containerId: 'ab'.repeat(32), containerName: 'web' },
  ...{ containerImage: 'nginx:1.25', containerLabels: '{"app":"web","io.kubernetes.pod.name":"web-0"}' },
  ...{ podName: 'web-0', podNamespace: 'shop', nodeName: 'node1', podLabels: '{"app":"web"}' },
};
const toNginx: AttributedFlow = {
  addresses: ['c0000201', 'c6336407'],
  ports: [40_000, 443],
  protocol: 6,
  octets: [1000, 2000],
  payload: [600, 1600],
  packets: [9, 7],
  profiles: [curl, nginx],
  openers: [undefined, { processId: 1, name: 'systemd' }],
  threads: [1235, 77],
  match: [1, 6],
  flags: 2 | 8, // the destination is tentative; seen before translation
  natAddresses: ['c0000201', '0a000007'],
  natPorts: [40_000, 8443],
  kernel: [
    { smoothedRtt: 250, connectTime: 300, retransmits: 1, state: 7 },
    { smoothedRtt: 260, octetsAcknowledged: 1600, state: 1 },
  ],
};
const nobody: AttributedFlow = {
  ...toNginx,
  threads: [0, 0],
  profiles: [undefined, undefined],
  openers: [undefined, undefined],
  flags: 0,
};
const flow6: AttributedFlow = {
  ...toNginx,
  addresses: [`20010db8${'0'.repeat(23)}1`, `20010db8${'0'.repeat(23)}7`],
  natAddresses: [`20010db8${'0'.repeat(22)}99`, `20010db8${'0'.repeat(23)}7`],
  flags: 4,
};

test('JSON says who is at both ends, and nothing of who is not known', unavailable, () => {
  const template = parseTemplateList(
    'SRC_PROC_PID DST_PROC_PID sourceUserId destinationUserId sourceLoginUserId destinationContainerLabels ' +
      'sourceMatchMethod sourceMatchMethodName destinationProcessTentative destinationOpenerProcessName userName ' +
      'sourcePodName destinationPodName sourceKernelSmoothedRtt destinationKernelOctetsAcknowledged flowProcesses',
  );
  const [one, none] = linesOf(attributedFlows([toNginx, nobody]), jsonSpec(template, 'ipfix'), 'ipfix');
  assert.deepEqual(one, {
    'ntop.SRC_PROC_PID': 1234,
    'ntop.DST_PROC_PID': 77,
    'ntop.SRC_PROC_UID': 0,
    'ntop.DST_PROC_UID': 33,
    destinationContainerLabels: { app: 'web', 'io.kubernetes.pod.name': 'web-0' },
    sourceMatchMethod: 1,
    sourceMatchMethodName: 'exact',
    destinationProcessTentative: true,
    destinationOpenerProcessName: 'systemd',
    userName: 'root',
    'antrea.destinationPodName': 'web-0',
    sourceKernelSmoothedRtt: 250,
    destinationKernelOctetsAcknowledged: 1600,
    flowProcesses: 'curl(1234) > nginx(77)@shop/web-0?',
  });
  assert.deepEqual(Object.keys(none!), [
    'sourceMatchMethod',
    'sourceMatchMethodName',
    'sourceKernelSmoothedRtt',
    'destinationKernelOctetsAcknowledged',
  ]);
  const nprobe = linesOf(attributedFlows([toNginx]), jsonSpec(template, 'nprobe'), 'nprobe')[0]!;
  assert.equal(nprobe.SRC_PROC_PID, 1234);
  assert.equal(nprobe.DESTINATION_PROCESS_TENTATIVE, true);
});

test('the second uniflow of a flow swaps the ends', unavailable, () => {
  const names = 'sourceTransportPort SRC_PROC_PID DST_PROC_PID sourceContainerName sourceKernelSmoothedRtt userName';
  const template = forUniflow(parseTemplateList(`${names} postNATSourceIPv4Address postNAPTDestinationTransportPort`));
  const spec = jsonSpec(template, 'ipfix', { biflow: false });
  const [there, back] = linesOf(attributedFlows([toNginx]), spec, 'ipfix');
  assert.deepEqual(there, {
    sourceTransportPort: 40_000,
    'ntop.SRC_PROC_PID': 1234,
    'ntop.DST_PROC_PID': 77,
    sourceKernelSmoothedRtt: 250,
    userName: 'root',
    postNATSourceIPv4Address: '192.0.2.1',
    postNAPTDestinationTransportPort: 8443,
  });
  assert.deepEqual(back, {
    sourceTransportPort: 443,
    'ntop.SRC_PROC_PID': 77,
    'ntop.DST_PROC_PID': 1234,
    sourceContainerName: 'web',
    sourceKernelSmoothedRtt: 260,
    userName: 'www-data',
    postNATSourceIPv4Address: '10.0.0.7',
    postNAPTDestinationTransportPort: 40_000,
  });
});

test('naming ecs: documents of ECS for every element, the source at the top', unavailable, () => {
  const all = elements().flatMap(({ name }) => (/^event(Type|Name)$/.test(name) ? [] : [name]));
  const flows = attributedFlows([toNginx, flow6, nobody, { ...toNginx, profiles: [everything(1), everything(2)] }]);
  const spec = jsonSpec(parseTemplateList(all.join(' ')), 'ecs', { timeFormat: 'milliseconds' });
  const [one, six, none, full] = linesOf(flows, spec, 'ecs');
  const expected: Record<string, unknown> = {
    'process.pid': 1234,
    'process.parent.name': 'bash',
    'process.start': 1_700_000_000_010,
    'process.thread.id': 1235,
    'user.id': '0',
    'user.name': 'root',
    'destination.process.pid': 77,
    'destination.user.name': 'www-data',
    'destination.nat.ip': '10.0.0.7',
    'destination.nat.port': 8443,
    'netflow.destination_container_name': 'web',
    'netflow.destination_container_labels': { app: 'web', 'io.kubernetes.pod.name': 'web-0' },
    'netflow.antrea.destination_pod_name': 'web-0',
    container: undefined,
    orchestrator: undefined,
    'event.action': 'network_flow',
  };
  for (const [key, value] of Object.entries(expected)) assert.deepEqual(under(one, key), value, key);
  assert.equal(under(six, 'source.nat.ip'), '2001:db8::1');
  assert.equal(under(six, 'netflow.pre_nat_source_ipv6_address'), '2001:db8::99');
  for (const key of ['process', 'user', 'group', 'destination.process']) assert.equal(under(none, key), undefined, key);
  assert.deepEqual(under(full, 'container'), {
    id: 'containerId-1',
    name: 'containerName-1',
    image: { name: 'containerImage-1' },
    runtime: 'containerRuntime-1',
    labels: { seed: '1' },
  });
  assert.deepEqual(under(full, 'orchestrator'), {
    type: 'kubernetes',
    namespace: 'podNamespace-1',
    resource: { name: 'podName-1', id: 'podUid-1' },
  });
  assert.deepEqual(under(full, 'user.effective'), { id: '105', name: 'effectiveUser-1' });
});

test('every element of the ends says on the wire what it says in JSON', unavailable, () => {
  const wanted = elements().filter(({ field }) => ['endpoint', 'kernel'].includes(fieldNeeds(field) ?? ''));
  const template = parseTemplateList(wanted.map(({ name }) => name).join(' '));
  const flows = attributedFlows([
    { ...toNginx, profiles: [everything(1), everything(2)], openers: [everything(3), everything(4)] },
    { ...flow6, profiles: [everything(5), everything(6)] },
    nobody,
  ]);
  const plan = (fields: Template['fields4']) =>
    fields.map(({ element: { index, name, length } }) => ({
      ...{ element: index, key: name, wireLength: length },
      ...({ form: 'plain', path: [], constant: '' } as const),
    }));
  const spec = { ...wireSpec([]), fields4: plan(template.fields4), fields6: plan(template.fields6), messageSize: 9000 };
  const lines = flows.encode({ ...spec, format: 'json' }).messages.map((line) => JSON.parse(line.toString()) as Line);
  const reader = new MessageReader();
  const encoded = flows.encode(spec);
  assert.equal(encoded.sums.truncated, 0);
  const records = encoded.messages.flatMap((octets) => reader.read(octets, 'test')).map(({ fields }) => fields);
  assert.equal(records.length, lines.length);
  const absent = new Set<unknown>([0, '', false, 0xffffffff, '0.0.0.0', '::', '1970-01-01T00:00:00.000Z']);
  const ordered = [
    ...records.filter((r) => 'preNATSourceIPv4Address' in r),
    ...records.filter((r) => 'preNATSourceIPv6Address' in r),
  ];
  for (const [i, line] of [lines[0]!, lines[2]!, lines[1]!].entries()) {
    for (const [name, value] of Object.entries(ordered[i]!)) {
      const told = line[name];
      if (told === undefined) assert.ok(absent.has(value), `${name} ${String(value)}`);
      else assert.deepEqual(typeof told === 'object' ? JSON.parse(String(value)) : value, told, name);
    }
  }
});

test('a line of the terminal ends with the processes', unavailable, () => {
  const template = templateOf('text');
  const fields = (list: Template['fields4']) => {
    const keys = textKeys(list.map(({ element }) => element));
    return planFields(template).fields4.map((field, i) => ({
      ...field,
      element: list[i]!.element.index,
      key: keys[i]!,
    }));
  };
  const spec = { ...wireSpec([]), fields4: fields(template.fields4), fields6: fields(template.fields6) };
  const [known, unknown] = attributedFlows([toNginx, nobody])
    .encode({ ...spec, format: 'text' })
    .messages.map(String);
  assert.match(known!, / curl\(1234\) > nginx\(77\)@shop\/web-0\?\n$/);
  assert.doesNotMatch(unknown!, /\?|\(/);
});

test('events: each sink writes the types it asked for, without what an event lacks', unavailable, () => {
  const mask = (...names: string[]) => names.reduce((bits, name) => bits | (2 << eventTypes.indexOf(name as 'use')), 0);
  const flows = attributedFlows([
    { ...toNginx, event: 1, packets: [0, 0] },
    toNginx,
    { event: 8, profiles: [curl, undefined], threads: [1234, 0] },
    { event: 9, profiles: [curl, undefined] },
  ]);
  const template = templateOf('events');
  const exec = linesOf(flows, jsonSpec(template, 'ipfix', { eventMask: mask('exec') }), 'ipfix');
  assert.equal(exec.length, 1);
  assert.deepEqual([exec[0]!.eventName, exec[0]!['ntop.SRC_PROC_UID']], ['exec', 0]);
  for (const key of ['sourceIPv4Address', 'protocolIdentifier', 'sourceTransportPort'])
    assert.ok(!(key in exec[0]!), key);
  const ecs = linesOf(flows, jsonSpec(template, 'ecs', { eventMask: mask('exec', 'exit', 'connect') }), 'ecs');
  assert.deepEqual(
    ecs.map((line) => ['category', 'type', 'action'].map((key) => under(line, `event.${key}`))),
    [
      ['network', 'start', 'connect'],
      ['process', 'start', 'exec'],
      ['process', 'end', 'exit'],
    ],
  );
  assert.equal(under(ecs[0], 'destination.ip'), '198.51.100.7');
  assert.ok(!('source' in ecs[1]!) && !('network' in ecs[1]!));
  const reader = new MessageReader();
  const spec = wireSpec(elementsOf(template), { eventMask: mask('connect', 'exit') });
  const records = flows.encode(spec).messages.flatMap((octets) => reader.read(octets, 'test'));
  assert.deepEqual(
    records.map(({ fields }) => fields.eventName),
    ['connect', 'exit'],
  );
});

test('NetFlow v9 carries the elements ntop has numbered', unavailable, () => {
  const { template, leftOut } = forNetflow9(templateOf('process'));
  assert.ok(leftOut.includes('sourceContainerName') && leftOut.includes('sourcePodName'));
  const fields = planFields(template, { fixedTexts: 16 });
  const spec: EncoderSpec = { ...wireSpec([]), ...fields, format: 'netflow9', biflow: false };
  const reader = new MessageReader();
  const flows = attributedFlows([toNginx])
    .encode(spec)
    .messages.flatMap((octets) => reader.read(octets, 'test'));
  assert.deepEqual(
    flows.map((flow) => [flow.fields.sourceProcessId, flow.fields.sourceProcessName, flow.fields.sourceUserId]),
    [
      [1234, 'curl', 0],
      [77, 'nginx', 33],
    ],
  );
});

for (const name of ['process', 'kubernetes', 'sockets', 'events']) {
  test(`template ${name} fits a message, its names are told by RFC 5610`, unavailable, () => {
    const template = templateOf(name);
    for (const part of [template, forUniflow(template)]) {
      const flow = { ...toNginx, ...(name === 'events' ? { event: 1 } : {}) };
      const changes = { biflow: part === template, eventMask: name === 'events' ? 2 : 0 };
      const { messages, sums } = attributedFlows([flow, flow6]).encode(wireSpec(elementsOf(part), changes));
      assert.ok(messages.length >= 2 && messages.every(({ length }) => length <= 1400));
      assert.equal(sums.truncated + sums.unencodable, 0);
    }
  });
}

/** Type information, then what the encoder made, as one file. */
function processFile(flows: readonly AttributedFlow[]): { file: string; messages: Buffer[] } {
  const template = templateOf('process');
  const { messages } = attributedFlows(flows).encode(wireSpec(elementsOf(template)));
  const { fields4, fields6 } = planFields(template);
  const [types] = typeInformation({
    ...{
      format: 'ipfix',
      profile: 'rfc',
      firstId: 300,
      domain: 7,
      enterprise: 32473,
      exportingProcess: 1,
      startMs: () => startMs,
    },
    templates: [
      { id: 256, fields: fields4 },
      { id: 257, fields: fields6 },
    ],
    ...{ sampling: { packets: 1, mode: 'systematic', flows: 1, upscale: false }, legacySampling: false },
  });
  const options = { ...types!.template, id: 300 };
  const rows = types!.rows(undefined as never);
  const told = message(0, 7, ipfixTemplateSet(options), dataSet(options, rows));
  // Data Records of the type information come before: sequence numbers go on from them
  for (const octets of messages) octets.writeUInt32BE(octets.readUInt32BE(8) + rows.length, 8);
  const file = join(folder, 'process.ipfix');
  writeFileSync(file, Buffer.concat([told, ...messages]));
  return { file, messages };
}

test("tshark reads processes and users by ntop's numbers", needs('tshark'), () => {
  const { messages } = processFile([toNginx]);
  const file = join(folder, 'process.pcap');
  writeFileSync(file, pcapOfDatagrams(messages, exportSeconds));
  const ntop = ['src_proc_id', 'src_proc_name', 'dst_proc_pid', 'dst_proc_name', 'src_proc_user_name', 'dst_proc_uid'];
  const names = ['_ws.malformed', ...ntop.map((field) => `cflow.pie.ntop.${field}`)];
  const columns = names.flatMap((field) => ['-e', field]);
  const run = spawnSync('tshark', ['-r', file, '-d', 'udp.port==4739,cflow', '-T', 'fields', ...columns], {
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  const row = run.stdout.split('\n').find((line) => line.includes('1234'));
  assert.deepEqual(row?.split('\t'), ['', '1234', 'curl', '77', 'nginx', 'root', '33']);
  assert.doesNotMatch(run.stdout, /Malformed/i);
});

test('ipfixDump names container and pod by RFC 5610', needs('ipfixDump'), () => {
  const { file } = processFile([toNginx, nobody]);
  const { records, complaints } = readByIpfixDump(file);
  assert.deepEqual(complaints, []);
  const flows = records.filter((record) => 'octetDeltaCount' in record);
  assert.equal(flows.length, 2);
  const [one, none] = flows;
  assert.equal(one!.sourceProcessId, '1234');
  assert.equal(one!.destinationContainerName, 'web');
  assert.equal(one!.destinationContainerImage, 'nginx:1.25');
  assert.equal(one!.destinationPodName, 'web-0');
  assert.equal(one!.sourceUserId, '0');
  assert.equal(none!.sourceUserId, '4294967295');
  assert.equal(none!.sourceProcessId, '0');
});
