// One run of weir over the workloads: every case of attribution in a network namespace of its own, judged against what the
// processes tell of themselves. The host's test and the guests of npm run test:kernels do the same.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { judge, judgedFields, type Judgement, SeenEnds } from './attribution_judge.js';
import { type Flow, LiveWeir } from './live_weir.js';
import type { Network } from './network.js';
import { temporaryFolder, type WeirRun } from './weir.js';

export const workloads = join(packageRoot(), 'build', 'native', 'workloads');

/** Cases that fork, exec or poll for each flow get this part of what the others get. */
const shares: Record<string, number> = {
  exec_open: 0.1,
  fork_each: 0.2,
  thread_each: 0.3,
  short_lived: 0.5,
  uring_sqpoll: 0.1,
  uring_async: 0.3,
  icmp_raw: 0.2,
  icmp_ping: 0.2,
};
/** These are opened before weir starts, and used when it meters. */
const openBefore = ['old_tcp', 'old_udp'];

export interface MatrixRun {
  /** auto: what can be had. */
  tier: 'auto' | 'bpf' | 'diag';
  /** Over all cases, about. */
  flows: number;
  /** Both ends on lo of network.near; the cases over namespaces between near and far. */
  network: Network;
  /** Where weir may not get to run for a while, as in an emulated machine, more than the default. */
  captureRing?: string;
  /** Only these cases. */
  cases?: readonly string[];
}

export interface MatrixResult {
  judgement: Judgement;
  weir: WeirRun;
  records: number;
  /** Seconds that the workloads took. */
  seconds: number;
}

export function allCases(): string[] {
  return execFileSync(workloads, ['--list'], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0]!);
}

/** Mount of the cgroup v2 hierarchy. */
export function cgroupMount(): string | undefined {
  return /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1];
}

/** A cgroup for the workloads, so that its id is not the root's; taken away after the test. */
function ownCgroup(context: TestContext): string[] {
  const mount = cgroupMount();
  if (mount === undefined) return [];
  const folder = join(mount, `weir-matrix-${process.pid}`);
  context.after(() => {
    if (existsSync(folder)) rmdirSync(folder);
  });
  return ['--cgroup', folder];
}

function counts(cases: readonly string[], flows: number): Map<string, number> {
  const share = (name: string) => shares[name] ?? 1;
  const sum = cases.reduce((total, name) => total + share(name), 0);
  return new Map(cases.map((name) => [name, Math.max(10, Math.round((flows * share(name)) / sum))]));
}

class Workloads {
  readonly truth: string;
  readonly #prefix: string[];
  readonly #options: string[];

  constructor(context: TestContext, { near, far }: Network, folder: string) {
    this.truth = join(folder, 'truth.json');
    // Not `ip netns exec`, which hides the cgroup mounts below a /sys of its own.
    this.#prefix = ['nsenter', `--net=/run/netns/${near.netns}`];
    const places = ['--server-ns', `/run/netns/${far.netns}`, '--client-ns', `/run/netns/${near.netns}`];
    this.#options = ['--truth', this.truth, ...places, '--server-ip', far.address, ...ownCgroup(context)];
  }

  start(name: string, count: number): ChildProcess {
    // The cases over namespaces enter them themselves: their processes are at home in another one.
    const prefix = name.startsWith('netns') ? [] : this.#prefix;
    const [command, ...rest] = [...prefix, workloads, name, '--count', String(count), ...this.#options];
    return spawn(command!, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  static async done(child: ChildProcess, name: string): Promise<void> {
    const [status] = child.exitCode === null ? ((await once(child, 'close')) as [number | null]) : [child.exitCode];
    if (status !== 0) throw new Error(`the workload ${name} ended with status ${status}`);
  }
}

/** The cases need IPv6 on lo and ping sockets, in the namespace alone. */
function prepare({ near }: Network): void {
  near.run('sysctl', '-qw', 'net.ipv6.conf.lo.disable_ipv6=0', 'net.ipv4.ping_group_range=0 65535');
}

async function readEnds(file: string): Promise<SeenEnds> {
  const ends = new SeenEnds();
  for await (const line of createInterface({ input: createReadStream(file) }))
    if (line !== '') ends.add(JSON.parse(line) as Flow);
  return ends;
}

export async function runMatrix(context: TestContext, run: MatrixRun): Promise<MatrixResult> {
  const folder = temporaryFolder(context);
  const flowFile = join(folder, 'flows.json');
  const { near } = run.network;
  prepare(run.network);
  const of = new Workloads(context, run.network, folder);
  const wanted = counts(run.cases ?? allCases(), run.flows);
  const old = openBefore
    .filter((name) => wanted.has(name))
    .map((name) => ({ name, child: of.start(name, wanted.get(name)!) }));
  for (const { child } of old) await once(child.stdout!, 'data');

  const weir = await LiveWeir.metering(context, [
    ...['-i', `lo@netns:${near.netns}`, '-i', near.point, '--attribution', run.tier],
    ...['-T', judgedFields.map((name) => `%${name}`).join(' '), '--to', `file://${flowFile}?format=json`],
    ...['--idle-timeout', '5', '--capture-ring', run.captureRing ?? '64M'],
  ]);
  const start = Date.now();
  for (const { name, child } of old) {
    child.stdin!.write('go\n');
    await Workloads.done(child, name);
  }
  for (const [name, count] of wanted) {
    if (!openBefore.includes(name)) await Workloads.done(of.start(name, count), name);
  }
  const seconds = (Date.now() - start) / 1000;
  const lines = weir.stderr.length;
  await weir.until(() => /"msg":"packets 0 /m.test(weir.stderr.slice(lines)), 'saw a second without packets');
  const ended = await weir.stop();
  const ends = await readEnds(flowFile);
  return { judgement: judge(readFileSync(of.truth, 'utf8'), ends), weir: ended, records: ends.records, seconds };
}
