// The parts of bench_attribution: weir beside a load, what both used of the processors, and what weir's counters say.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './steps.mjs';

const metricsPort = 24790;
const loads = join(root, 'build', 'native', 'attribution_loads');

/** Counters that are to stay zero: what was lost between the kernel and a record. */
const lossNames = {
  ring: ['kernel_dropped_events'],
  limited: ['kernel_rate_limited_events'],
  tables: [
    'sockets_evicted',
    'sockets_forgotten_early',
    'processes_evicted',
    'process_reads_dropped',
    'flow_records_dropped',
    'events_dropped',
    'profiles_dropped',
  ],
};

export class Weir {
  constructor(args) {
    this.child = spawn(
      process.execPath,
      [
        join(root, 'dist', 'src', 'cli.js'),
        ...args,
        ...['--attribution', 'bpf', '--log-format', 'json', '--metrics', `127.0.0.1:${metricsPort}`],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.said = '';
    this.child.stderr.on('data', (chunk) => (this.said += chunk));
    this.ended = once(this.child, 'close');
  }

  /** Over these sources, when it meters them. */
  static async metering(args) {
    const weir = new Weir(args);
    await new Promise((resolve, reject) => {
      weir.child.stderr.on('data', () => /"msg":"metering /.test(weir.said) && resolve());
      weir.ended.then(() => reject(new Error(`weir ended: ${weir.said}`)));
    });
    return weir;
  }

  /** Nanoseconds of processor time so far, by thread name. */
  processorTime() {
    const times = new Map();
    for (const task of readdirSync(`/proc/${this.child.pid}/task`)) {
      const folder = `/proc/${this.child.pid}/task/${task}`;
      const name = readFileSync(`${folder}/comm`, 'utf8').trim();
      const used = Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]);
      times.set(name, (times.get(name) ?? 0) + used);
    }
    return times;
  }

  residentOctets() {
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))[1]);
  }

  async metrics() {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const value = (name) => Number(new RegExp(`^weir_attribution_${name} ([\\d.e+]+)$`, 'm').exec(text)?.[1]);
    const sum = (names) => names.reduce((total, name) => total + value(`${name}_total`), 0);
    const losses = Object.entries(lossNames).map(([kind, names]) => [kind, sum(names)]);
    return {
      events: value('kernel_events_total'),
      records: value('flow_records_total') + value('events_total'),
      sockets: value('sockets'),
      ...Object.fromEntries(losses),
    };
  }

  async stop() {
    this.child.kill('SIGTERM');
    const [status] = await this.ended;
    if (status !== 0) throw new Error(`weir ended with status ${status}: ${this.said}`);
  }
}

const total = (times) => [...times.values()].reduce((sum, time) => sum + time, 0);

/** Runs attribution_loads; what it printed. prefix: a command before it. */
export async function load(name, { seconds, rate = 0, operations = 0, prefix = [] }) {
  const command = [...prefix, loads, name, String(seconds), String(rate), String(operations)];
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`'${command.join(' ')}' ended with status ${status}`);
  return JSON.parse(text);
}

/** A load with weir beside it: what it did, what weir used and counted meanwhile. */
export async function watched(weir, name, options) {
  const before = await weir.metrics();
  const used = weir.processorTime();
  const start = performance.now();
  const done = name === undefined ? await idle(options.seconds) : await load(name, options);
  const threads = weir.processorTime();
  const passedNs = (performance.now() - start) * 1e6;
  const counted = await weir.metrics();
  for (const [thread, time] of used) threads.set(thread, (threads.get(thread) ?? time) - time);
  for (const key of Object.keys(counted)) if (key !== 'sockets') counted[key] -= before[key];
  return { ...done, ...counted, threads, weirNs: total(threads), processor: total(threads) / passedNs };
}

const idle = (seconds) =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000, { perSecond: 0, operations: 0 }));

/** Sockets that stay open until release(). */
export async function holdSockets(sockets) {
  const holder = spawn(loads, ['hold', '0', String(sockets)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'close');
  const [said] = await Promise.race([once(holder.stdout, 'data'), ended]);
  if (!String(said).startsWith('ready '))
    throw new Error(`attribution_loads hold ${sockets} ended with status ${said}`);
  return async () => {
    holder.stdin.end();
    await ended;
  };
}

export function quantile(list, part) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const below = Math.floor(at);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (at - below);
}
