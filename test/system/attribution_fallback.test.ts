// Who is at the ends where BPF is not to be had or not asked for: what is said, and who is named all the same.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { loadAddon } from '../../src/native/load.js';
import { type Flow, LiveWeir } from '../support/live_weir.js';
import { type Held, hold, startServer } from '../support/local_talk.js';
import { needsNetwork } from '../support/network.js';
import { needsNobody, withNetRaw } from '../support/nobody.js';
import { runWeir } from '../support/weir.js';

const quick = ['--linger-timeout', '100ms', '--to', '-?format=json'];
const template = [
  'sourceTransportPort',
  'destinationTransportPort',
  ...['sourceProcessId', 'destinationProcessId', 'sourceMatchMethodName', 'destinationMatchMethodName'],
].join(' ');
const hasBpf = loadAddon().probeAttribution().tier === 'bpf';

/** In front of weir: a mount namespace of its own, in which something of the host is hidden. */
const hiding = (command: string): string[] => ['unshare', '--mount', 'sh', '-c', `${command} && exec "$@"`, 'sh'];
const withoutBtf = hiding('mount -t tmpfs none /sys/kernel/btf');

/** The record of a connection that was there before weir and ends now. */
async function flowOf(weir: LiveWeir, held: Held): Promise<Flow> {
  const own = (): Flow | undefined => weir.flows.find((flow) => flow.sourceTransportPort === held.port);
  await held.speak();
  await weir.until(() => own() !== undefined, `told of the flow from ${held.port}`);
  return own()!;
}

/** Both ends of a connection and how they were found, and what weir said. */
async function endsOfOlder(
  t: TestContext,
  args: readonly string[],
  prefix: readonly string[] = [],
): Promise<{ ends: unknown[]; wanted: unknown[]; said: string }> {
  const server = await startServer(t);
  const held = await hold(t, server);
  const weir = await LiveWeir.metering(t, ['-i', 'lo', '-T', template, ...args, ...quick], prefix);
  const flow = await flowOf(weir, held);
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  return {
    ends: [
      ...[flow['ntop.SRC_PROC_PID'], flow['ntop.DST_PROC_PID']],
      ...[flow.sourceMatchMethodName, flow.destinationMatchMethodName],
    ],
    wanted: [held.pid, server.pid, 'diag', 'diag'],
    said: run.stderr,
  };
}

test('--attribution diag names both ends of a connection that is older than weir', needsNetwork(), async (t) => {
  const { ends, wanted, said } = await endsOfOlder(t, ['--attribution', 'diag']);
  assert.deepEqual(ends, wanted);
  assert.match(said, /"level":"info".*named by sock_diag and \/proc, which miss short-lived processes: as asked for/);
  assert.match(said, /"tier":"diag"/);
  assert.match((await runWeir(['doctor', '--attribution', 'diag'])).stdout, /tier +sock_diag and \/proc, as asked for/);
});

test('without BTF: the tier below, and the reason with what to do', needsNetwork('unshare'), async (t) => {
  const { ends, wanted, said } = await endsOfOlder(t, [], withoutBtf);
  assert.deepEqual(ends, wanted);
  assert.match(said, /"level":"warning".*sock_diag and \/proc.*CONFIG_DEBUG_INFO_BTF.*see `weir doctor`/);
  const run = await new LiveWeir(t, ['-i', 'lo', '--attribution', 'bpf', '--to', 'none'], withoutBtf).ended;
  assert.equal(run.status, 1, run.stderr);
  assert.match(run.stderr, /WEIR_BPF.*type information \(BTF\)/);
});

test(
  'without cgroup v2 the other programs run, and the missing one is named',
  hasBpf ? needsNetwork('unshare') : { skip: 'BPF is refused here' },
  async (t) => {
    const unmount = 'for at in $(findmnt -n -t cgroup2 -o TARGET); do umount -l "$at"; done';
    const { ends, said } = await endsOfOlder(t, [], hiding(unmount));
    assert.ok(ends[0] !== undefined && ends[1] !== undefined, JSON.stringify(ends));
    assert.match(said, /named by \d+ BPF programs; socket_release: no cgroup v2 hierarchy is mounted/);
  },
);

test('a run that names no end has nothing of it: no thread, no line, no program', needsNetwork(), async (t) => {
  for (const args of [
    ['-T', 'default'],
    ['-T', 'process', '--attribution', 'off'],
  ]) {
    const server = await startServer(t);
    const held = await hold(t, server);
    const weir = await LiveWeir.metering(t, ['-i', 'lo', ...args, ...quick]);
    const folder = `/proc/${weir.child.pid}`;
    const threads = readdirSync(`${folder}/task`).map((id) => readFileSync(`${folder}/task/${id}/comm`, 'utf8').trim());
    assert.deepEqual(
      threads.filter((name) => /^weir (attrib|proc|conntrack)$/.test(name)),
      [],
    );
    const programs = readdirSync(`${folder}/fdinfo`).filter((fd) =>
      /^prog_id:/m.test(readFileSync(`${folder}/fdinfo/${fd}`, 'utf8')),
    );
    assert.deepEqual(programs, []);
    const flow = await flowOf(weir, held);
    assert.deepEqual(
      Object.keys(flow).filter((key) => /PROC|[pP]rocess/.test(key)),
      [],
    );
    assert.ok(!flow.sourceMatchMethod && !flow.destinationMatchMethod, JSON.stringify(flow));
    const run = await weir.stop();
    assert.doesNotMatch(run.stderr, /ends of flows|attributed|address translation/);
  }
});

test('CAP_NET_RAW alone: what cannot be looked into is told once', needsNobody(), async (t) => {
  const args = ['-i', 'lo', '-T', template, '--metrics', '127.0.0.1:0', ...quick];
  const weir = await LiveWeir.metering(t, args, withNetRaw);
  await weir.said(/serving .*\/metrics/);
  const place = /\/readyz on (?:http:\/\/)?([\d.]+:\d+)/.exec(weir.stderr)?.[1];
  const passes = async (): Promise<number> => {
    const text = await (await fetch(`http://${place}/metrics`)).text();
    return Number(/^weir_attribution_snapshots_total (\d+)/m.exec(text)?.[1]);
  };
  while ((await passes()) < 3) await weir.nextStatistics();
  const run = await weir.stop();
  assert.equal(run.stderr.match(/some processes may not be looked into/g)?.length, 1, run.stderr);
});
