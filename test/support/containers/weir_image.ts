// The image of config/Dockerfile, without a registry: its base is made by mmdebstrap from Debian's mirror, under the name that
// FROM asks for. Base and layers stay in build/image; delete that folder to start anew.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/native/load.js';
import { CgroupTraces } from './cgroups.js';

const folder = join(packageRoot(), 'build', 'image');
const ownCertificates = '/usr/local/share/ca-certificates';
export const weirImage = 'localhost/weir';

interface ImageStore {
  store: string;
  driver: string;
}

/** Layers as overlays where this file system can carry one; else each as a copy of all below. */
function storageDriver(): string {
  const at = (name: string): string => join(folder, 'try', name);
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(at(name), { recursive: true });
  const options = `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')}`;
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'overlay', 'overlay', '-o', options, at('merged')]);
  return tried.status === 0 ? 'overlay' : 'vfs';
}

/** podman with the network of this host, but mounts and /run of its own. */
function podman({ store, driver }: ImageStore, ...args: string[]): string {
  const options = [
    ['--root', store],
    ['--runroot', join(folder, 'runroot')],
    ['--tmpdir', join(folder, 'tmp')],
    ['--storage-driver', driver],
    ['--cgroup-manager', 'cgroupfs'],
    ['--events-backend', 'file'],
    ['--runtime', 'runc'],
  ].flat();
  const inside = 'mount -t tmpfs tmpfs /run && exec podman "$@"';
  const words = ['--mount', '--propagation', 'private', 'sh', '-c', inside, 'sh', ...options, ...args];
  return execFileSync('unshare', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 });
}

/** The release of FROM, with the certificates that this host trusts beyond Debian's: a proxy may stand before npm's registry. */
function makeBase(suite: string, tar: string): void {
  const copied = existsSync(ownCertificates) && readdirSync(ownCertificates).length > 0;
  const hooks = copied
    ? [
        `--customize-hook=sync-in ${ownCertificates} ${ownCertificates}`,
        '--customize-hook=chroot "$1" update-ca-certificates',
      ]
    : [];
  execFileSync('mmdebstrap', ['--quiet', '--variant=minbase', '--include=ca-certificates', ...hooks, suite, tar], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Builds it, with what was built before; where it is stored now. */
export async function buildWeirImage(): Promise<ImageStore> {
  mkdirSync(folder, { recursive: true });
  const store = { store: join(folder, 'storage'), driver: storageDriver() };
  const dockerfile = join('config', 'Dockerfile');
  const from = /^FROM (debian:(\w+)-slim)/m.exec(readFileSync(join(packageRoot(), dockerfile), 'utf8'));
  if (!from?.[1] || !from[2]) throw new Error(`${dockerfile} is not built on debian:...-slim`);
  const tar = join(folder, `${from[2]}.tar`);
  if (!existsSync(tar)) makeBase(from[2], tar);
  const stamp = join(folder, 'imported');
  const base = `docker.io/library/${from[1]}`;
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== base) podman(store, 'import', '--quiet', tar, base);
  writeFileSync(stamp, base);
  // Limits here may be lower than the engine's own and cannot be raised without CAP_SYS_RESOURCE.
  const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'];
  const context = ['--cgroup-parent', '/weir-image', '-f', dockerfile, packageRoot()];
  // The health check is a part of Docker's format only.
  podman(
    store,
    'build',
    '--pull=never',
    '--format=docker',
    '--network=host',
    '--layers',
    ...limits,
    '-t',
    weirImage,
    ...context,
  );
  const cgroups = new CgroupTraces();
  cgroups.parent('/weir-image');
  await cgroups.remove();
  return store;
}
