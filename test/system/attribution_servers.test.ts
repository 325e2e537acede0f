// Real servers and clients: who asked and who answered, over loopback, a veth pair and into a container.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { needsContainers, startRunc } from '../support/containers.js';
import { type Flow, LiveWeir } from '../support/live_weir.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import {
  missingFor,
  type RealServer,
  realServers,
  request,
  type Request,
  startServer,
} from '../support/real_servers.js';
import { temporaryFolder } from '../support/weir.js';

const requests = 20;
const fields = [
  '%sourceIPv4Address %sourceTransportPort %destinationTransportPort %flowProcesses',
  '%sourceProcessId %sourceProcessName %sourceUserId %sourceProcessTentative',
  '%destinationProcessId %destinationProcessName %destinationUserId %destinationProcessTentative',
  '%destinationContainerId %destinationMatchMethodName',
].join(' ');

/** Not `ip netns exec`: that one gives a /sys of its own, without cgroups. */
const inside = (end: End): string[] => ['nsenter', `--net=/run/netns/${end.netns}`];

async function startWeir(t: TestContext, point: string): Promise<LiveWeir> {
  return LiveWeir.metering(t, ['-i', point, '--attribution', 'bpf', '-T', fields, '--to', '-?format=json']);
}

/** The flow of each request: found by its client's process id, since ports are not known here. */
function compare(flows: readonly Flow[], { client, server }: Request): void {
  const text = () => JSON.stringify(flows.filter((flow) => Number(flow.destinationTransportPort) === server.port));
  const flow = flows.find(
    (one) => Number(one['ntop.SRC_PROC_PID']) === client.pid && Number(one.destinationTransportPort) === server.port,
  );
  assert.ok(flow, `no flow of ${client.name}(${client.pid}) to ${server.name}: ${text()}`);
  assert.equal(flow['ntop.SRC_PROC_NAME'], client.name);
  assert.equal(flow['ntop.DST_PROC_NAME'], server.name, JSON.stringify(flow));
  if (server.pid !== undefined) assert.equal(Number(flow['ntop.DST_PROC_PID']), server.pid, JSON.stringify(flow));
}

async function serveAndAsk(t: TestContext, server: RealServer, served: End, asking: End, watched: string) {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o777);
  const address = served === asking ? '127.0.0.1' : served.address;
  await startServer(t, server, { prefix: inside(served), folder, address });
  const weir = await startWeir(t, watched);
  const seen: Request[] = [];
  for (let i = 0; i < requests; i++) seen.push(await request(server, inside(asking), address));
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  const flows = weir.flows;
  for (const one of seen) compare(flows, one);
}

for (const server of realServers) {
  const missing = missingFor(server);
  const needed = needsNetwork('nsenter', 'ss');
  const options = missing.length > 0 ? { ...needed, skip: `not installed: ${missing.join(' ')}` } : needed;
  test(`${server.name} over loopback`, options, async (t) => {
    const { near } = new Network(t);
    await serveAndAsk(t, server, near, near, `lo@netns:${near.netns}`);
  });
  test(`${server.name} over a veth pair`, options, async (t) => {
    const { near, far } = new Network(t);
    await serveAndAsk(t, server, far, near, near.point);
  });
}

test('a server in a container, asked from outside', needsContainers('nsenter', 'curl'), async (t) => {
  const { near, far } = new Network(t);
  const container = await startRunc(t, {
    netns: `/run/netns/${far.netns}`,
    args: ['/bin/busybox', 'httpd', '-f', '-p', '8086', '-h', '/'],
  });
  const weir = await startWeir(t, near.point);
  const server: RealServer = {
    name: 'busybox',
    needs: [],
    port: 8086,
    command: () => [],
    client: (address) => ['curl', '-s', '--retry', '20', '--retry-connrefused', `http://${address}:8086/bin/sh`],
    servedBy: () => undefined,
  };
  const seen: Request[] = [];
  for (let i = 0; i < requests; i++) seen.push(await request(server, inside(near), far.address));
  await weir.stop();
  for (const one of seen) compare(weir.flows, one);
  const served = weir.flows.filter((flow) => flow['ntop.DST_PROC_NAME'] === 'busybox');
  assert.ok(served.length >= requests);
  for (const flow of served) assert.equal(flow['ntop.DST_PROC_CONTAINER_ID'], container.id, JSON.stringify(flow));
});
