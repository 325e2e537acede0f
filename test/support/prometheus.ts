// A real Prometheus (Debian's) that scrapes one or more probes each second, and what it answers.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from './collectors/process.js';

export const scrapeSeconds = 1;

/** A node:test option that skips aloud where there is no Prometheus. */
export function needsPrometheus(): { skip?: string; timeout: number } {
  const there = spawnSync('prometheus', ['--version']).status === 0;
  return { ...(there ? {} : { skip: 'not installed: prometheus' }), timeout: 180_000 };
}

export interface Series {
  metric: Record<string, string>;
  /** Times in seconds since 1970, values as text. */
  values: [number, string][];
}

interface Answer {
  status: 'success' | 'error';
  error?: string;
  data: { result: Series[] };
}

export class Prometheus {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  /** Scrapes these HOST:PORT; its data are in the folder. Resolves when it is ready. */
  static async start(folder: string, targets: readonly string[]): Promise<Prometheus> {
    mkdirSync(folder, { recursive: true });
    const configuration = {
      global: { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: `${scrapeSeconds}s` },
      scrape_configs: [{ job_name: 'weir', static_configs: [{ targets }] }],
    };
    const file = join(folder, 'prometheus.yml');
    writeFileSync(file, JSON.stringify(configuration)); // JSON is YAML
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const args = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const prometheus = new Prometheus(child, `http://${address}`);
    for (let turn = 0; turn < 300; turn++) {
      if (child.exitCode !== null) break;
      if (await prometheus.#isReady()) return prometheus;
      await delay(100);
    }
    child.kill('SIGKILL');
    throw new Error(`prometheus did not become ready: ${said}`);
  }

  /** The series between two times, one value each step. Throws what Prometheus calls an error. */
  async range(query: string, from: number, to: number, stepSeconds: number): Promise<Series[]> {
    const parameters = new URLSearchParams({ query, start: `${from}`, end: `${to}`, step: `${stepSeconds}` });
    const response = await fetch(`${this.#url}/api/v1/query_range?${parameters}`);
    const answer = (await response.json()) as Answer;
    if (answer.status !== 'success') throw new Error(`${query}: ${answer.error}`);
    return answer.data.result;
  }

  /** Values of a label (Grafana's label_values()). */
  async labelValues(metric: string, label: string): Promise<string[]> {
    const response = await fetch(
      `${this.#url}/api/v1/label/${label}/values?${new URLSearchParams({ 'match[]': metric })}`,
    );
    return ((await response.json()) as { data: string[] }).data;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  async #isReady(): Promise<boolean> {
    return fetch(`${this.#url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}
