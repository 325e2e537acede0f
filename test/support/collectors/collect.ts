// `weir collect`: our own reader.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type FlowFields, flowOfFields } from '../seen_flow.js';
import { cliPath, saying } from '../weir.js';
import { type HeardByDomain, heardOf, jsonLines, start } from './process.js';

export class WeirCollect {
  #child: ChildProcess;
  #file: string;
  #log = '';
  #closed: Promise<unknown>;
  readonly listening: Promise<unknown>;

  /** Places such as udp://[::1]:PORT; of files alone it ends by itself. `name` tells its output from others' in the folder. */
  constructor(context: TestContext, folder: string, name: string, places: readonly string[]) {
    this.#file = join(folder, `collect-${name}.ndjson`);
    this.#child = start(context, process.execPath, [cliPath, '--log-format', 'json', 'collect', ...places], this.#file);
    this.#closed = once(this.#child, 'close');
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
    const files = places.every((place) => place.startsWith('file:'));
    const all = new RegExp(`(?:listening on[^]*){${places.length}}`);
    this.listening = files ? Promise.resolve() : saying(this.#child, 'stderr', all);
  }

  /** Records of all kinds; the counters must say that nothing was lost, malformed or unknown. */
  async stop(): Promise<{ records: CollectedRecord[]; heard: HeardByDomain }> {
    await this.listening;
    this.#child.kill('SIGINT');
    return this.ended();
  }

  async ended(): Promise<{ records: CollectedRecord[]; heard: HeardByDomain }> {
    await this.#closed;
    const records = jsonLines(readFileSync(this.#file, 'utf8')) as unknown as CollectedRecord[];
    const counters = jsonLines(this.#log).find((line) => line.msg === 'collected') ?? { msg: this.#log };
    const complaints = ['sequenceGaps', 'lost', 'outOfOrder', 'unknownTemplates', 'redefinitions', 'outputDrops']
      .filter((name) => counters[name] !== 0)
      .map((name) => `${name}: ${String(counters[name])}`);
    if (counters.malformed !== undefined) complaints.push(JSON.stringify(counters.malformed));
    const heard = new Map() as HeardByDomain;
    for (const { '@type': type, domain, fields } of records) {
      const known = heardOf(heard, domain);
      if (type === 'flow') known.flows.push(flowOfFields(fields));
    }
    for (const known of heard.values()) known.complaints.push(...complaints);
    return { records, heard };
  }
}

export interface CollectedRecord {
  '@type': 'flow' | 'options';
  version: 5 | 9 | 10;
  domain: number;
  exportTime: string;
  sequence: number;
  template: number;
  scope?: string[];
  fields: FlowFields;
}
