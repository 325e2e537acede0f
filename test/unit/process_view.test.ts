import assert from 'node:assert/strict';
import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { processView } from '../../src/process_view.js';
import { temporaryFolder } from '../support/weir.js';

/** A /proc of this pid namespace and profile, in which one process has a program that can be seen. */
function procOf(t: TestContext, namespace: string, profile: string): string {
  const proc = temporaryFolder(t);
  for (const folder of ['self/ns', 'self/attr', '1', '2']) mkdirSync(join(proc, folder), { recursive: true });
  symlinkSync(`pid:[${namespace}]`, join(proc, 'self', 'ns', 'pid'));
  writeFileSync(join(proc, 'self', 'attr', 'current'), profile);
  symlinkSync('/sbin/init', join(proc, '1', 'exe'));
  return proc;
}

const host = '4026531836';
const capable = ['CAP_SYS_PTRACE'];

test('the pid namespace tells whether the processes are those of the host', (t) => {
  assert.equal(processView(capable, procOf(t, host, 'unconfined\n')), 'all');
  assert.equal(processView(capable, procOf(t, '4026532555', 'unconfined\n')), 'container');
});

test('a profile counts where it refuses', (t) => {
  const refusing = (path: string): string => {
    if (path.endsWith('/1/exe')) throw Object.assign(new Error('refused'), { code: 'EACCES' });
    return readlinkSync(path);
  };
  const seen = (profile: string, capabilities: string[], readLink?: typeof refusing): string =>
    processView(capabilities, procOf(t, host, profile), readLink);
  const docker = 'docker-default (enforce)\n';
  assert.equal(seen(docker, capable), 'all', 'nothing is refused');
  assert.equal(seen(docker, capable, refusing), 'forbidden');
  assert.equal(seen('system_u:system_r:container_t:s0:c1,c2', capable, refusing), 'forbidden');
  assert.equal(seen('system_u:system_r:spc_t:s0', capable, refusing), 'all', 'some other reason');
  assert.equal(seen(docker, [], refusing), 'all', 'the capability is missed first');
});
