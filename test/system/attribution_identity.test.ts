// Who they are, live: who opened a socket and who uses it, ancestors, command lines without their secrets, the user who
// logged in, accounts of a user namespace.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadAddon } from '../../src/native/load.js';
import { CgroupTraces } from '../support/containers/cgroups.js';
import { type Flow, LiveWeir } from '../support/live_weir.js';
import { needsNobody } from '../support/nobody.js';
import { Connection, Peer } from '../support/peers.js';
import { saying } from '../support/weir.js';

const status = loadAddon().probeAttribution();

/** A node:test option that skips aloud where BPF is refused or something is missing. */
function needsBpf(missing = ''): { skip?: string; timeout: number } {
  const reason = status.tier === 'bpf' ? missing : `BPF is refused here: ${status.reason}`;
  return { ...(reason === '' ? {} : { skip: reason }), timeout: 120_000 };
}

const template = [
  ...['sourceTransportPort', 'destinationTransportPort', 'sourceProcessId', 'sourceProcessName'],
  ...['sourceProcessCommandLine', 'sourceParentProcessId', 'sourceParentProcessName', 'sourceProcessAncestors'],
  ...['sourceOpenerProcessId', 'sourceOpenerProcessName', 'sourceLoginUserId', 'sourceLoginUserName'],
  ...['sourceUserId', 'sourceUserName', 'sourceGroupName', 'sourceEffectiveUserName', 'sourceContainerId'],
  ...['sourceInsideUserId', 'sourceInsideUserName', 'sourceInsideGroupId', 'sourceInsideGroupName'],
]
  .map((name) => `%${name}`)
  .join(' ');

const watch = (t: TestContext, ...args: string[]): Promise<LiveWeir> =>
  LiveWeir.metering(t, ['-i', 'ebpf:', '-T', template, ...args, '--to', '-?format=json']);

/** The flow of one connection from that peer. */
async function flowOf(weirs: readonly LiveWeir[], from: Peer, to: Peer): Promise<Flow[]> {
  const { port } = await to.do('listen', { host: '127.0.0.1' });
  const connection = await Connection.open(from, to, '127.0.0.1', port);
  await connection.there(1, 1);
  await connection.back(1, 1);
  await connection.close();
  const find = (weir: LiveWeir): Flow | undefined =>
    weir.flows.find(
      (flow) => flow.sourceTransportPort === connection.fromPort && flow.destinationTransportPort === port,
    );
  for (const weir of weirs)
    await weir.until(() => find(weir) !== undefined, `told of ${connection.fromPort} > ${port}`);
  return weirs.map((weir) => find(weir)!);
}

const idOf = (name: string, number: string): string =>
  spawnSync('getent', [name, number]).stdout.toString().split(':')[0]!;

test('who opened a socket, and who uses it', needsBpf(), async (t) => {
  const [weir, server] = await Promise.all([watch(t), Peer.start(t)]);
  const { port } = await server.do('serve', { host: '127.0.0.1' });
  const code = `
    const { fork } = require('node:child_process');
    if (process.send) process.on('message', (_, socket) => {
      socket.resume().on('close', () => process.exit());
      socket.end('x');
    });
    else require('node:net').connect({ port: ${port}, host: '127.0.0.1', allowHalfOpen: true }, function () {
      const child = fork('', { execPath: process.execPath, execArgv: ['-e', process.argv[1]] });
      console.log('from ' + this.localPort + ' by ' + process.pid + ' for ' + child.pid + '.');
      child.send('', this);
      child.on('exit', () => process.exit());
    });`;
  const opener = spawn(process.execPath, ['-e', code, code], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => void opener.kill('SIGKILL'));
  const said = /from (\d+) by (\d+) for (\d+)/.exec(await saying(opener, 'stdout', /for \d+\./))!;
  const [from, by, user] = said.slice(1).map(Number);
  const find = (): Flow | undefined =>
    weir.flows.find((flow) => flow.sourceTransportPort === from && flow.destinationTransportPort === port);
  await weir.until(() => find() !== undefined, `told of ${from} > ${port}`);
  assert.deepEqual([find()!['ntop.SRC_PROC_PID'], find()!.sourceOpenerProcessId], [user, by], JSON.stringify(find()));
  assert.equal(find()!.sourceOpenerProcessName, 'node');
});

