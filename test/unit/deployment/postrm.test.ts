// What a purge of the Debian package removes, in a folder that stands for /: its postrm with the programs that it calls.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../../src/native/load.js';
import { temporaryFolder } from '../../support/weir.js';

const postrm = readFileSync(join(packageRoot(), 'config', 'debian', 'postrm'), 'utf8');
const ownAccount = 'weir:x:104:107:weir flow probe:/var/lib/weir:/usr/sbin/nologin';
const ownFolders = ['var/lib/weir', 'var/log/weir', 'run/weir', 'etc/weir'];
const privateMounts = spawnSync('unshare', ['-m', 'true']).status === 0;

interface Purge {
  status: number | null;
  stderr: string;
  /** Programs that would have changed accounts, with their arguments. */
  calls: string[];
  root: string;
}

/** The programs that the script calls, as files of a folder: accounts and services of this host stay as they are. */
function programs(folder: string, account: string, calls: string): string {
  mkdirSync(folder);
  const write = (name: string, line: string): void =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  write('getent', `[ "$1" = group ] || { [ -n '${account}' ] && echo '${account}'; }`);
  write('deb-systemd-helper', 'exit 0');
  for (const name of ['userdel', 'groupdel']) write(name, `echo ${name} "$@" >> ${calls}`);
  return folder;
}

/** before: a command that is run first, in mounts of its own. */
function purge(t: TestContext, account: string, before?: (root: string) => string): Purge {
  const root = temporaryFolder(t);
  const calls = join(root, 'calls');
  for (const folder of ownFolders) {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, 'file'), '');
  }
  const PATH = `${programs(join(root, 'bin'), account, calls)}:${process.env.PATH}`;
  const script = postrm.replaceAll(/(?<=\s)\/(?=var\/|run\/|etc\/)/g, `${root}/`);
  const shell = ['sh', '-c', `${before?.(root) ?? 'true'} || exit\n${script}`, 'postrm', 'purge'];
  const [command, ...args] = before === undefined ? shell : ['unshare', '-m', ...shell];
  const { status, stderr } = spawnSync(command!, args, { encoding: 'utf8', env: { PATH, LC_ALL: 'C' } });
  return { status, stderr, root, calls: existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [] };
}

test('a purge leaves neither files nor the account that the package made', (t) => {
  const { status, stderr, calls, root } = purge(t, ownAccount);
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(calls, ['userdel weir', 'groupdel weir']);
  for (const folder of ownFolders) assert.ok(!existsSync(join(root, folder)), folder);
});

test('an account that the package did not make stays', (t) => {
  for (const account of [
    'weir:x:1004:1007:weir flow probe:/var/lib/weir:/bin/bash',
    'weir:x:104:107:weir flow probe:/home/weir:/usr/sbin/nologin',
    'weir:x:104:107:Weir, Peter:/var/lib/weir:/usr/sbin/nologin',
    '',
  ]) {
    const { status, calls } = purge(t, account);
    assert.deepEqual([status, calls], [0, []], account);
  }
});

const skip = privateMounts ? {} : { skip: 'no mount namespaces here' };
test('a mount point is emptied and stays, and all else goes', skip, (t) => {
  // The mounted folder is another one of the same root, so that it can be looked into afterwards.
  const onto = (root: string): string => {
    for (const name of ['lib', 'log']) {
      mkdirSync(join(root, 'disk', name), { recursive: true });
      writeFileSync(join(root, 'disk', name, 'flows.json'), '');
    }
    return ['lib', 'log'].map((name) => `mount --bind ${root}/disk/${name} ${root}/var/${name}/weir`).join(' && ');
  };
  const { status, stderr, calls, root } = purge(t, ownAccount, onto);
  assert.equal(status, 0, stderr);
  assert.deepEqual(
    stderr.match(/^weir: .* stays$/gm),
    ['lib', 'log'].map((name) => `weir: ${root}/var/${name}/weir stays`),
  );
  assert.deepEqual(readdirSync(join(root, 'disk', 'lib')), []);
  assert.deepEqual(readdirSync(join(root, 'disk', 'log')), []);
  assert.ok(!existsSync(join(root, 'etc', 'weir')));
  assert.deepEqual(calls, ['userdel weir', 'groupdel weir']);
});
