import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CriApi } from '../../../src/identity/cri_api.js';
import type { ContainerChange } from '../../../src/identity/runtime_client.js';
import { FakeCri } from '../../support/fake_cri.js';
import { idOf } from '../../support/fake_docker.js';
import { temporaryFolder } from '../../support/weir.js';

async function started(t: TestContext): Promise<{ fake: FakeCri; api: CriApi }> {
  const fake = await FakeCri.start(t, join(temporaryFolder(t), 'containerd.sock'));
  const api = new CriApi(fake.path);
  t.after(() => api.close());
  return { fake, api };
}

test('sandboxes and containers; names of pods are those of the sandbox, whatever the image says', async (t) => {
  const { fake, api } = await started(t);
  fake.pods.set(idOf(1), { id: idOf(1), name: 'web-0', namespace: 'shop', labels: { tier: 'front' }, pid: 11 });
  fake.containers.set(idOf(2), {
    id: idOf(2),
    sandbox: idOf(1),
    name: 'main',
    labels: { 'io.kubernetes.pod.name': 'another', 'io.kubernetes.container.name': 'main' },
    pid: 12,
  });
  assert.deepEqual(await api.version(), { name: 'fakerd', version: 'v2.1' });
  const [sandbox, container] = await api.list();
  const pod = {
    'io.kubernetes.pod.name': 'web-0',
    'io.kubernetes.pod.namespace': 'shop',
    'io.kubernetes.pod.uid': 'uid-web-0',
  };
  const known = { runtime: 'fakerd', podLabels: { tier: 'front' }, running: true };
  assert.deepEqual(sandbox, { ...known, id: idOf(1), name: 'POD', image: '', labels: pod, sandbox: true });
  assert.deepEqual(container, {
    ...known,
    id: idOf(2),
    name: 'main',
    image: 'box:1',
    labels: { ...pod, 'io.kubernetes.container.name': 'main' },
    sandbox: false,
  });
  assert.deepEqual(await api.container(idOf(1)), sandbox);
  assert.deepEqual(await api.container(idOf(2)), container);
  assert.equal(await api.container(idOf(3)), undefined);
  assert.equal(await api.processOf(sandbox!), 11);
  assert.equal(await api.processOf(container!), 12);
});

test('an image that is listed by its digest is asked for once', async (t) => {
  const { fake, api } = await started(t);
  const image = 'sha256:0123456789abcdef';
  fake.containers.set(idOf(2), { id: idOf(2), sandbox: '', name: 'main', image, statusImage: 'docker.io/box:2' });
  for (let times = 0; times < 3; times++) assert.equal((await api.list())[0]?.image, 'docker.io/box:2');
  assert.equal(fake.calls.filter((name) => name === 'containerStatus').length, 1);
});

test('events', async (t) => {
  const { fake, api } = await started(t);
  const changes: ContainerChange[] = [];
  const abort = new AbortController();
  const watching = api.watch(0, (change) => changes.push(change), abort.signal);
  while (fake.followers === 0) await new Promise(setImmediate);
  fake.event(idOf(1), 'CONTAINER_STARTED_EVENT');
  fake.event(idOf(1), 'CONTAINER_DELETED_EVENT');
  while (changes.length < 2) await new Promise(setImmediate);
  assert.deepEqual(changes, [
    { id: idOf(1), kind: 'changed' },
    { id: idOf(1), kind: 'gone' },
  ]);
  abort.abort();
  await assert.rejects(watching);
});

test('no events in this runtime: told so, not an error', async (t) => {
  const { fake, api } = await started(t);
  fake.events = false;
  await api.watch(0, () => {}, new AbortController().signal);
});

test('five thousand containers with large labels', async (t) => {
  const { fake, api } = await started(t);
  for (let n = 0; n < 5000; n++) {
    fake.containers.set(idOf(n), { id: idOf(n), sandbox: '', name: `c${n}`, labels: { huge: 'x'.repeat(2000) } });
  }
  assert.equal((await api.list()).length, 5000); // 10 MB, beyond what gRPC takes unasked
});

test('a socket that is not there, or no runtime', async (t) => {
  const { fake, api } = await started(t);
  fake.stop();
  await assert.rejects(api.version(), /no such socket|nobody listens/);
});
