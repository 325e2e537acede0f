// Where container engines of a test live: a temporary folder, and a mount and network namespace of their own, held by one
// process. Bridges, iptables rules, mounts and what engines write under /run go when it ends.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CgroupTraces } from './cgroups.js';

const execute = promisify(execFile);

/** Why no engine can run here, or undefined; tried once. */
let refusal: string | undefined | null = null;
function whyNot(): string | undefined {
  if (refusal !== null) return refusal;
  const tried = spawnSync('unshare', ['--mount', '--net', '--propagation', 'private', 'true'], { encoding: 'utf8' });
  refusal = tried.status === 0 ? undefined : `containers need root (CAP_SYS_ADMIN): ${(tried.stderr ?? '').trim()}`;
  return refusal;
}

/** A node:test option that skips aloud where engines cannot run or a command is missing. */
export function needsContainers(...commands: string[]): { skip?: string; timeout: number } {
  const missing = [...commands, 'busybox', 'runc', 'iptables'].filter(
    (command) => spawnSync('which', [command]).status !== 0,
  );
  const reason = whyNot() ?? (missing.length > 0 ? `not installed: ${missing.join(' ')}` : undefined);
  return { ...(reason === undefined ? {} : { skip: reason }), timeout: 120_000 };
}

const inPlace = `
mount -t tmpfs tmpfs /run
if [ -d /var/lib/cni ]; then mount -t tmpfs tmpfs /var/lib/cni; fi
ip link set lo up
echo ready
exec cat`;

export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-c-'));
  readonly cgroups = new CgroupTraces();
  readonly #holder: ChildProcess;
  readonly #daemons: ChildProcess[] = [];
  readonly #cleaners: (() => Promise<unknown>)[] = [];

  private constructor() {
    // cat ends with its input, so with this process, however that ends.
    this.#holder = spawn('unshare', ['--mount', '--net', '--propagation', 'private', 'sh', '-c', inPlace], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  static async make(context: TestContext): Promise<Place> {
    const place = new Place();
    context.after(() => place.#leave());
    await once(place.#holder.stdout!, 'data');
    return place;
  }

  /** In front of a command that is to run here. */
  get prefix(): string[] {
    return ['nsenter', '--target', String(this.#holder.pid), '--mount', '--net', '--'];
  }

  /** The network namespace that the engine's bridges are in. */
  get netns(): string {
    return `/proc/${this.#holder.pid}/ns/net`;
  }

  async run(command: string, ...args: string[]): Promise<string> {
    const [enter, ...rest] = [...this.prefix, command, ...args];
    return (await execute(enter!, rest, { maxBuffer: 1 << 26 })).stdout;
  }

  /** Starts a program that ends with the place, or with this process; its output goes to NAME.log. */
  daemon(command: string, ...args: string[]): ChildProcess {
    const [enter, ...rest] = [...this.prefix, 'setpriv', '--pdeathsig', 'KILL', '--', command, ...args];
    const child = spawn(enter!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(this.folder, `${command}.log`));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('close', () => log.end());
    this.#daemons.push(child);
    return child;
  }

  /** Runs before the daemons are ended, the last one given first. */
  cleanUp(cleaner: () => Promise<unknown>): void {
    this.#cleaners.unshift(cleaner);
  }

  async #leave(): Promise<void> {
    for (const clean of this.#cleaners) await clean().catch(() => {});
    for (const child of this.#daemons.reverse()) await ended(child);
    await this.#killLeft();
    await ended(this.#holder);
    await this.cgroups.remove();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /** Shims and monitors that outlive their engine: everything in our namespaces but the holder itself. */
  async #killLeft(): Promise<void> {
    const ours = (pid: string | number): string[] =>
      ['mnt', 'net'].map((kind) => {
        try {
          return readlinkSync(`/proc/${pid}/ns/${kind}`);
        } catch {
          return '';
        }
      });
    const [mount, net] = ours(this.#holder.pid!);
    if (!mount) return;
    for (let tries = 0; tries < 100; tries++) {
      const left = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name) && Number(name) !== this.#holder.pid)
        .filter((pid) => ours(pid)[0] === mount || ours(pid)[1] === net);
      if (left.length === 0) return;
      for (const pid of left) spawnSync('kill', ['-KILL', pid]);
      await delay(20);
    }
  }
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'exit');
  child.stdin?.end();
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await closed;
  clearTimeout(kill);
}

/** Resolves when somebody listens on the Unix socket; rejects when the daemon ends instead. */
export async function listening(socket: string, daemon: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 1500; tries++) {
    if (daemon.exitCode !== null) throw new Error(`${daemon.spawnargs.join(' ')} ended with status ${daemon.exitCode}`);
    if (existsSync(socket) && (await accepts(socket))) return;
    await delay(20);
  }
  throw new Error(`nobody listens on ${socket}`);
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
