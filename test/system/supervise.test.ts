// --supervise with a weir that really dies: it comes back, the third time without DPI, and nothing is left behind.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ethernet, pcap, udp } from '../support/frames.js';
import { LiveWeir, packetsOf } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { temporaryFolder } from '../support/weir.js';

/** The process under the supervisor. */
function childOf(weir: LiveWeir): number {
  const { pid } = weir.child;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  assert.equal(children.length, 1, `${children.length} children`);
  return Number(children[0]);
}

const argumentsOf = (pid: number): string[] => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(2, -1);

async function supervised(t: TestContext, point: string): Promise<LiveWeir> {
  return LiveWeir.metering(t, ['-i', point, '--supervise', '--to', '-?format=json']);
}

test('a weir that crashes is started again, the third time without DPI', needsNetwork('tcpreplay'), async (t) => {
  const { near, far } = new Network(t);
  const weir = await supervised(t, far.point);
  for (const [index, signal] of (['SIGSEGV', 'SIGABRT', 'SIGBUS'] as const).entries()) {
    const crashing = childOf(weir);
    assert.ok(!argumentsOf(crashing).includes('off'));
    process.kill(crashing, signal);
    await weir.said(/"msg":"metering /, index + 2);
    assert.notEqual(childOf(weir), crashing);
    assert.match(weir.stderr, new RegExp(`"msg":"weir crashed \\(${signal}\\): flows`));
  }
  assert.deepEqual(argumentsOf(childOf(weir)).slice(-3), ['--no-supervise', '--dpi', 'off']);
  const pair = [
    { address: '10.9.0.50', port: 1000 },
    { address: '10.9.0.60', port: 9 },
  ] as const;
  const file = join(temporaryFolder(t), 'flow.pcap');
  writeFileSync(file, pcap([ethernet(0, udp([...pair], 100))]));
  assert.equal(near.replay(file), 1);
  await weir.packetsSeen(1);
  weir.child.kill('SIGHUP');
  await weir.said(/"msg":"SIGHUP: starting weir anew with DPI again"/);
  await weir.said(/"msg":"metering /, 5);
  assert.deepEqual(argumentsOf(childOf(weir)).slice(-1), ['--no-supervise']);
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  assert.equal(packetsOf(weir.flows), 1, 'starting anew lost nothing');
});

test(
  'SIGHUP while the child starts: it does not end it, and the configuration of then is read',
  needsNetwork(),
  async (t) => {
    const { far } = new Network(t);
    const file = join(temporaryFolder(t), 'weir.yaml');
    writeFileSync(file, 'activeTimeout: 60s\n');
    const weir = new LiveWeir(t, ['-i', far.point, '-c', file, '--supervise', '--to', 'none']);
    await weir.said(/"msg":"metering /);
    process.kill(childOf(weir), 'SIGSEGV');
    await weir.said(/"msg":"weir crashed/);
    const started = (): boolean => readFileSync(`/proc/${weir.child.pid}/task/${weir.child.pid}/children`).length > 0;
    while (!started()) await new Promise((resolve) => setImmediate(resolve)); // it has executed nothing yet
    writeFileSync(file, 'activeTimeout: 90s\n');
    weir.child.kill('SIGHUP');
    await weir.said(/"msg":"metering /, 2);
    await weir.said(/"activeTimeout":"90000 ms","idleTimeout":"15000 ms","msg":"reloaded"/);
    const run = await weir.stop();
    assert.equal(run.status, 0, run.stderr);
  },
);

test('the exit status is that of the child; a killed child is not started again', needsNetwork(), async (t) => {
  const { far } = new Network(t);
  const weir = await supervised(t, far.point);
  process.kill(childOf(weir), 'SIGKILL');
  const run = await weir.ended;
  assert.equal(run.status, 137);
  assert.match(run.stderr, /"msg":"weir was ended by SIGKILL: not started again"/);
  const wrong = new LiveWeir(t, ['-i', 'eth0@netns:no-such-namespace', '--supervise', '--to', 'none']);
  assert.equal((await wrong.ended).status, 1);
});

test('without its supervisor the child ends, and its flows leave', needsNetwork(), async (t) => {
  const { far } = new Network(t);
  const weir = await supervised(t, far.point);
  weir.child.kill('SIGKILL');
  const { stderr } = await weir.ended; // the child has closed its output
  assert.match(stderr, /"msg":"stopping: SIGTERM"/);
});
