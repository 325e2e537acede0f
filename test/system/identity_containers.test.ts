import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { needsContainers, startContainerd, startDocker, startPodman, startRunc } from '../support/containers.js';

test('runc', needsContainers(), async (t) => {
  const made = await startRunc(t);
  console.log(made, readFileSync(`/proc/${made.pid}/cgroup`, 'utf8'));
});
for (const [name, start] of [
  ['podman', startPodman],
  ['dockerd', startDocker],
  ['containerd', startContainerd],
] as const) {
  test(name, needsContainers(name), async (t) => {
    console.time(name);
    const engine = await start(t);
    console.timeLog(name);
    const web = await engine.run('web', ['/bin/busybox', 'sleep', '1000'], { app: 'shop' });
    console.timeLog(name);
    const web2 = await engine.run('web2', ['/bin/busybox', 'sleep', '1000'], { app: 'shop' });
    console.timeEnd(name);
    console.log(web, web2, readFileSync(`/proc/${web.pid}/cgroup`, 'utf8'));
    assert.notEqual(readlinkSync(`/proc/${web.pid}/ns/net`), readlinkSync('/proc/self/ns/net'));
    console.log(await engine.place.run('busybox', 'ping', '-c1', web2.ip));
  });
}
