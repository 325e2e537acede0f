// A root file system with nothing but busybox, and an image of it as `docker save` writes one: no registry is needed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export const imageName = 'docker.io/library/weir-box:1';

const applets = ['sh', 'sleep', 'nc', 'wget', 'httpd', 'cat', 'id', 'ip', 'true', 'kill'];

/** Makes FOLDER/rootfs; `programs` are copied to /bin and must be static. */
export function makeRootfs(folder: string, programs: readonly string[] = []): string {
  const root = join(folder, 'rootfs');
  for (const name of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'run']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  const busybox = execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim();
  copyFileSync(realpathSync(busybox), join(root, 'bin', 'busybox'));
  for (const name of applets) symlinkSync('busybox', join(root, 'bin', name));
  for (const program of programs) copyFileSync(program, join(root, 'bin', basename(program)));
  writeFileSync(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/sh\nweb:x:1234:1234:web:/:/bin/sh\n');
  writeFileSync(join(root, 'etc', 'group'), 'root:x:0:\nweb:x:1234:\n');
  return root;
}

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** Makes FOLDER/image.tar, an image that sleeps unless told otherwise. */
export function makeImage(folder: string, programs: readonly string[] = []): string {
  const content = join(folder, 'image');
  mkdirSync(content, { recursive: true });
  execFileSync('tar', ['-C', makeRootfs(folder, programs), '-cf', join(content, 'layer.tar'), '.']);
  const config = JSON.stringify({
    architecture: { x64: 'amd64' }[process.arch as string] ?? process.arch,
    os: 'linux',
    config: { Entrypoint: ['/bin/busybox', 'sleep', '2147483'], Labels: { 'org.example.image': 'weir-box' } },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(readFileSync(join(content, 'layer.tar')))}`] },
    history: [{ created_by: 'weir' }],
  });
  const name = `${sha256(config)}.json`;
  writeFileSync(join(content, name), config);
  const manifest = [{ Config: name, RepoTags: [imageName], Layers: ['layer.tar'] }];
  writeFileSync(join(content, 'manifest.json'), JSON.stringify(manifest));
  const tar = join(folder, 'image.tar');
  execFileSync('tar', ['-C', content, '-cf', tar, '.']);
  return tar;
}
