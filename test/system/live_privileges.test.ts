// What weir can do as whom: --user, CAP_NET_RAW alone, and nothing at all.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { ethernet, type Pair, pcap, udp } from '../support/frames.js';
import { flowsOf, LiveWeir, packetsOf } from '../support/live_weir.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import { needsNobody, withNetRaw, withoutAny } from '../support/nobody.js';
import { lawful, numberedFile, type SinkWords } from '../support/outage.js';
import { saying, temporaryFolder } from '../support/weir.js';

const netRaw = '0000000000002000';
const nothing = '0000000000000000';
const frames = 50;
function send(t: TestContext, end: End, port: number): void {
  const pair: Pair = [
    { address: '10.9.0.50', port },
    { address: '10.9.0.60', port: 9 },
  ];
  const file = join(temporaryFolder(t), 'flow.pcap');
  writeFileSync(file, pcap(Array.from({ length: frames }, () => ethernet(0, udp(pair, 100)))));
  assert.equal(end.replay(file), frames);
}

interface Task {
  name: string;
  uid: string;
  effective: string;
  permitted: string;
}

function tasksOf(pid: number): Task[] {
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
    const value = (key: string) => new RegExp(`^${key}:\\s+(\\S+.*)$`, 'm').exec(text)?.[1] ?? '';
    return { name: value('Name'), uid: value('Uid'), effective: value('CapEff'), permitted: value('CapPrm') };
  });
}

/** Traffic before and after the interface went down, and after it was made anew. */
async function capturesAndReattaches(t: TestContext, network: Network, weir: LiveWeir): Promise<void> {
  const { near, far } = network;
  send(t, near, 1001);
  await weir.packetsSeen(frames);
  far.ip('link', 'del', 'far0');
  await weir.said(/far0: went down or vanished/);
  network.connect(78);
  await weir.said(/far0: is up; capturing/);
  send(t, near, 1002);
  await weir.packetsSeen(2 * frames);
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
  assert.equal(packetsOf(flowsOf(run.stdout)), 2 * frames);
  assert.equal(run.meter.reattached, 1);
}

test('--user nobody keeps CAP_NET_RAW and nothing else, and goes on capturing', needsNobody('tcpreplay'), async (t) => {
  const network = new Network(t);
  const { far } = network;
  const weir = await LiveWeir.metering(
    t,
    ['-i', 'far0', '--user', 'nobody', '--workers', '2', '--to', '-?format=json'],
    far.prefix,
  );
  const uid = spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout.trim();
  const tasks = tasksOf(weir.child.pid!);
  const workers = tasks.filter(({ name }) => name.startsWith('weir '));
  assert.equal(workers.length, 2, JSON.stringify(tasks));
  for (const task of tasks) {
    assert.equal(task.uid, [uid, uid, uid, uid].join('\t'));
    const main = task === tasks[0];
    const wanted = main || workers.includes(task) ? [netRaw] : [netRaw, nothing];
    assert.ok(wanted.includes(task.effective) && wanted.includes(task.permitted), JSON.stringify(task));
  }
  await capturesAndReattaches(t, network, weir);
});

test('--user nobody: the spool is made before, and an earlier one of root is handed over', needsNobody(), async (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  const spool = join(folder, 'var', 'spool');
  const url = `tcp://127.0.0.1:1?spool=${spool}`; // nobody listens there
  for (const [number, user] of [[], ['--user', 'nobody']].entries()) {
    const run = await new LiveWeir(t, ['-r', numberedFile(folder, 100), '--to', url, ...user]).ended;
    assert.equal(run.status, 0, run.stderr);
    const [sink] = lawful(run) as [SinkWords];
    assert.deepEqual([sink.recovered, sink.spooled], [number * 100, (number + 1) * 100], run.stderr);
  }
  const uid = Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout);
  for (const name of ['.', ...readdirSync(spool)]) assert.equal(statSync(join(spool, name)).uid, uid, name);
  assert.equal(statSync(spool).mode & 0o777, 0o700);
});

test('--user without root is an error', needsNobody(), async (t) => {
  const { far } = new Network(t);
  const run = await new LiveWeir(t, ['-i', 'far0', '--user', 'nobody', '--to', 'none'], [...far.prefix, ...withNetRaw])
    .ended;
  assert.equal(run.status, 2);
  assert.match(run.stderr, /--user nobody: only root can become somebody else/);
});

test('not root, CAP_NET_RAW alone: captures and re-attaches', needsNobody('tcpreplay'), async (t) => {
  const network = new Network(t);
  const weir = await LiveWeir.metering(
    t,
    ['-i', 'far0', '--to', '-?format=json'],
    [...network.far.prefix, ...withNetRaw],
  );
  for (const task of tasksOf(weir.child.pid!))
    assert.deepEqual([task.effective, task.permitted], [netRaw, netRaw], JSON.stringify(task));
  await capturesAndReattaches(t, network, weir);
});

test('without any capability: WEIR_PRIVILEGE with a remedy, exit 1', needsNobody(), async (t) => {
  for (const point of ['lo', 'any', 'l*']) {
    const run = await new LiveWeir(t, ['-i', point, '--to', 'none'], withoutAny).ended;
    assert.equal(run.status, 1, `${point}: ${run.stderr}`);
    assert.match(run.stderr, /"code":"WEIR_PRIVILEGE".*"msg":".*CAP_NET_RAW/);
    assert.match(run.stderr, /weir doctor|setcap|sudo/);
  }
});

test(
  'npm start without any capability: flows of a self-made capture, how to enable, exit 2',
  needsNobody(),
  async (t) => {
    const [command, ...args] = [...withoutAny, process.execPath, join(packageRoot(), 'setup', 'start.mjs')];
    const child = spawn(command!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HOME: '/nonexistent' },
    });
    t.after(() => void child.kill('SIGKILL'));
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const [status] = (await once(child, 'close')) as [number];
    assert.equal(status, 2, stderr);
    const flows = flowsOf(stdout);
    assert.deepEqual(flows.map((flow) => [flow.destinationTransportPort, packetsOf([flow])]).sort(), [
      [53, 2],
      [80, 10],
    ]);
    assert.match(stderr, /no privilege to capture here/);
    assert.match(stderr, /to turn on: sudo .*/);
  },
);

test('npm start with the privilege to capture: meters live until SIGINT, exit 0', needsNetwork(), async (t) => {
  const { near } = new Network(t);
  const start = join(packageRoot(), 'setup', 'start.mjs');
  const child = spawn('ip', ['netns', 'exec', near.netns, process.execPath, start], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => void child.kill('SIGKILL'));
  await saying(child, 'stderr', /info metering [^\n]*near0/);
  const closed = once(child, 'close');
  child.kill('SIGINT');
  assert.deepEqual(await closed, [0, null]);
});
