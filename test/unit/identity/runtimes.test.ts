import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FormatError } from '../../../src/config/format.js';
import { findRuntimeSockets, findUserSockets, parseRuntimeSocket, userOf } from '../../../src/identity/runtimes.js';
import { temporaryFolder } from '../../support/weir.js';
import { idOf } from '../../support/fake_docker.js';

test('sockets as configured', () => {
  const cases: [string, string, string][] = [
    ['/run/docker.sock', 'docker', '/run/docker.sock'],
    ['/srv/podman.sock', 'podman', '/srv/podman.sock'],
    ['/run/k3s/containerd/containerd.sock', 'cri', '/run/k3s/containerd/containerd.sock'],
    ['unix:///run/crio/crio.sock', 'cri', '/run/crio/crio.sock'],
    ['docker:/srv/engine', 'docker', '/srv/engine'],
    ['cri:unix:///srv/engine', 'cri', '/srv/engine'],
  ];
  for (const [text, kind, path] of cases) {
    assert.deepEqual(parseRuntimeSocket(text), { kind, path, configured: true }, text);
  }
  for (const text of ['', 'docker.sock', 'lxc:/run/x', 'docker:', '/srv/engine']) {
    assert.throws(() => parseRuntimeSocket(text), FormatError, text);
  }
});

test('each socket once, the configured name of it first', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'real.sock'), '');
  symlinkSync(join(folder, 'real.sock'), join(folder, 'link.sock'));
  const configured = ['real', 'link'].map((name) => parseRuntimeSocket(`docker:${join(folder, `${name}.sock`)}`));
  const found = findRuntimeSockets(configured);
  assert.equal(found[0]?.path, join(folder, 'real.sock'));
  assert.ok(!found.some(({ path }) => path.endsWith('link.sock')));
  assert.ok(found.some(({ path }) => path === '/run/containerd/containerd.sock'));
});

test("users' sockets are those users' only", (t) => {
  const folder = temporaryFolder(t);
  for (const user of ['1000', '1001', 'root']) mkdirSync(join(folder, user, 'podman'), { recursive: true });
  writeFileSync(join(folder, '1000', 'podman', 'podman.sock'), '');
  const path = join(folder, '1000', 'podman', 'podman.sock');
  assert.deepEqual(findUserSockets(folder), [{ kind: 'podman', path, owner: 1000 }]);
  assert.deepEqual(findUserSockets(join(folder, 'none')), []);
});

test('whose session a container runs in stands in its cgroup', (t) => {
  const proc = temporaryFolder(t);
  const write = (pid: number, text: string): void => {
    mkdirSync(join(proc, String(pid)));
    writeFileSync(join(proc, String(pid), 'cgroup'), text);
  };
  const inSession = `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${idOf(1)}.scope`;
  write(1, `0::${inSession}\n`);
  write(2, `0::/machine.slice/libpod-${idOf(1)}.scope\n`);
  write(3, `0::/docker/${idOf(2)}\n1:name=systemd:/user.slice/user-1000.slice/session-1.scope\n`);
  assert.equal(userOf(idOf(1), 1, proc), 1000);
  assert.equal(userOf(idOf(2), 1, proc), undefined);
  assert.equal(userOf(idOf(1), 2, proc), undefined);
  assert.equal(userOf(idOf(2), 3, proc), undefined);
  assert.equal(userOf(idOf(1), 4, proc), undefined);
});
