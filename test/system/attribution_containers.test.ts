// A process in a container asks a server outside: who it is, seen in the container's own namespace, on the host's end of its
// veth, and behind the masquerading of its host. weir runs in the namespace that the engine's bridge is in, as on a host.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  asksOnOrder,
  connectByHand,
  connectOutside,
  imageName,
  needsContainers,
  order,
  Place,
  startContainerd,
  startDocker,
  startPodman,
  startRunc,
} from '../support/containers.js';
import { type Flow, flowsOf, LiveWeir } from '../support/live_weir.js';
import type { End } from '../support/network.js';
import { realServers, startServer } from '../support/real_servers.js';
import { temporaryFolder } from '../support/weir.js';

const server = realServers.find(({ name }) => name === 'node')!;
const sides = (name: string): string => `source${name} destination${name}`;
const fields = [
  'interfaceName sourceIPv4Address destinationIPv4Address sourceTransportPort destinationTransportPort',
  'protocolIdentifier flowProcesses',
  ...['ProcessId', 'ProcessName', 'ParentProcessId', 'MatchMethodName', 'ProcessTentative'].map(sides),
  ...['ContainerId', 'ContainerName', 'ContainerImage', 'ContainerRuntime', 'ContainerLabels'].map(sides),
  'preNATSourceIPv4Address preNATDestinationIPv4Address preNAPTSourceTransportPort preNAPTDestinationTransportPort',
  'postNATSourceIPv4Address postNATDestinationIPv4Address postNAPTSourceTransportPort postNAPTDestinationTransportPort',
].join(' ');

interface Asking {
  id: string;
  pid: number;
  ip: string;
}

interface Watch {
  weir: LiveWeir;
  serverPid: number;
  folder: string;
  outside: End;
}

const template = (folder: string, name: string): string => join(folder, `${name}.json`);

/** weir at all interfaces of the place and of `points`, and the server outside. */
async function watch(t: TestContext, place: Place, points: string[], sockets: string[] = []): Promise<Watch> {
  const outside = await connectOutside(t, place);
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o777);
  const prefix = ['nsenter', `--net=/run/netns/${outside.netns}`];
  const { pid } = await startServer(t, server, { prefix, folder, address: outside.address });
  const args = [
    ...['any', ...points].flatMap((point) => ['-i', point]),
    ...sockets.flatMap((socket) => ['--container-runtime', socket]),
    ...['--attribution', 'bpf', '--node-name', 'node-1', '-T', fields],
    ...['--linger-timeout', '100ms', '--idle-timeout', '1s'],
    ...['--to', '-?format=json'],
    ...['process', 'kubernetes'].flatMap((name) => ['--to', `file://${template(folder, name)}?template=${name}`]),
  ];
  const weir = await LiveWeir.metering(t, args, ['nsenter', `--net=${place.netns}`]);
  if (sockets.length > 0) await weir.said(/"msg":"container names from /);
  return { weir, serverPid: pid!, folder, outside };
}

/** Those of the connections that a container opened. */
function recordsOf(weir: LiveWeir, { ip }: Asking): Flow[] {
  return weir.flows.filter(
    (flow) =>
      flow.destinationTransportPort === server.port &&
      (flow.sourceIPv4Address === ip || flow.preNATSourceIPv4Address === ip),
  );
}

/** The same in the words of a template, once weir has ended. */
function recordsIn({ folder, outside }: Watch, name: string, { id }: Asking): Flow[] {
  const flows = flowsOf(readFileSync(template(folder, name), 'utf8'));
  const asked = flows.filter(
    (flow) => flow.destinationTransportPort === server.port && flow.destinationIPv4Address === outside.address,
  );
  assert.ok(asked.length >= 3, JSON.stringify(flows));
  for (const flow of asked) assert.equal(flow['ntop.SRC_PROC_CONTAINER_ID'], id, JSON.stringify(flow));
  return asked;
}

function assertClient(flow: Flow, asking: Asking): void {
  const text = JSON.stringify(flow);
  assert.equal(flow['ntop.SRC_PROC_CONTAINER_ID'], asking.id, text);
  assert.equal(flow['ntop.SRC_PROC_NAME'], 'wget', text);
  assert.equal(flow['ntop.SRC_FATHER_PROC_PID'], asking.pid, text);
  assert.equal(flow.sourceMatchMethodName, 'exact', text);
  assert.equal(flow.sourceProcessTentative, undefined, text);
  assert.equal(flow['ntop.DST_PROC_CONTAINER_ID'], undefined, text);
}

