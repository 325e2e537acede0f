// The process of a unit that a package has installed, under what systemd would give it: user and group, capabilities,
// no-new-privs, umask, folders and environment, as the installed unit file says.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { DebianRoot } from './debian_root.js';
import { UnitFile } from './unit_file.js';

const patienceMs = 60_000;
/** Setting of the unit, its place, and the variable that tells where it is. */
const folders = [
  ['RuntimeDirectory', '/run', 'RUNTIME_DIRECTORY'],
  ['StateDirectory', '/var/lib', 'STATE_DIRECTORY'],
  ['LogsDirectory', '/var/log', 'LOGS_DIRECTORY'],
  ['ConfigurationDirectory', '/etc', 'CONFIGURATION_DIRECTORY'],
] as const;

/** Ids of a user of the root. */
export function idsOf(root: DebianRoot, user: string): { uid: number; gid: number } {
  const line = root
    .read('/etc/passwd')
    .split('\n')
    .find((one) => one.startsWith(`${user}:`));
  const [, , uid, gid] = (line ?? '').split(':').map(Number);
  if (uid === undefined || gid === undefined) throw new Error(`no user ${user}`);
  return { uid, gid };
}

export class InstalledUnit {
  readonly child: ChildProcess;
  readonly unit: UnitFile;
  /** Its log. */
  text = '';
  #look = new Set<() => void>();

  /** netns: the network it runs in; socket: where it tells how it is, a path in the root. */
  constructor(
    context: TestContext,
    root: DebianRoot,
    name: string,
    { netns, socket }: { netns: string; socket: string },
  ) {
    this.unit = new UnitFile(name, root.at('/lib/systemd/system'));
    const { uid, gid } = idsOf(root, this.unit.value('User'));
    const variables = folders.map(([setting, place, variable]) => {
      const path = `${place}/${this.unit.value(setting)}`;
      mkdirSync(root.at(path), { recursive: true });
      if (place === '/run') chownSync(root.at(path), uid, gid); // the others are the package's matter
      return `${variable}=${path}`;
    });
    const [command, ...args] = [
      ...root.prefix(netns),
      ...['env', `NOTIFY_SOCKET=${socket}`, ...variables],
      ...this.unit.prefix(uid, gid),
      ...this.unit.words('ExecStart'),
    ];
    this.child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    context.after(() => void this.child.kill('SIGKILL'));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream!.on('data', (chunk: Buffer) => {
        this.text += chunk.toString();
        for (const look of this.#look) look();
      });
    }
  }

  /** Resolves when the log has said this; rejects when the process ends before, or takes too long. */
  said(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => done(new Error(`${why} before it said ${pattern}:\n${this.text}`));
      const timer = setTimeout(() => fail(`ran ${patienceMs} ms`), patienceMs);
      const ended = (): void => fail('ended');
      const done = (error?: Error): void => {
        clearTimeout(timer);
        this.#look.delete(look);
        this.child.off('close', ended);
        if (error) reject(error);
        else resolve();
      };
      const look = (): void => {
        if (pattern.test(this.text)) done();
      };
      this.#look.add(look);
      this.child.once('close', ended);
      look();
    });
  }

  /** As ExecReload= does. */
  reload(): void {
    this.child.kill('SIGHUP');
  }

  /** As systemctl stop does; the exit status. */
  async stop(): Promise<number | null> {
    const closed = once(this.child, 'close');
    this.child.kill('SIGTERM');
    const [status] = (await closed) as [number | null];
    return status;
  }
}
