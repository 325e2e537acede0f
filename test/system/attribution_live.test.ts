// Who is at the ends, live on this host: packets, sockets alone, both, events; with few privileges; what kill -9 leaves.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { loadAddon } from '../../src/native/load.js';
import { type Flow, flowsOf, LiveWeir } from '../support/live_weir.js';
import { answerOctets, requestOctets, type Speaker, startServer, talk } from '../support/local_talk.js';
import { needsNobody, withoutAny, withNetRaw } from '../support/nobody.js';

const quick = ['--linger-timeout', '100ms'];
const status = loadAddon().probeAttribution();

/** A node:test option that skips aloud where BPF is refused. */
function needsBpf(): { skip?: string; timeout: number } {
  const reason = status.tier === 'bpf' ? undefined : `BPF is refused here: ${status.reason}`;
  return { ...(reason === undefined ? {} : { skip: reason }), timeout: 120_000 };
}

const between = (flows: readonly Flow[], client: Speaker, server: Speaker): Flow[] =>
  flows.filter((flow) => flow.sourceTransportPort === client.port && flow.destinationTransportPort === server.port);

/** The records of one conversation, once they are there. */
async function conversation(weir: LiveWeir, client: Speaker, server: Speaker): Promise<Flow[]> {
  await weir.until(() => between(weir.flows, client, server).length > 0, `told of ${client.port} > ${server.port}`);
  return between(weir.flows, client, server);
}

function assertEnds(flow: Flow, client: Speaker, server: Speaker): void {
  assert.deepEqual(
    [flow['ntop.SRC_PROC_PID'], flow['ntop.DST_PROC_PID'], flow['ntop.SRC_PROC_NAME'], flow['ntop.DST_PROC_NAME']],
    [client.pid, server.pid, client.name, server.name],
    JSON.stringify(flow),
  );
}

test('-i lo -T process names both processes of a connection within the host', needsBpf(), async (t) => {
  const before = await startServer(t);
  const weir = await LiveWeir.metering(t, ['-i', 'lo', '-T', 'process', '--to', '-?format=json', ...quick]);
  const after = await startServer(t);
  for (const server of [before, after]) {
    const client = await talk(t, server);
    const [flow] = (await conversation(weir, client, server)) as [Flow];
    assertEnds(flow, client, server);
    assert.match(String(flow.sourceProcessExecutable), /node/);
    assert.match(String(flow['ntop.SRC_PROC_CMDLINE']), /-e/);
    assert.equal(flow['ntop.SRC_PROC_UID'], process.getuid?.());
  }
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /ends of flows are named by \d+ BPF programs/);
  assert.match(run.stderr, /"tier":"bpf"/);
});

test('-i ebpf: makes the flow of sockets alone, with octets of payload', needsBpf(), async (t) => {
  const weir = await LiveWeir.metering(t, ['-i', 'ebpf:', '--to', '-?format=json', ...quick]);
  const server = await startServer(t);
  const client = await talk(t, server);
  const flows = await conversation(weir, client, server);
  assert.equal(flows.length, 1);
  const [flow] = flows as [Flow];
  assertEnds(flow, client, server);
  assert.deepEqual(
    [flow.transportOctetDeltaCount, flow.reverseTransportOctetDeltaCount, flow.octetDeltaCount],
    [requestOctets, answerOctets, undefined],
  );
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /no packets are captured/);
});

test('-i lo -i ebpf: tells of each connection once', needsBpf(), async (t) => {
  const args = ['-i', 'lo', '-i', 'ebpf:', '-T', 'process', '--to', '-?format=json', ...quick];
  const weir = await LiveWeir.metering(t, args);
  const server = await startServer(t);
  const clients: Speaker[] = [];
  for (let index = 0; index < 5; index++) clients.push(await talk(t, server));
  for (const client of clients) await conversation(weir, client, server);
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  for (const client of clients) {
    const flows = between(flowsOf(run.stdout), client, server);
    assert.equal(flows.length, 1, JSON.stringify(flows));
    assertEnds(flows[0]!, client, server);
    assert.ok(Number(flows[0]!.octetDeltaCount) > requestOctets, 'the record of packets');
  }
});

