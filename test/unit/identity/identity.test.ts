import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeCri } from '../../support/fake_cri.js';
import { FakeDocker, idOf } from '../../support/fake_docker.js';
import { IdentityRun } from '../../support/identity_run.js';
import { ManualClock } from '../../support/manual_clock.js';
import { temporaryFolder } from '../../support/weir.js';

const state = (run: IdentityRun, index = 0): string | undefined => run.identity.status().runtimes[index]?.state;

test('lists at the start, follows, forgets nothing when a container ends', async (t) => {
  const path = join(temporaryFolder(t), 'docker.sock');
  const fake = await FakeDocker.start(t, path, { id: idOf(1), name: 'one' });
  const run = new IdentityRun(t, [path]);
  await run.identity.start();
  await run.knows(idOf(1));
  assert.equal(state(run), 'following');
  assert.match(run.said, /container names from docker 9\.8\.7 .*containers=1/);
  await run.until(() => fake.followers === 1, 'followed');
  fake.containers.set(idOf(2), { id: idOf(2), name: 'two' });
  fake.event('start', idOf(2));
  await run.knows(idOf(2));
  fake.containers.set(idOf(2), { id: idOf(2), name: 'renamed' });
  fake.event('rename', idOf(2));
  await run.until(() => run.facts.get(idOf(2))?.name === 'renamed', 'renamed');
  fake.event('start', idOf(3), { name: 'brief', image: 'box:3', app: 'x' }); // gone when it is asked about
  await run.knows(idOf(3));
  assert.equal(run.facts.get(idOf(3))?.labels, '{"app":"x"}');
  fake.containers.clear();
  fake.event('destroy', idOf(1));
  run.told.length = 0;
  run.identity.lookUp([{ id: idOf(1), runtime: 'docker', processId: 1 }]);
  await run.until(() => run.told.includes(idOf(1)), 'answered from memory');
});