/** The first record of that kind. */
async function seenAt({ weir }: Watch, isIt: (flow: Flow) => boolean): Promise<Flow> {
  await weir.until(() => weir.flows.some(isIt), `told of a record with ${String(isIt)}`);
  return weir.flows.find(isIt)!;
}

/** Seen where the connection was translated: the server is certain too, and both pairs of addresses are there. */
function assertTranslated(flow: Flow, asking: Asking, { serverPid, outside }: Watch): void {
  const text = JSON.stringify(flow);
  assert.equal(flow['ntop.DST_PROC_PID'], serverPid, text);
  assert.equal(flow['ntop.DST_PROC_NAME'], server.name, text);
  assert.equal(flow.destinationMatchMethodName, 'exact', text);
  assert.equal(flow.preNATSourceIPv4Address, asking.ip, text);
  assert.equal(flow.postNATSourceIPv4Address, '10.9.0.1', text);
  assert.equal(flow.preNATDestinationIPv4Address, outside.address, text);
  assert.equal(flow.postNATDestinationIPv4Address, outside.address, text);
  assert.equal(flow.preNAPTDestinationTransportPort, server.port, text);
  assert.equal(flow.postNAPTDestinationTransportPort, server.port, text);
  const behind = flow.interfaceName === 'near0';
  const [here, there] = behind ? ['postNAPT', 'preNAPT'] : ['preNAPT', 'postNAPT'];
  assert.equal(flow[`${here}SourceTransportPort`], flow.sourceTransportPort, text);
  assert.ok(Number(flow[`${there}SourceTransportPort`]) > 0, text);
}

/** Everything of one request: in the container, on the host's end of its veth, and behind the translation. */
async function askOutside(seen: Watch, client: Asking, names: { veth: RegExp; inside: string }): Promise<Flow[]> {
  await order(client, `http://${seen.outside.address}:${server.port}/`);
  const points = [names.veth, /^near0$/, new RegExp(`^${names.inside}$`)];
  const found = (): (Flow | undefined)[] =>
    points.map((name) => recordsOf(seen.weir, client).find((flow) => name.test(String(flow.interfaceName))));
  await seen.weir.until(() => found().every(Boolean), `told of the request at ${points.join(', ')}`);
  const [veth, behind, inside] = found() as [Flow, Flow, Flow];
  for (const flow of [veth, behind, inside]) assertClient(flow, client);
  for (const flow of [veth, behind]) assertTranslated(flow, client, seen);
  // The translation of another namespace than weir's own is not followed: the server is the likely one.
  assert.equal(inside['ntop.DST_PROC_PID'], seen.serverPid, JSON.stringify(inside));
  assert.equal(inside.destinationProcessTentative, true, JSON.stringify(inside));
  assert.equal(inside.postNATSourceIPv4Address, undefined, JSON.stringify(inside));
  return [veth, behind, inside];
}

for (const [runtime, command, start] of [
  ['podman', 'podman', startPodman],
  ['docker', 'dockerd', startDocker],
] as const) {
  test(`${runtime}: name, image, labels of the container that asks`, needsContainers(command, 'nsenter'), async (t) => {
    const engine = await start(t);
    const client = await engine.run('client', asksOnOrder, { app: 'shop' });
    const seen = await watch(t, engine.place, ['any@container:client'], [`${runtime}:${engine.socket}`]);
    const flows = await askOutside(seen, client, { veth: /^veth/, inside: 'eth0' });
    const run = await seen.weir.stop();
    assert.equal(run.status, 0, run.stderr);
    for (const flow of flows) {
      const text = JSON.stringify(flow);
      assert.equal(flow.sourceContainerName, 'client', text);
      assert.equal(flow.sourceContainerImage, imageName, text);
      assert.equal(flow.sourceContainerRuntime, runtime, text);
      assert.deepEqual(flow.sourceContainerLabels, { app: 'shop', 'org.example.image': 'weir-box' }, text);
      assert.match(String(flow.flowProcesses), /^wget\(\d+\)@client > node\(\d+\)\??$/);
    }
    for (const flow of recordsIn(seen, 'process', client)) {
      assert.deepEqual([flow.sourceContainerName, flow.sourceContainerImage], ['client', imageName]);
    }
  });
}

