// One container by runc, without an engine: any cgroup path, so that it can look like any engine's.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { CgroupTraces } from './cgroups.js';
import { makeRootfs } from './image.js';

export interface RuncOptions {
  /** Of linux.cgroupsPath, for example /docker/<64 hex>; its last name is the container's id. Unless given: /docker/<random>. */
  cgroupsPath?: string;
  /** Command and arguments; sleeps unless given. */
  args?: readonly string[];
  /** Path of the network namespace; unless given a new one with nothing but lo. */
  netns?: string;
  /** Static programs of this host to have in /bin. */
  programs?: readonly string[];
  /** Real and effective ids of its process. */
  uid?: number;
  gid?: number;
}

export interface RuncContainer {
  id: string;
  pid: number;
  cgroupsPath: string;
  /** Ends it; the test's end does so too. */
  remove(): void;
}

interface Spec {
  process: { terminal: boolean; args: readonly string[]; rlimits?: unknown; user: { uid: number; gid: number } };
  root: { path: string; readonly: boolean };
  linux: { cgroupsPath: string; namespaces: { type: string; path?: string }[] };
}

function writeSpec(folder: string, cgroupsPath: string, options: RuncOptions): void {
  execFileSync('runc', ['spec', '--bundle', folder]);
  const file = join(folder, 'config.json');
  const spec = JSON.parse(readFileSync(file, 'utf8')) as Spec;
  spec.process.terminal = false;
  spec.process.args = options.args ?? ['/bin/busybox', 'sleep', '100000'];
  spec.process.user = { uid: options.uid ?? 0, gid: options.gid ?? 0 };
  delete spec.process.rlimits; // those here are lower than runc's and cannot be raised without CAP_SYS_RESOURCE
  spec.root = { path: makeRootfs(folder, options.programs), readonly: false };
  spec.linux.cgroupsPath = cgroupsPath;
  for (const namespace of spec.linux.namespaces) {
    if (namespace.type === 'network' && options.netns !== undefined) namespace.path = options.netns;
  }
  writeFileSync(file, JSON.stringify(spec));
}

export async function startRunc(context: TestContext, options: RuncOptions = {}): Promise<RuncContainer> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-r-'));
  const cgroups = new CgroupTraces();
  const cgroupsPath = options.cgroupsPath ?? `/docker/${randomBytes(32).toString('hex')}`;
  const id = cgroupsPath.slice(cgroupsPath.lastIndexOf('/') + 1);
  const state = ['--root', join(folder, 'state')];
  const remove = (): void => void spawnSync('runc', [...state, 'delete', '--force', id]);
  context.after(async () => {
    remove();
    cgroups.add(id);
    cgroups.parent(dirname(cgroupsPath));
    await cgroups.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  writeSpec(folder, cgroupsPath, options);
  const pidFile = join(folder, 'pid');
  execFileSync('runc', [...state, 'run', '--detach', '--bundle', folder, '--pid-file', pidFile, id], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { id, pid: Number(readFileSync(pidFile, 'utf8')), cgroupsPath, remove };
}
