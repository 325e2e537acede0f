// The soak's own place: weir in a network and mount namespace (the program runs in them already, see setup/soak.mjs), a small
// disk, a configuration file, a clock that can be stepped, and what every fault does there.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/native/load.js';
import { LiveWeir } from '../support/live_weir.js';
import { Network } from '../support/network.js';
import type { Undo } from '../support/undo.js';
import type { Manner } from './collectors.js';
import type { Fault, SoakOptions } from './schedule.js';
import { canStepClock, steppedClock } from '../support/stepped_clock.js';
import { makeSinks, ports, type SoakSink } from './sinks.js';

const heapCollector = join(packageRoot(), 'dist', 'test', 'soak', 'heap_collector.js');

/** Seconds by which the clock is away while a fault lasts. */
const steps: Record<string, number> = {
  'hour forward': 3600,
  'hour back': -3600,
  'second back': -1,
  'day forward': 86_400,
};

/** malloc gives back what is free: what grows is in use. */
const thriftyMalloc = ['MALLOC_ARENA_MAX=2', 'MALLOC_MMAP_THRESHOLD_=65536', 'MALLOC_TRIM_THRESHOLD_=131072'];

const capturing = /far0: is up; capturing|"msg":"metering [^"]*far0/g;

const settings = {
  usual: { activeTimeout: '2s', idleTimeout: '500ms', logLevel: 'info' },
  timeouts: { activeTimeout: '1s', idleTimeout: '200ms', logLevel: 'info' },
  level: { activeTimeout: '2s', idleTimeout: '500ms', logLevel: 'debug' },
  invalid: { activeTimeout: 'soon', idleTimeuot: '1s' },
  restart: { activeTimeout: '2s', idleTimeout: '500ms', logLevel: 'info', enterpriseNumber: 4711 },
} as const;

export const cacheFlows = 16_384;

export class Lab {
  readonly folder: string;
  readonly disk: string;
  readonly network: Network;
  readonly sinks: SoakSink[];
  readonly weir: LiveWeir;
  readonly #config: string;
  readonly #categories: string;
  readonly #clock: string;
  readonly #supervised: boolean;

  private constructor(
    undo: Undo,
    options: SoakOptions,
    places: { folder: string; disk: string },
    network: Network,
    sinks: SoakSink[],
  ) {
    this.folder = places.folder;
    this.disk = places.disk;
    this.network = network;
    this.sinks = sinks;
    this.#supervised = options.supervised;
    this.#config = join(this.folder, 'weir.yaml');
    this.#categories = join(this.folder, 'categories.txt');
    this.#clock = join(this.folder, 'clock');
    this.#configure('usual');
    writeFileSync(this.#clock, '+0\n');
    writeFileSync(this.#categories, 'soak.example\t100\n');
    this.weir = new LiveWeir(undo, this.#arguments(), this.#prefix());
  }

  static async build(undo: Undo, options: SoakOptions): Promise<Lab> {
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    const folder = mkdtempSync(join(tmpdir(), 'weir-soak-'));
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    undo.after(() => rmSync(folder, { recursive: true, force: true }));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
    undo.after(() => execFileSync('umount', ['-l', disk]));
    const network = new Network(undo);
    network.near.run('sysctl', '-qw', 'net.ipv6.conf.lo.disable_ipv6=0'); // real sockets have IPv6 too
    const lab = new Lab(undo, options, { folder, disk }, network, await makeSinks(undo, folder, disk));
    await lab.weir.said(/"msg":"metering /);
    return lab;
  }

  /** Things of the schedule that cannot suffer here, and why. */
  get missing(): ReadonlyMap<string, string> {
    return new Map([
      ...(canStepClock ? [] : [['clock', 'libfaketime is not installed'] as const]),
      ...(this.#suffering('kafka').length > 0 ? [] : [['kafka', 'the mock broker is not built'] as const]),
    ]);
  }

  /** The process that meters. */
  get pid(): number {
    const { pid } = this.weir.child;
    if (!this.#supervised) return pid!;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  }

  async begin({ what, how }: Fault): Promise<void> {
    const { far } = this.network;
    if (what === 'disk') this.#fillDisk();
    else if (what === 'interface')
      far.ip('link', ...(how === 'down' ? ['set', far.interface, 'down'] : ['del', far.interface]));
    else if (what === 'reload') this.#reload(how);
    else if (what === 'clock') writeFileSync(this.#clock, `${steps[how]! > 0 ? '+' : ''}${steps[how]}\n`);
    else if (what === 'crash') process.kill(this.pid, how as NodeJS.Signals);
    else for (const one of this.#suffering(what)) await one.collector!.behave(how as Manner);
  }

  async end({ what, how }: Fault): Promise<void> {
    const { far } = this.network;
    if (what === 'disk') rmSync(join(this.disk, 'ballast'), { force: true });
    else if (what === 'interface' && how === 'down') far.ip('link', 'set', far.interface, 'up');
    else if (what === 'interface') this.network.connect();
    else if (what === 'reload') this.#reload('usual');
    else if (what === 'clock') writeFileSync(this.#clock, '+0\n');
    else for (const one of this.#suffering(what)) await one.collector!.behave('up');
  }

  /** Times weir has said that the interface is captured again. */
  captures(): number {
    return [...this.weir.stderr.matchAll(capturing)].length;
  }

  capturesAgain(before: number): Promise<void> {
    return this.weir.said(capturing, before + 1);
  }

  #suffering(what: string): SoakSink[] {
    return this.sinks.filter(({ suffers }) => suffers === what);
  }

  #arguments(): string[] {
    const { near, far } = this.network;
    return [
      ...['-c', this.#config, '-i', far.point, '-i', `lo@netns:${near.netns}`],
      ...['--cache-size', String(cacheFlows), '--linger-timeout', '100ms', '--capture-ring', '32M'],
      ...['--socket-table', '4096', '--process-table', '2048'],
      ...['--metrics', `127.0.0.1:${ports.metrics}`, '--statistics-interval', '1s'],
      ...['--dpi-categories', this.#categories],
      ...(this.#supervised ? ['--supervise'] : []),
      ...this.sinks.flatMap(({ url }) => ['--to', url]),
    ];
  }

  #prefix(): string[] {
    const clock = canStepClock ? steppedClock(this.#clock) : [];
    return ['env', `NODE_OPTIONS=--import=${heapCollector}`, ...thriftyMalloc, ...clock];
  }

  #configure(name: keyof typeof settings): void {
    const lines = Object.entries(settings[name]).map(([key, value]) => `${key}: ${value}`);
    writeFileSync(this.#config, `${lines.join('\n')}\n`);
  }

  #reload(how: string): void {
    if (how === 'lists') writeFileSync(this.#categories, 'soak.example\t101\nother.example\t102\n');
    else this.#configure(how as keyof typeof settings);
    this.weir.child.kill('SIGHUP');
  }

  #fillDisk(): void {
    try {
      writeFileSync(join(this.disk, 'ballast'), Buffer.alloc(64 << 20));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
