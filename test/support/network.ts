// Networks of a test's own: two network namespaces joined by a veth pair. Made with `ip`, named by process id, taken
// away after the test, whatever happens; IPv6 is off, so no frame passes but what the test sends.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Undo } from './undo.js';

const installed = (command: string): boolean => spawnSync('which', [command]).status === 0;

function run(...command: string[]): string {
  const [name, ...args] = command as [string, ...string[]];
  return execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
}

/** Why namespaces cannot be made here, or undefined; tried once. */
let refusal: string | undefined | null = null;
function whyNot(): string | undefined {
  if (refusal !== null) return refusal;
  if (!installed('ip')) {
    refusal = 'not installed: ip (iproute2)';
    return refusal;
  }
  const name = `weir-${process.pid}-try`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  spawnSync('ip', ['netns', 'del', name]);
  refusal =
    made.status === 0
      ? undefined
      : `network namespaces need root (CAP_SYS_ADMIN, CAP_NET_ADMIN): ${made.stderr.trim()}`;
  return refusal;
}

/** A node:test option that skips aloud where namespaces cannot be made or a command is missing. */
export function needsNetwork(...commands: string[]): { skip?: string; timeout: number } {
  const missing = commands.filter((command) => !installed(command));
  const reason = whyNot() ?? (missing.length > 0 ? `not installed: ${missing.join(' ')}` : undefined);
  return { ...(reason === undefined ? {} : { skip: reason }), timeout: 120_000 };
}

/** One end of the pair: an interface in a namespace. */
export class End {
  readonly netns: string;
  readonly interface: string;
  readonly address: string;

  constructor(netns: string, name: string, address: string) {
    this.netns = netns;
    this.interface = name;
    this.address = address;
  }

  /** In front of a command that is to run in the namespace. */
  get prefix(): string[] {
    return ['ip', 'netns', 'exec', this.netns];
  }

  /** As weir's -i takes it. */
  get point(): string {
    return `${this.interface}@netns:${this.netns}`;
  }

  run(...command: string[]): string {
    return run(...this.prefix, ...command);
  }

  ip(...args: string[]): string {
    return run('ip', '-n', this.netns, ...args);
  }

  /** ifIndex of the interface. */
  index(): number {
    return this.#show().ifindex;
  }

  /** Frames that the interface has received and sent. */
  frames(): { received: number; sent: number } {
    const { rx, tx } = this.#show().stats64;
    return { received: rx.packets, sent: tx.packets };
  }

  /** Sends a capture out of the interface with tcpreplay; the number of frames sent. */
  replay(file: string, ...options: string[]): number {
    const said = this.run(
      'tcpreplay',
      '-i',
      this.interface,
      ...(options.length > 0 ? options : ['--mbps', '200']),
      file,
    );
    const count = (name: string) => Number(new RegExp(`${name} packets:\\s+(\\d+)`).exec(said)?.[1] ?? Number.NaN);
    if (count('Failed') !== 0 || count('Truncated') !== 0)
      throw new Error(`tcpreplay could not send all of ${file}: ${said}`);
    return count('Successful');
  }

  #show(): { ifindex: number; stats64: Record<'rx' | 'tx', { packets: number }> } {
    const [found] = JSON.parse(this.ip('-s', '-j', 'link', 'show', this.interface)) as ReturnType<End['frames']>[];
    return found as never;
  }
}

const namespaces = new Set<string>();
let networks = 0;

function remove(netns: string): void {
  if (namespaces.delete(netns)) spawnSync('ip', ['netns', 'del', netns]);
}

/** What a test process that was killed has left. */
function removeOrphans(): void {
  for (const [, netns, pid] of run('ip', 'netns', 'list').matchAll(/^(weir-(\d+)-\S+)/gm)) {
    if (!existsSync(`/proc/${pid}`)) spawnSync('ip', ['netns', 'del', netns!]);
  }
}

function addNamespace(netns: string): void {
  run('ip', 'netns', 'add', netns);
  namespaces.add(netns);
  for (const scope of ['all', 'default']) {
    spawnSync('ip', ['netns', 'exec', netns, 'sysctl', '-qw', `net.ipv6.conf.${scope}.disable_ipv6=1`]);
  }
  run('ip', '-n', netns, 'link', 'set', 'lo', 'up');
}

/** Two ends; `near` sends, `far` is where weir listens. Both are up; addresses and neighbours are set, so there is no ARP. */
export class Network {
  readonly near: End;
  readonly far: End;

  /** Any frame of a capture fits, unless a smaller MTU is given. */
  constructor(context: Undo, mtu = 65535) {
    if (networks++ === 0) {
      removeOrphans();
      process.once('exit', () => [...namespaces].forEach(remove));
    }
    const name = `weir-${process.pid}-${networks}`;
    this.near = new End(`${name}n`, 'near0', '10.9.0.1');
    this.far = new End(`${name}f`, 'far0', '10.9.0.2');
    context.after(() => {
      for (const { netns } of [this.near, this.far]) remove(netns);
    });
    addNamespace(this.near.netns);
    addNamespace(this.far.netns);
    this.connect(undefined, mtu);
  }

  /** Makes the pair, also again after it was deleted; the far end has ifIndex 77 (or the one given). */
  connect(farIndex = 77, mtu = 65535): void {
    const { near, far } = this;
    far.ip(
      'link',
      'add',
      far.interface,
      'index',
      String(farIndex),
      'mtu',
      String(mtu),
      'address',
      '02:00:00:00:00:02',
      'type',
      'veth',
      'peer',
      'name',
      near.interface,
      'mtu',
      String(mtu),
      'address',
      '02:00:00:00:00:01',
      'netns',
      near.netns,
    );
    for (const [own, other, mac] of [
      [near, far, '02:00:00:00:00:02'],
      [far, near, '02:00:00:00:00:01'],
    ] as const) {
      own.ip('address', 'add', `${own.address}/24`, 'dev', own.interface);
      own.ip('link', 'set', own.interface, 'up');
      own.ip('neighbour', 'replace', other.address, 'lladdr', mac, 'dev', own.interface);
    }
  }
}
