// Names from real engines: podman, dockerd, containerd through its CRI.
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { parseObservationPoint } from '../../src/config/observation_point.js';
import { resolveTargets } from '../../src/identity/resolve_targets.js';
import {
  type Container,
  imageName,
  needsContainers,
  startContainerd,
  startDocker,
  startPodman,
  startRunc,
} from '../support/containers.js';
import { IdentityRun, noContainer } from '../support/identity_run.js';

const sleep = ['/bin/busybox', 'sleep', '1000'];
const labels = { app: 'shop', 'org.example/stage': 'test', name: 'a label of this name' };

function assertOtherNetwork(processId: number, container: Container): void {
  assert.equal(processId, container.pid);
  assert.notEqual(readlinkSync(`/proc/${processId}/ns/net`), readlinkSync('/proc/self/ns/net'));
  assert.match(readFileSync(`/proc/${processId}/cgroup`, 'utf8'), new RegExp(container.id));
}

for (const [runtime, command, start] of [
  ['podman', 'podman', startPodman],
  ['docker', 'dockerd', startDocker],
] as const) {
  test(
    `${runtime}: names, changes, targets, an engine that goes and comes back`,
    needsContainers(command),
    async (t) => {
      const engine = await start(t);
      const early = await engine.run('early', sleep, labels);
      const run = new IdentityRun(t, [`${runtime}:${engine.socket}`]);
      await run.identity.start();
      await run.knows(early.id);
      assert.deepEqual(run.facts.get(early.id), {
        ...noContainer,
        id: early.id,
        name: 'early',
        image: imageName,
        runtime,
        labels: JSON.stringify({
          app: 'shop',
          name: 'a label of this name',
          'org.example.image': 'weir-box',
          'org.example/stage': 'test',
        }),
        workload: 'shop',
      });
      const late = await engine.run('late', sleep);
      await run.knows(late.id);
      assert.equal(run.facts.get(late.id)?.name, 'late');
      const brief = await engine.run('brief', ['/bin/busybox', 'true']);
      await engine.remove(brief.id);
      await run.knows(brief.id);

      const [point] = await resolveTargets([parseObservationPoint('eth0@container:early')], run.identity);
      assert.equal(point?.netns, `/proc/${early.pid}/ns/net`);
      for (const name of ['early', early.id, early.id.slice(0, 12)]) {
        const resolved = await run.identity.resolve('container', name);
        assertOtherNetwork(resolved.processId, early);
        assert.equal(resolved.containerId, early.id);
      }
      await assert.rejects(
        run.identity.resolve('container', 'brief'),
        /no container 'brief' runs here; asked .*2 running/,
      );

      await engine.stop();
      await run.until(() => run.identity.status().runtimes[0]?.state === 'away', 'away');
      assert.match(run.said, new RegExp(`no container names from ${runtime} [\\d.]+`));
      await engine.start();
      await run.until(() => run.identity.status().runtimes[0]?.state === 'following', 'back');
      const again = await engine.run('again', sleep);
      await run.knows(again.id);
    },
  );
}

test('containerd: pods, changes by polling, targets', needsContainers('containerd'), async (t) => {
  const engine = await startContainerd(t);
  const pod = await engine.run('shop/web-7d9f8b6c5-kp9xq', sleep, { tier: 'front' });
  const other = await engine.run('other/web-0', sleep, { 'app.kubernetes.io/name': 'cache' });
  const run = new IdentityRun(t, [engine.socket], { nodeName: 'node-1' });
  await run.identity.start();
  await run.knows(pod.id);
  const facts = run.facts.get(pod.id)!;
  assert.deepEqual(
    { ...facts, labels: undefined },
    {
      ...noContainer,
      labels: undefined,
      id: pod.id,
      name: 'main',
      image: imageName,
      runtime: 'containerd',
      podName: 'web-7d9f8b6c5-kp9xq',
      podNamespace: 'shop',
      podUid: pod.podUid,
      podLabels: '{"tier":"front"}',
      workload: 'web',
      nodeName: 'node-1',
    },
  );
  assert.equal((JSON.parse(facts.labels) as Record<string, string>)['io.kubernetes.container.name'], 'main');
  assert.equal(run.facts.get(pod.sandbox)?.name, 'POD');
  assert.equal(run.facts.get(pod.sandbox)?.podName, 'web-7d9f8b6c5-kp9xq');
  assert.equal(run.facts.get(other.id)?.workload, 'cache');
  await run.until(() => run.identity.status().runtimes[0]?.state === 'polling', 'polling: 1.6 has no events');

  const late = await engine.run('shop/late', sleep);
  run.identity.lookUp([{ id: late.id, runtime: 'containerd', processId: late.pid }]);
  await run.knows(late.id);

  const [point] = await resolveTargets([parseObservationPoint('eth0@pod:shop/web-7d9f8b6c5-kp9xq')], run.identity);
  const inPod = readlinkSync(`/proc/${pod.pid}/ns/net`);
  assert.equal(readlinkSync(point!.netns), inPod);
  assert.notEqual(inPod, readlinkSync('/proc/self/ns/net'));
  assertOtherNetwork((await run.identity.resolve('container', 'shop/web-7d9f8b6c5-kp9xq/main')).processId, pod);
  await assert.rejects(
    run.identity.resolve('container', 'main'),
    /'main' may be any of containerd shop\/web-7d9f8b6c5/,
  );
  await engine.remove(late.id);
  await assert.rejects(run.identity.resolve('pod', 'shop/late'), /no pod 'shop\/late' runs here/);
});

test(
  'a container that no runtime knows: asked for, not answered, and never mistaken for another',
  needsContainers('dockerd'),
  async (t) => {
    const engine = await startDocker(t);
    const byHand = await startRunc(t);
    const named = await engine.run(byHand.id, sleep); // its name is the other's id
    const run = new IdentityRun(t, [engine.socket]);
    await run.identity.start();
    run.identity.lookUp([
      { id: byHand.id, runtime: 'docker', processId: byHand.pid },
      { id: named.id, runtime: 'docker', processId: named.pid },
      { id: 'by-hand', runtime: 'runc', processId: byHand.pid },
    ]);
    await run.until(() => run.identity.status().unanswered === 2 && run.identity.status().answered === 1, 'answered');
    assert.equal(run.facts.get(byHand.id), undefined);
  },
);
