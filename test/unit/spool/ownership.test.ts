import assert from 'node:assert/strict';
import { chownSync, linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { giveSpool } from '../../../src/spool/index.js';
import { FolderLock } from '../../../src/spool/lock.js';
import { temporaryFolder } from '../../support/weir.js';

const isRoot = process.getuid?.() === 0;
const needsRoot = { skip: isRoot ? false : 'needs root to give folders away' };
const user = 12345;
const service = 999;
const give = (folder: string): Promise<string | undefined> => giveSpool(folder, user, user);
const owner = (path: string): number => lstatSync(path).uid;

test('--user: a spool is made and given, with what a run as root left in it', needsRoot, async (context) => {
  const base = temporaryFolder(context);
  const folder = join(base, 'spool', 'sink');
  assert.equal(await give(folder), undefined);
  assert.deepEqual([owner(folder), owner(join(base, 'spool'))], [user, 0]);
  const segment = join(folder, '000000000001.index');
  const other = join(folder, 'notes');
  const elsewhere = join(base, 'secret');
  for (const path of [segment, other, elsewhere]) writeFileSync(path, '');
  linkSync(elsewhere, join(folder, '000000000002.index'));
  assert.equal(await give(folder), undefined);
  assert.deepEqual([segment, other, elsewhere].map(owner), [user, 0, 0]);
});

test('--user: a spool of somebody else stays theirs', needsRoot, async (context) => {
  const folder = join(temporaryFolder(context), 'sink');
  mkdirSync(folder);
  chownSync(folder, service, service);
  assert.equal(await give(folder), `it belongs to user ${service}`);
  assert.equal(owner(folder), service);
});

test('--user: a spool in use stays as it is, and is given once it is free', needsRoot, async (context) => {
  const folder = join(temporaryFolder(context), 'sink');
  mkdirSync(folder);
  mkdirSync(join(folder, 'lost+found')); // a disk of its own
  const lock = await FolderLock.take(folder);
  assert.equal(await give(folder), `process ${process.pid} uses it`);
  assert.equal(owner(folder), 0);
  await lock.release();
  symlinkSync('1:0', join(folder, 'lock')); // of a process that is gone
  assert.equal(await give(folder), undefined);
  assert.equal(owner(folder), user);
});

test('--user: no link is followed, and no folder of other things is given', needsRoot, async (context) => {
  const base = temporaryFolder(context);
  const system = join(base, 'etc');
  mkdirSync(system);
  symlinkSync(system, join(base, 'sink'));
  assert.equal(await give(join(base, 'sink')), 'it is a symbolic link, or no folder');
  writeFileSync(join(system, 'shadow'), '');
  assert.equal(await give(system), 'it holds "shadow", which is not of a spool');
  assert.deepEqual([owner(system), owner(join(base, 'sink'))], [0, 0]);
  chownSync(system, user, user);
  assert.equal(await give(join(base, 'sink')), undefined, 'a link to what is theirs already');
});
