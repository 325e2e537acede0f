import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DockerApi } from '../../../src/identity/docker_api.js';
import type { ContainerChange } from '../../../src/identity/runtime_client.js';
import { FakeDocker, idOf } from '../../support/fake_docker.js';
import { temporaryFolder } from '../../support/weir.js';

const socketIn = (t: TestContext): string => join(temporaryFolder(t), 'docker.sock');

test('the engine says who it is', async (t) => {
  const fake = await FakeDocker.start(t, socketIn(t));
  const api = new DockerApi(fake.path, 'docker');
  assert.deepEqual(await api.version(), { name: 'docker', version: '9.8.7' });
  fake.engine = 'Podman Engine';
  assert.deepEqual(await api.version(), { name: 'podman', version: '9.8.7' });
});

test('names, labels, images; a tag that moved on is asked for; names of links are none', async (t) => {
  const fake = await FakeDocker.start(
    t,
    socketIn(t),
    { id: idOf(1), name: 'web', labels: { app: 'shop' }, pid: 41 },
    { id: idOf(2), name: 'old', image: 'box:old', listedImage: 'sha256:0123456789abcdef' },
    { id: idOf(3), name: 'over', running: false },
    { id: 'short', name: 'odd' },
  );
  const api = new DockerApi(fake.path, 'docker');
  const seen = await api.list();
  assert.deepEqual(
    seen.map(({ id, name, image, labels }) => ({ id, name, image, labels })),
    [
      { id: idOf(1), name: 'web', image: 'box:1', labels: { app: 'shop' } },
      { id: idOf(2), name: 'old', image: 'box:old', labels: {} },
    ],
  );
  assert.equal(await api.processOf(seen[0]!), 41);
  assert.equal((await api.container(idOf(3)))?.running, false);
  assert.equal(await api.container(idOf(9)), undefined);
});

test('a container whose name is the id asked for is not it', async (t) => {
  const fake = await FakeDocker.start(t, socketIn(t), { id: idOf(1), name: idOf(2) });
  assert.equal(await new DockerApi(fake.path, 'docker').container(idOf(2)), undefined);
});

test('changes: pieces of lines, lines that are none, lines without end', async (t) => {
  const fake = await FakeDocker.start(t, socketIn(t));
  const changes: ContainerChange[] = [];
  const abort = new AbortController();
  const watching = new DockerApi(fake.path, 'docker').watch(
    1_700_000_000_250,
    (one) => changes.push(one),
    abort.signal,
  );
  await until(() => fake.followers === 1);
  assert.equal(fake.lastEventsQuery.get('since'), '1700000000.250');
  assert.deepEqual(JSON.parse(fake.lastEventsQuery.get('filters')!).type, ['container']);
  const started = JSON.stringify({
    Action: 'start',
    Actor: { ID: idOf(1), Attributes: { name: 'web', image: 'box:1', app: 'shop' } },
  });
  fake.write('not JSON\n[]\n{"Action":"start"}\n{"Action":"toString","Actor":{"ID":"x"}}\n\n');
  fake.write(started.slice(0, 40));
  fake.write(`${started.slice(40)}\n`);
  fake.write('x'.repeat(3 << 20));
  fake.write(`the end of a line too long\n`);
  fake.event('exec_create: sh', idOf(1));
  fake.event('destroy', idOf(1));
  await until(() => changes.length === 2);
  assert.deepEqual(changes, [
    {
      id: idOf(1),
      kind: 'changed',
      seen: {
        id: idOf(1),
        name: 'web',
        image: 'box:1',
        runtime: 'docker',
        labels: { app: 'shop' },
        running: true,
        sandbox: false,
      },
    },
    { id: idOf(1), kind: 'gone' },
  ]);
  await Promise.all([assert.rejects(watching, /the stream of events ended|aborted|socket hang up/), fake.stop()]);
});

test('what is wrong with a socket is one line', async (t) => {
  const folder = temporaryFolder(t);
  const fake = await FakeDocker.start(t, join(folder, 'docker.sock'));
  const api = new DockerApi(fake.path, 'docker');
  await assert.rejects(new DockerApi(join(folder, 'none.sock'), 'docker').version(), /^Error: no such socket$/);
  writeFileSync(join(folder, 'file'), '');
  await assert.rejects(new DockerApi(join(folder, 'file'), 'docker').version(), /nobody listens|not a socket/);
  fake.intercept = (_, response) => {
    response.writeHead(500).end(JSON.stringify({ message: 'out of order' }));
    return true;
  };
  await assert.rejects(api.list(), /\/containers\/json: HTTP 500: out of order$/);
  fake.intercept = (_, response) => {
    response.end('<html>');
    return true;
  };
  await assert.rejects(api.list(), /answer is not JSON/);
  fake.intercept = (_, response) => {
    response.end('{}');
    return true;
  };
  await assert.rejects(api.list(), /answer is not a list/);
  await assert.rejects(api.version(), /not as Docker or Podman do/);
  fake.intercept = (_, response) => {
    response.writeHead(200, { 'Content-Length': 100 }).write('[');
    response.destroy();
    return true;
  };
  await assert.rejects(api.list());
});

test('a socket of another protocol is refused', async (t) => {
  const path = socketIn(t);
  const server = createServer((connection) => connection.end('\0\0\x12\x04\0\0')).listen(path);
  t.after(() => server.close());
  await assert.rejects(new DockerApi(path, 'docker').version());
});

async function until(met: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000 && !met(); tries++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(met());
}
