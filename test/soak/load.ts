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

async function run(command: readonly string[]): Promise<{ status: number | null; stdout: string }> {
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.resume();
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout };
}

export interface SentBlock {
  first: number;
  block: NumberedBlock;
  /** All frames were there for weir: they left the near end, and the interface stood all the time. */
  whole: boolean;
}

export class Load {
  readonly sent: SentBlock[] = [];
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
    const { status, stdout } = await run([
      ...['nsenter', `--net=/run/netns/${netns}`, 'tcpreplay', '-q', '-i', name, '--pps', String(framesASecond)],
      this.#file,
    ]);
    const frames = Number(/Successful packets:\s+(\d+)/.exec(stdout)?.[1] ?? 0);
    const sent = { first, block, whole: status === 0 && frames === block.frames && this.#stood(turns) };
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
    await run([
      ...['nsenter', `--net=/run/netns/${this.#network.near.netns}`, workloads, name, '--count', String(count)],
      ...(folder === undefined ? [] : ['--cgroup', folder]),
      ...['--truth', '/dev/null'],
    ]);
    if (folder !== undefined && existsSync(folder)) rmdirSync(folder);
  }
}