test('a socket that goes away is asked less and less, and followed when it is back', async (t) => {
  const path = join(temporaryFolder(t), 'docker.sock');
  const fake = await FakeDocker.start(t, path, { id: idOf(1), name: 'one' });
  const clock = new ManualClock();
  const run = new IdentityRun(t, [path], { clock });
  await run.identity.start();
  assert.deepEqual(clock.waiting, []);
  await fake.stop();
  const waits: number[] = [];
  for (let tries = 0; tries < 8; tries++) {
    await run.until(() => clock.waiting.length === 1, 'waits');
    waits.push(clock.waiting[0]!);
    assert.equal(state(run), 'away');
    clock.advance(clock.waiting[0]!);
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  assert.match(run.said, /no container names from docker 9\.8\.7 now: /);
  await run.until(() => clock.waiting.length === 1, 'waits');
  fake.containers.set(idOf(2), { id: idOf(2), name: 'meanwhile' });
  await fake.listen();
  clock.advance(30_000);
  await run.knows(idOf(2));
  await run.until(() => state(run) === 'following', 'following');
  await fake.stop();
  await run.until(() => clock.waiting.length === 1, 'waits');
  assert.equal(clock.waiting[0], 500);
});

test('absent sockets are fine; only a configured one is said aloud', async (t) => {
  const folder = temporaryFolder(t);
  const absent = join(folder, 'docker.sock');
  const run = new IdentityRun(t, [`docker:${absent}`, { kind: 'cri', path: join(folder, 'containerd.sock') }]);
  await run.identity.start();
  run.identity.lookUp([{ id: idOf(1), runtime: 'docker', processId: 1 }]);
  await run.until(() => run.identity.status().unanswered === 1, 'given up');
  assert.deepEqual(
    run.identity.status().runtimes.map(({ state: now, reason, configured }) => [now, reason, configured]),
    [
      ['absent', 'no such socket', true],
      ['absent', 'no such socket', false],
    ],
  );
  assert.equal([...run.said.matchAll(/no container runtime: no such socket/g)].length, 1);
  await assert.rejects(
    run.identity.resolve('container', 'web'),
    /asked .*docker\.sock \(no such socket\), .*containerd/,
  );
});

test('a runtime without events is polled', async (t) => {
  const path = join(temporaryFolder(t), 'containerd.sock');
  const fake = await FakeCri.start(t, path);
  fake.events = false;
  fake.pods.set(idOf(1), { id: idOf(1), name: 'web-0', namespace: 'shop' });
  const clock = new ManualClock();
  const run = new IdentityRun(t, [path], { clock });
  await run.identity.start();
  await run.until(() => clock.waiting.length === 1, 'polls');
  assert.equal(state(run), 'polling');
  fake.containers.set(idOf(2), { id: idOf(2), sandbox: idOf(1), name: 'main' });
  clock.advance(5000);
  await run.knows(idOf(2));
  fake.stop();
  await run.until(() => clock.waiting.length === 1, 'polls');
  clock.advance(5000);
  await run.until(() => state(run) === 'away', 'away');
});

test('the CRI knows the pod, so it wins over the REST API of the same engine', async (t) => {
  const folder = temporaryFolder(t);
  const docker = await FakeDocker.start(t, join(folder, 'docker.sock'), { id: idOf(2), name: 'k8s_main_web-0' });
  const cri = await FakeCri.start(t, join(folder, 'cri-dockerd.sock'));
  cri.pods.set(idOf(1), { id: idOf(1), name: 'web-0', namespace: 'shop', pid: 0 });
  cri.containers.set(idOf(2), { id: idOf(2), sandbox: idOf(1), name: 'main', pid: process.pid });
  const run = new IdentityRun(t, [docker.path, cri.path]);
  await run.identity.start();
  await run.until(() => run.facts.get(idOf(2))?.podName === 'web-0', 'told of the pod');
  await run.until(() => docker.followers === 1, 'followed');
  docker.event('rename', idOf(2));
  docker.containers.set(idOf(3), { id: idOf(3), name: 'three' });
  docker.event('start', idOf(3));
  await run.knows(idOf(3));
  assert.equal(run.facts.get(idOf(2))?.name, 'main');
  // The sandbox has no process of its own (CRI-O): a container of the pod does as well.
  assert.equal((await run.identity.resolve('pod', 'shop/web-0')).processId, process.pid);
});

test('many containers, huge labels, a small memory, a listener that throws', async (t) => {
  const path = join(temporaryFolder(t), 'docker.sock');
  const fake = await FakeDocker.start(t, path);
  for (let n = 0; n < 2000; n++) {
    fake.containers.set(idOf(n), { id: idOf(n), name: `c${n}`, labels: { huge: 'x'.repeat(5000), app: 'a' } });
  }
  const run = new IdentityRun(t, [path], { capacity: 500 });
  run.identity.onFacts(() => {
    throw new Error('not today');
  });
  await run.identity.start();
  await run.until(() => run.facts.size === 2000, 'told of all');
  const { containers, evicted, labelsLeftOut } = run.identity.status();
  assert.deepEqual([containers, evicted, labelsLeftOut], [500, 1500, 2000]);
  assert.equal(run.facts.get(idOf(7))?.labels, '{"app":"a"}');
  assert.match(run.said, /container names were not taken reason="Error: not today"/);
  const wanted = Array.from({ length: 3000 }, (_, n) => ({ id: idOf(n), runtime: 'docker', processId: 1 }));
  run.identity.lookUp(wanted);
  await run.until(() => {
    const { answered, unanswered, refused } = run.identity.status();
    return answered + unanswered + refused === 3000;
  }, 'each is in one counter');
  assert.ok(run.identity.status().refused > 0);
});

test("a user's socket is believed only about that user's processes", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'run', '1000', 'podman'), { recursive: true });
  const proc = join(folder, 'proc');
  for (const [pid, path] of [
    [41, `/user.slice/user-1000.slice/user@1000.service/libpod-${idOf(1)}.scope`],
    [42, `/system.slice/docker-${idOf(2)}.scope`],
  ] as const) {
    mkdirSync(join(proc, String(pid)), { recursive: true });
    writeFileSync(join(proc, String(pid), 'cgroup'), `0::${path}\n`);
  }
  const lies = [
    { id: idOf(1), name: 'own', pid: 41 },
    { id: idOf(2), name: 'false', pid: 42 },
    { id: idOf(3), name: 'host', pid: 1 },
  ];
  const user = await FakeDocker.start(t, join(folder, 'run', '1000', 'podman', 'podman.sock'), ...lies);
  const run = new IdentityRun(t, [], { usersFolder: join(folder, 'run'), proc });
  await run.identity.start();
  assert.deepEqual(user.asked, []);
  run.identity.lookUp([
    { id: idOf(1), runtime: 'podman', processId: 41 },
    { id: idOf(2), runtime: 'docker', processId: 42 },
  ]);
  await run.until(() => run.identity.status().answered + run.identity.status().unanswered === 2, 'asked');
  assert.deepEqual([...run.facts.keys()], [idOf(1)]);
  assert.equal((await run.identity.resolve('container', 'own')).processId, 41);
  for (const name of ['false', 'host']) {
    await assert.rejects(run.identity.resolve('container', name), /has no process whose network could be entered/);
  }
});

test('close() ends everything: no timer, no stream, nothing told', async (t) => {
  const folder = temporaryFolder(t);
  const fake = await FakeDocker.start(t, join(folder, 'docker.sock'));
  const cri = await FakeCri.start(t, join(folder, 'containerd.sock'));
  const clock = new ManualClock();
  const run = new IdentityRun(t, [fake.path, cri.path, `docker:${join(folder, 'none')}`], { clock });
  await run.identity.start();
  await run.until(() => fake.followers === 1 && cri.followers === 1, 'followed');
  run.identity.close();
  await run.until(() => fake.followers === 0 && cri.followers === 0, 'left');
  assert.deepEqual(clock.waiting, []);
  assert.deepEqual([...new Set(run.identity.status().runtimes.map((runtime) => runtime.state))], ['closed']);
});
