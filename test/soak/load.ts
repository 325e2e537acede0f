// Traffic of the soak: numbered flows by tcpreplay over the veth pair, and real sockets of short-lived processes on lo.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMount, workloads } from '../support/attribution_matrix.js';
import type { Network } from '../support/network.js';
import { NumberedBlock } from './numbers.js';

/** Cases that cost little and are over soon. */
const cases = [
  ...[
    'tcp4',
    'tcp6',
    'tcp_mapped',
    'fork_each',
    'thread_each',
    'short_lived',
    'exec_open',
    'udp4_connected',
    'unaccepted',
    'half_open',
    'refused',
    'epoll_workers',
    'udp_workers',
    'quic_like',
  ],
];

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

async function run(command: readonly string[]): Promise<Ended> {
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (chunk: Buffer) => {
      said[stream] += chunk.toString();
    });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...said };
}

/** Why a command did not do its work; undefined when it did. frames: that tcpreplay had to send. */
export function failureOf(name: string, { status, stdout, stderr }: Ended, frames?: number): string | undefined {
  const sent = Number(/Successful packets:\s+(\d+)/.exec(stdout)?.[1] ?? 0);
  if (status === 0 && (frames === undefined || sent === frames)) return undefined;
  const count = frames === undefined ? '' : `, ${sent} of ${frames} frames`;
  return `${name}: status ${status}${count}: ${stderr.trim().split('\n').at(-1)}`;
}

export interface SentBlock {
  first: number;
  block: NumberedBlock;
  /** All frames were there for weir: they left the near end, and the interface stood all the time. */
  whole: boolean;
}

export class Load {
  readonly sent: SentBlock[] = [];
  /** Blocks that were not sent as a whole though the interface stood, and real sockets that were not there. */
  readonly failures: string[] = [];
  /** Runs of real sockets. */
  workloads = 0;
  /** Odd while the interface is away or has just come back. */
  interfaceTurns = 0;
  readonly #network: Network;
  readonly #file: string;
  readonly #mixed: NumberedBlock;
  readonly #flood: NumberedBlock;
  #next = 0;

  constructor(network: Network, folder: string, blockFlows: number, floodFlows: number) {
    this.#network = network;
    this.#file = join(folder, 'block.pcap');
    this.#mixed = new NumberedBlock(blockFlows);
    this.#flood = new NumberedBlock(floodFlows, [1]);
  }

  get flows(): number {
    return this.#next;
  }

  /** A block in about so many seconds. */
  mixed(seconds: number): Promise<SentBlock> {
    return this.#send(this.#mixed, Math.max(1, Math.round(this.#mixed.frames / seconds)));
  }

  /** More flows at once than the cache holds. */
  flood(): Promise<SentBlock> {
    return this.#send(this.#flood, 40_000);
  }

  async #send(block: NumberedBlock, framesASecond: number): Promise<SentBlock> {
    const first = this.#next;
    this.#next += block.flows;
    block.write(this.#file, first);
    const turns = this.interfaceTurns;
    const { netns, interface: name } = this.#network.near;
    const ended = await run([
      ...['nsenter', `--net=/run/netns/${netns}`, 'tcpreplay', '-q', '-i', name, '--pps', String(framesASecond)],
      this.#file,
    ]);
    const failure = failureOf('tcpreplay', ended, block.frames);
    const stood = this.#stood(turns);
    if (failure !== undefined && stood) this.failures.push(failure);
    const sent = { first, block, whole: failure === undefined && stood };
    this.sent.push(sent);
    return sent;
  }

  #stood(since: number): boolean {
    return since === this.interfaceTurns && since % 2 === 0;
  }

  /** Real sockets, in a cgroup that is gone afterwards. */
  async sockets(pick: number, count: number): Promise<void> {
    const name = cases[Math.floor(pick * cases.length)]!;
    const mount = cgroupMount();
    const folder = mount === undefined ? undefined : join(mount, `weir-soak-${process.pid}-${this.workloads}`);
    this.workloads++;
    const ended = await run([
      ...['nsenter', `--net=/run/netns/${this.#network.near.netns}`, workloads, name, '--count', String(count)],
      ...(folder === undefined ? [] : ['--cgroup', folder]),
      ...['--truth', '/dev/null'],
    ]);
    const failure = failureOf(`sockets of ${name}`, ended);
    if (failure !== undefined) this.failures.push(failure);
    if (folder !== undefined && existsSync(folder)) rmdirSync(folder);
  }
}
