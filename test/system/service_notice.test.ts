// What a real weir tells a service manager, by a real datagram socket: start, life, reload, stop, and crashes under --supervise.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { ServiceListener } from '../support/service_listener.js';
import { temporaryFolder } from '../support/weir.js';

const watchdog = 'WATCHDOG_USEC=1000000';

test('ready, watchdog, reload and stop arrive at the socket', needsNetwork('python3'), async (t) => {
  const { far } = new Network(t);
  const name = `@weir-service-${process.pid}`;
  const manager = await ServiceListener.open(t, name);
  const weir = new LiveWeir(t, ['-i', far.point, '--to', 'none'], ['env', `NOTIFY_SOCKET=${name}`, watchdog]);
  const ready = await manager.heard(/^READY=1$/);
  assert.deepEqual(ready.notice, { pid: weir.child.pid, lines: ['READY=1', 'STATUS=metering far0; 1 sink'] });
  const fed = await manager.heard(/^WATCHDOG=1$/, ready.at);
  await manager.heard(/^WATCHDOG=1$/, fed.at + 1);
  weir.child.kill('SIGHUP');
  const reloading = await manager.heard(/^RELOADING=1$/);
  assert.match(reloading.notice.lines[1]!, /^MONOTONIC_USEC=\d+$/);
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const stamp = Number(reloading.notice.lines[1]!.split('=')[1]) / 1e6;
  assert.ok(stamp <= uptime + 1, `CLOCK_MONOTONIC ${stamp}, up for ${uptime}`);
  await manager.heard(/^READY=1$/, reloading.at);
  weir.child.kill('SIGTERM');
  const stopping = await manager.heard(/^STOPPING=1$/);
  assert.deepEqual(stopping.notice.lines, ['STOPPING=1', 'STATUS=stopping: SIGTERM']);
  assert.equal((await weir.ended).status, 0);
});

test('--supervise: the child speaks, between two children its supervisor', needsNetwork('python3'), async (t) => {
  const { far } = new Network(t);
  const path = join(temporaryFolder(t), 'notify');
  const manager = await ServiceListener.open(t, path);
  const prefix = ['sh', '-c', 'WATCHDOG_PID=$$ exec "$@"', 'sh', 'env', `NOTIFY_SOCKET=${path}`, watchdog];
  const weir = new LiveWeir(t, ['-i', far.point, '--to', 'none', '--supervise'], prefix);
  const first = await manager.heard(/^READY=1$/);
  assert.notEqual(first.notice.pid, weir.child.pid);
  await manager.heard(/^WATCHDOG=1$/, first.at);
  process.kill(first.notice.pid, 'SIGSEGV');
  const pause = await manager.heard(/^EXTEND_TIMEOUT_USEC=\d+$/);
  assert.equal(pause.notice.pid, weir.child.pid);
  const fed = await manager.heard(/^WATCHDOG=1$/, pause.at);
  assert.equal(fed.notice.pid, weir.child.pid);
  const second = await manager.heard(/^READY=1$/, pause.at);
  assert.notEqual(second.notice.pid, first.notice.pid);
  const lives = await manager.heard(/^WATCHDOG=1$/, second.at);
  assert.equal(lives.notice.pid, second.notice.pid);
  weir.child.kill('SIGTERM');
  const stopping = await manager.heard(/^STOPPING=1$/);
  assert.equal(stopping.notice.pid, weir.child.pid);
  assert.equal((await weir.ended).status, 0);
  const ends = manager.notices.filter(({ lines }) => lines.includes('STOPPING=1'));
  assert.equal(ends.length, 1, 'the end of a child is not that of the service');
});

test('a service manager that is gone is a warning', needsNetwork(), async (t) => {
  const { far } = new Network(t);
  const path = join(temporaryFolder(t), 'nobody');
  const weir = await LiveWeir.metering(
    t,
    ['-i', far.point, '--to', 'none'],
    ['env', `NOTIFY_SOCKET=${path}`, watchdog],
  );
  await weir.said(/cannot tell the service manager at .*nobody \(NOTIFY_SOCKET\) STATUS=starting: ENOENT/);
  assert.equal((await weir.stop()).status, 0);
});