test('--events tells what happens, and each sink gets its own choice', needsBpf(), async (t) => {
  const weir = await LiveWeir.metering(t, ['--events', 'all', '--to', '-?format=json']);
  const server = await startServer(t);
  const client = await talk(t, server);
  await client.leave();
  const of = (pid: number, name: string): Flow[] =>
    weir.flows.filter((event) => event['ntop.SRC_PROC_PID'] === pid && event.eventName === name);
  await weir.until(() => of(client.pid, 'exit').length > 0, `told of the exit of ${client.pid}`);
  await weir.until(() => of(server.pid, 'accept').length > 0, `told of an accept by ${server.pid}`);
  const [connect] = of(client.pid, 'connect') as [Flow];
  assert.equal(connect.destinationTransportPort, server.port);
  assert.equal(connect['ntop.SRC_PROC_NAME'], client.name);
  assert.match(String(of(client.pid, 'exec')[0]?.['ntop.SRC_PROC_CMDLINE']), /-e/);
  assert.equal(of(server.pid, 'listen').length, 1);
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  const times = flowsOf(run.stdout).map((event) => Date.parse(String(event.flowEndMilliseconds)));
  assert.ok(
    times.every((time) => Math.abs(time - Date.now()) < 600_000),
    'times are of the wall clock',
  );
});

test('--user nobody: BPF and /proc work on with the capabilities that are kept', needsBpf(), async (t) => {
  const args = ['-i', 'lo', '-T', 'process', '--user', 'nobody', '--to', '-?format=json', ...quick];
  const weir = await LiveWeir.metering(t, args);
  const server = await startServer(t);
  const client = await talk(t, server);
  const [flow] = (await conversation(weir, client, server)) as [Flow];
  assertEnds(flow, client, server);
  assert.match(String(flow.destinationProcessExecutable), /node/);
  const run = await weir.stop();
  assert.match(run.stderr, /ends of flows are named by \d+ BPF programs/);
  assert.match(run.stderr, /"capabilities":"net_raw bpf perfmon net_admin sys_ptrace dac_read_search"/);
});

test('CAP_NET_RAW alone: flows as ever, and one line says what is off', needsNobody(), async (t) => {
  const args = ['-i', 'lo', '-T', 'process', '--to', '-?format=json', ...quick];
  const weir = new LiveWeir(t, args, withNetRaw);
  await weir.said(/"msg":"metering /);
  const server = await startServer(t);
  const client = await talk(t, server);
  await conversation(weir, client, server);
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  const said = run.stderr.split('\n').filter((line) => /ends of flows are /.test(line));
  assert.equal(said.length, 1, run.stderr);
  assert.match(said[0]!, /"level":"warning".*(sock_diag and \/proc|not named).*weir doctor/);
});

test('without any capability -i ebpf: runs and says what is off', needsNobody(), async (t) => {
  const weir = new LiveWeir(t, ['-i', 'ebpf:', '--to', '-?format=json'], withoutAny);
  await weir.said(/ends of flows are /);
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /"level":"warning".*ends of flows are .*weir doctor/);
});

test('--attribution bpf insists: without the capability it is an error', needsNobody(), async (t) => {
  const run = await new LiveWeir(t, ['-i', 'ebpf:', '--attribution', 'bpf', '--to', 'none'], withoutAny).ended;
  assert.equal(run.status, 1, run.stderr);
  assert.match(run.stderr, /WEIR_BPF/);
});

/** Ids of the BPF programs and links that a process holds. */
function bpfIds(pid: number): { programs: number[]; links: number[] } {
  const texts = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'));
  const ids = (name: string): number[] => {
    const found = texts.flatMap((text) => new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(text)?.[1] ?? []);
    return [...new Set(found.map(Number))];
  };
  return { programs: ids('prog_id'), links: ids('link_id') };
}

const bpftool = ['/usr/sbin/bpftool', 'bpftool'].find((name) => spawnSync(name, ['version']).status === 0);
const exists = (kind: 'prog' | 'link', id: number): boolean =>
  spawnSync(bpftool!, [kind, 'show', 'id', String(id)]).status === 0;

test(
  'kill -9 leaves no program and no link in the kernel',
  bpftool === undefined ? { skip: 'not installed: bpftool' } : needsBpf(),
  async (t) => {
    const weir = await LiveWeir.metering(t, ['-i', 'ebpf:', '--to', 'none']);
    const { programs, links } = bpfIds(weir.child.pid!);
    assert.ok(programs.length >= 3 && links.length >= 3, JSON.stringify({ programs, links }));
    assert.ok(programs.every((id) => exists('prog', id)) && links.every((id) => exists('link', id)));
    const closed = once(weir.child, 'close');
    weir.child.kill('SIGKILL');
    await closed;
    const left = (): string[] => [
      ...programs.filter((id) => exists('prog', id)).map((id) => `program ${id}`),
      ...links.filter((id) => exists('link', id)).map((id) => `link ${id}`),
    ];
    // The kernel frees them when no processor can be inside any more, and tells nobody.
    for (let tries = 0; tries < 100 && left().length > 0; tries++) await pause(50);
    assert.deepEqual(left(), []);
  },
);
