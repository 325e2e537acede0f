// A fresh minimal Debian or Ubuntu of the release this host has, for one test. mmdebstrap makes it from the sources that apt
// has here; it stays in build/packages for a week, as do the packages that tests install in it.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { needsNetwork } from './network.js';
import { temporaryFolder } from './weir.js';

const cache = join(packageRoot(), 'build', 'packages');
const weekMs = 7 * 86_400_000;
const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive'];

/** Its own mounts, gone with the process; the root folder is the first argument, the command follows. */
const enter = `
mount -t proc proc "$1/proc" && mount --rbind /sys "$1/sys" && mount --rbind /dev "$1/dev" &&
mount --bind "$2" "$1/var/cache/apt/archives" && root=$1 && shift 2 && exec chroot "$root" "$@"`;

function release(): { name: string; origin: string } {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const value = (key: string): string => new RegExp(`^${key}="?([^"\\n]*)`, 'm').exec(text)?.[1] ?? '';
  return { name: value('VERSION_CODENAME'), origin: value('ID') };
}

/** Files of apt's sources that name this release; what else a host has in there is not needed. */
function sources(): string[] {
  const folder = '/etc/apt/sources.list.d';
  const more = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return ['/etc/apt/sources.list', ...more.filter((path) => /\.(?:list|sources)$/.test(path))].filter((path) => {
    if (!existsSync(path)) return false;
    const text = readFileSync(path, 'utf8').replace(/^\s*#.*$/gm, '');
    return text.includes(release().name) && text.includes('main');
  });
}

/** A node:test option that skips aloud where there can be no such root. */
export function needsDebianRoot(...commands: string[]): { skip?: string; timeout: number } {
  const options = {
    ...needsNetwork('mmdebstrap', 'dpkg-deb', 'unshare', 'nsenter', 'tar', ...commands),
    timeout: 1_200_000,
  };
  if (options.skip !== undefined) return options;
  const missing = release().name === '' || sources().length === 0;
  return missing ? { ...options, skip: 'apt has no sources for this release (/etc/os-release, /etc/apt)' } : options;
}

/** The tree as a tar file. */
function base(): string {
  const file = join(cache, `${release().name}.tar`);
  if (existsSync(file) && Date.now() - statSync(file).mtimeMs < weekMs) return file;
  mkdirSync(join(cache, 'archives'), { recursive: true });
  const settings = join(cache, 'apt.conf'); // a proxy, for example
  writeFileSync(settings, spawnSync('apt-config', ['dump', 'Acquire'], { encoding: 'utf8' }).stdout);
  const secure = sources().some((path) => readFileSync(path, 'utf8').includes('https://'));
  const made = spawnSync(
    'mmdebstrap',
    [
      ...['--variant=minbase', '--format=tar', '--skip=cleanup/apt/lists', `--aptopt=${settings}`],
      ...(secure ? ['--include=ca-certificates'] : []),
      ...[release().name, `${file}.new`, ...sources()],
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`mmdebstrap: ${made.stderr}`);
  renameSync(`${file}.new`, file);
  return file;
}

export class DebianRoot {
  readonly folder: string;

  constructor(context: TestContext) {
    this.folder = temporaryFolder(context);
    const unpacked = spawnSync('tar', ['-xpf', base(), '-C', this.folder], { encoding: 'utf8' });
    if (unpacked.status !== 0) throw new Error(`tar: ${unpacked.stderr}`);
    spawnSync('chmod', ['0755', this.folder]);
    if (existsSync('/etc/resolv.conf')) copyFileSync('/etc/resolv.conf', this.at('/etc/resolv.conf'));
  }

  /** Path of the host to a path of the root. */
  at(path: string): string {
    return join(this.folder, path);
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  /** Everything there is, but what is mounted or temporary. */
  paths(): string[] {
    const found = this.output('find', '/', '-xdev', '-path', '/tmp', '-prune', '-o', '-print');
    return found.split('\n').filter(Boolean);
  }

  /**
   * In front of a command that is to run inside. It has mounts of its own and, with netns, that network; the processes it
   * sees are those of the host, as a service sees them.
   */
  prefix(netns?: string): string[] {
    return [
      ...(netns === undefined ? [] : ['nsenter', `--net=/run/netns/${netns}`]),
      ...['unshare', '--mount', '--propagation', 'private'],
      ...['sh', '-c', enter, 'sh', this.folder, join(cache, 'archives')],
      ...['env', '-i', ...environment],
    ];
  }

  /** Runs a command to its end, in a pid namespace of its own: nothing it starts outlives it. */
  run(...command: string[]): SpawnSyncReturns<string> {
    const [first, ...prefix] = this.prefix();
    const alone = [...prefix.slice(0, 1), '--pid', '--fork', '--kill-child', ...prefix.slice(1)];
    return spawnSync(first!, [...alone, ...command], { encoding: 'utf8', maxBuffer: 1 << 26 });
  }

  /** What a command says; throws when it fails. */
  output(...command: string[]): string {
    const { status, stdout, stderr } = this.run(...command);
    if (status !== 0) throw new Error(`${command.join(' ')}: status ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  /** apt-get install; lists that have become too old are brought up to date. */
  install(...operands: string[]): void {
    const install = ['apt-get', 'install', '-y', '--no-install-recommends', '-q', ...operands];
    if (this.run(...install).status === 0) return;
    this.output('apt-get', 'update', '-q');
    this.output(...install);
  }
}
