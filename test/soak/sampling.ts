// What the soak reads of a running weir: /metrics, what the kernel says of its process, and its files.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrometheus } from '../support/prometheus_text.js';

export class Reading {
  readonly #families: ReturnType<typeof parsePrometheus>;

  constructor(text: string) {
    this.#families = parsePrometheus(text);
  }

  static async of(port: number): Promise<Reading> {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(10_000) });
    return new Reading(await answer.text());
  }

  /** Sum of the samples of a metric whose labels contain these texts. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return (this.#families.get(name)?.samples ?? [])
      .filter((sample) => Object.entries(labels).every(([key, text]) => sample.labels[key]?.includes(text)))
      .reduce((total, { value }) => total + value, 0);
  }

  /** Samples by the value of one label. */
  by(name: string, label: string, labels: Readonly<Record<string, string>> = {}): Record<string, number> {
    const found = (this.#families.get(name)?.samples ?? []).filter((sample) =>
      Object.entries(labels).every(([key, text]) => sample.labels[key]?.includes(text)),
    );
    return Object.fromEntries(found.map((sample) => [sample.labels[label] ?? '', sample.value]));
  }

  /** A number of weir_sink_*; the sink by a part of its label. */
  sink(sink: string, name: string): number {
    return this.sum(`weir_sink_${name}`, { sink });
  }
}

export interface ProcessSample {
  /** Octets. */
  rss: number;
  /** Anonymous memory, V8's and malloc's and the caches'. */
  anonymous: number;
  descriptors: number;
  threads: number;
}

const kib = (text: string, name: string): number =>
  1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN);

export function sampleProcess(pid: number): ProcessSample {
  const folder = `/proc/${pid}`;
  const memory = readFileSync(`${folder}/smaps_rollup`, 'utf8');
  return {
    rss: kib(memory, 'Rss'),
    anonymous: kib(memory, 'Anonymous'),
    descriptors: readdirSync(`${folder}/fd`).length,
    threads: readdirSync(`${folder}/task`).length,
  };
}

/** Octets of all files below. */
export function octetsBelow(folder: string): number {
  let octets = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) octets += octetsBelow(path);
    else octets += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return octets;
}

export interface Sample extends ProcessSample {
  /** Compressed minutes since the start. */
  minute: number;
  heapUsed: number;
  heapTotal: number;
  /** ArrayBuffers and what else V8 keeps outside its heap. */
  external: number;
  spool: number;
  flows: number;
}

/** Memory outside V8's heap: flow caches, tables, malloc, buffers. Without mapped rings and libraries, which RSS has too. */
export const nativeOctets = ({ anonymous, heapTotal }: Sample): number => anonymous - heapTotal;