test('parent and ancestors, as many as are asked for', needsBpf(), async (t) => {
  const [two, none] = await Promise.all([watch(t, '--ancestors', '2'), watch(t, '--ancestors', '0')]);
  const shell = ['/bin/sh', '-c', '"$@"; exit', 'sh'];
  const [client, server] = await Promise.all([Peer.start(t, [...shell, ...shell]), Peer.start(t)]);
  const [asked, short] = (await flowOf([two, none], client, server)) as [Flow, Flow];
  // The peer is the outer shell; its child is the inner one, whose child is node.
  assert.match(String(asked.sourceProcessAncestors), new RegExp(`^sh:${client.pid} node:${process.pid}$`));
  assert.equal(asked['ntop.SRC_FATHER_PROC_NAME'], 'sh');
  assert.equal(short['ntop.SRC_FATHER_PROC_PID'], asked['ntop.SRC_FATHER_PROC_PID']);
  assert.equal(short.sourceProcessAncestors, undefined);
});

test('command lines: without secrets, as they are, none', needsBpf(), async (t) => {
  const weirs = await Promise.all(['redacted', 'full', 'off'].map((mode) => watch(t, '--command-line', mode)));
  const secrets = ['--password=opensesame', '--token', 'opensesame', 'postgres://me:opensesame@db/x'];
  const [client, server] = await Promise.all([Peer.start(t, [], [...secrets, '--harmless=sugar']), Peer.start(t)]);
  const flows = await flowOf(weirs, client, server);
  const [redacted, full, off] = flows.map((flow) => flow['ntop.SRC_PROC_CMDLINE']);
  assert.doesNotMatch(String(redacted), /opensesame/);
  assert.match(String(redacted), /--password=\*\*\* --token \*\*\* postgres:\/\/me:\*\*\*@db\/x --harmless=sugar$/);
  assert.ok(String(full).endsWith([...secrets, '--harmless=sugar'].join(' ')), String(full));
  assert.equal(off, undefined);
});

const mayLogIn = spawnSync('/bin/sh', ['-c', 'echo 1 >/proc/self/loginuid']).status === 0;

test('the user who logged in', needsBpf(mayLogIn ? '' : '/proc/self/loginuid cannot be set'), async (t) => {
  const logIn = ['/bin/sh', '-c', 'echo 1 >/proc/self/loginuid; exec "$@"', 'sh'];
  const [weir, client, server] = await Promise.all([watch(t), Peer.start(t, logIn), Peer.start(t)]);
  const [flow] = (await flowOf([weir], client, server)) as [Flow];
  assert.deepEqual([flow.sourceLoginUserId, flow.sourceLoginUserName], [1, idOf('passwd', '1')]);
  assert.equal(flow['ntop.SRC_PROC_USER_NAME'], idOf('passwd', String(process.getuid!())));
});

test('accounts of a user namespace beside those of the host', {
  ...needsBpf(status.cgroup === '' ? 'no cgroup v2 hierarchy' : ''),
  ...needsNobody(),
}, async (t) => {
  const id = randomBytes(32).toString('hex');
  const cgroup = join(status.cgroup, 'docker', id);
  mkdirSync(cgroup, { recursive: true });
  const enter = `echo $$ >${cgroup}/cgroup.procs; exec setpriv --reuid nobody --regid nogroup --clear-groups "$@"`;
  const prefix = ['/bin/sh', '-c', enter, 'sh', 'unshare', '--user', '--map-root-user'];
  const [weir, client, server] = await Promise.all([watch(t), Peer.start(t, prefix), Peer.start(t)]);
  // Behind the peers' end: a cgroup with a process in it stays.
  t.after(async () => {
    const traces = new CgroupTraces();
    traces.add(id);
    traces.parent('/docker');
    await traces.remove();
  });
  const [flow] = (await flowOf([weir], client, server)) as [Flow];
  assert.deepEqual([flow['ntop.SRC_PROC_USER_NAME'], flow.sourceGroupName], ['nobody', 'nogroup']);
  assert.deepEqual([flow.sourceInsideUserId, flow.sourceInsideUserName], [0, 'root'], JSON.stringify(flow));
  assert.deepEqual([flow.sourceInsideGroupId, flow.sourceInsideGroupName], [0, 'root'], JSON.stringify(flow));
  assert.equal(readFileSync(`/proc/${client.pid}/uid_map`, 'utf8').trim().split(/\s+/)[0], '0');
});