test(
  'containerd: pod, namespace, labels, node of the container that asks',
  needsContainers('containerd', 'nsenter'),
  async (t) => {
    const engine = await startContainerd(t);
    const pod = await engine.run('shop/web-7d9f8b6c5-kp9xq', asksOnOrder, { tier: 'front' });
    const points = ['any@pod:shop/web-7d9f8b6c5-kp9xq'];
    const seen = await watch(t, engine.place, points, [`cri:${engine.socket}`]);
    const flows = await askOutside(seen, pod, { veth: /^veth/, inside: 'eth0' });
    const run = await seen.weir.stop();
    assert.equal(run.status, 0, run.stderr);
    for (const flow of flows) {
      assert.equal(flow.sourceContainerName, 'main', JSON.stringify(flow));
      assert.equal(flow.sourceContainerRuntime, 'containerd', JSON.stringify(flow));
      assert.match(String(flow.flowProcesses), /^wget\(\d+\)@shop\/web-7d9f8b6c5-kp9xq > /);
    }
    const byTemplate = recordsIn(seen, 'kubernetes', pod);
    for (const flow of byTemplate) {
      const text = JSON.stringify(flow);
      assert.equal(flow['antrea.sourcePodNamespace'], 'shop', text);
      assert.equal(flow['antrea.sourcePodName'], 'web-7d9f8b6c5-kp9xq', text);
      assert.equal(flow['antrea.sourceNodeName'], 'node-1', text);
      assert.deepEqual(flow['antrea.sourcePodLabels'], { tier: 'front' }, text);
      assert.equal(flow.sourcePodUid, pod.podUid, text);
      assert.equal(flow.sourceWorkloadName, 'web', text);
      assert.equal(flow.sourceContainerImage, imageName, text);
      assert.equal(flow['antrea.destinationPodName'], undefined, text);
    }
    assert.ok(byTemplate.some((flow) => flow.postNATSourceIPv4Address === '10.9.0.1'));
  },
);

test(
  'runc by hand: the id and no name; a ping is the container by its interface',
  needsContainers('nsenter'),
  async (t) => {
    const place = await Place.make(t);
    const container = await startRunc(t, { args: asksOnOrder });
    const { veth, ip } = await connectByHand(place, container);
    const seen = await watch(t, place, [`any@pid:${container.pid}`]);
    const flows = await askOutside(seen, { ...container, ip }, { veth: new RegExp(`^${veth}$`), inside: 'eth0' });
    await place.run('/bin/busybox', 'ping', '-c', '1', ip);
    const echo = await seenAt(seen, (flow) => flow.protocolIdentifier === 1 && flow.interfaceName === veth);
    const run = await seen.weir.stop();
    assert.equal(run.status, 0, run.stderr);
    for (const flow of flows) {
      assert.equal(flow.sourceContainerName, undefined, JSON.stringify(flow));
      assert.equal(flow.sourceContainerImage, undefined, JSON.stringify(flow));
    }
    // The kernel answers, no process does; whose interface it is stands in the record.
    assert.equal(echo['ntop.DST_PROC_CONTAINER_ID'], container.id, JSON.stringify(echo));
    assert.equal(echo['ntop.DST_PROC_PID'], undefined, JSON.stringify(echo));
  },
);

test('a published port: the container behind it is the destination', needsContainers('nsenter', 'curl'), async (t) => {
  const place = await Place.make(t);
  const container = await startRunc(t, { args: ['/bin/busybox', 'httpd', '-f', '-p', '8080', '-h', '/'] });
  const { veth, ip } = await connectByHand(place, container);
  const publish = ['-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '--dport', '8088', '-j', 'DNAT'];
  await place.run('iptables', ...publish, '--to-destination', `${ip}:8080`);
  const seen = await watch(t, place, []);
  const url = 'http://10.9.0.1:8088/bin/sh';
  seen.outside.run('curl', '-s', '-o', '/dev/null', '--retry-connrefused', '--retry', '20', url);
  // httpd forks for each connection
  const served = (name: string) =>
    seenAt(seen, (flow) => flow.interfaceName === name && flow['ntop.DST_FATHER_PROC_PID'] === container.pid);
  const [before, behind] = [await served('near0'), await served(veth)];
  const run = await seen.weir.stop();
  assert.equal(run.status, 0, run.stderr);
  for (const flow of [before, behind]) {
    const text = JSON.stringify(flow);
    assert.equal(flow['ntop.SRC_PROC_NAME'], 'curl', text);
    assert.equal(flow['ntop.DST_PROC_CONTAINER_ID'], container.id, text);
    assert.deepEqual([flow.sourceMatchMethodName, flow.destinationMatchMethodName], ['exact', 'exact'], text);
    assert.deepEqual(
      [flow.preNATDestinationIPv4Address, flow.preNAPTDestinationTransportPort],
      ['10.9.0.1', 8088],
      text,
    );
    assert.deepEqual([flow.postNATDestinationIPv4Address, flow.postNAPTDestinationTransportPort], [ip, 8080], text);
  }
});
