// The strict checker test/support/ipfix_check.py: live, and on files.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../../src/native/load.js';
import { type FlowFields, flowOfFields } from '../seen_flow.js';
import { saying } from '../weir.js';
import { type Collector, type HeardByDomain, heardOf, jsonLines, output, start } from './process.js';

const checker = join(packageRoot(), 'test', 'support', 'ipfix_check.py');

/** Everything the strict checker said, by domain; violations that name none are complaints of each. */
export function heardByChecker(text: string): HeardByDomain {
  const heard = new Map() as HeardByDomain;
  const lines = jsonLines(text);
  for (const line of lines) {
    if (line['@type'] === 'record')
      heardOf(heard, Number(line.odid)).flows.push(flowOfFields(line as unknown as FlowFields));
    if (line['@type'] === 'optionsRecord') heardOf(heard, Number(line.odid));
  }
  for (const line of lines.filter((one) => one['@type'] === 'violation'))
    for (const [domain, { complaints }] of heard)
      if (line.odid === undefined || line.odid === domain) complaints.push(JSON.stringify(line));
  return heard;
}

export function checkFile(file: string): HeardByDomain {
  return heardByChecker(output('python3', [checker, 'file', file]).stdout);
}

export interface Checker extends Collector {
  /** All it said; after stop(). */
  said: string;
}

/** more: --cert, --key, --ca of tls; --save. tcp and tls take one session and end with it. */
export async function startChecker(
  context: TestContext,
  kind: 'udp' | 'tcp' | 'tls',
  folder: string,
  port: number,
  host: string,
  more: readonly string[] = [],
): Promise<Checker> {
  const said = join(folder, `check-${port}.ndjson`);
  const args = [checker, kind, String(port), '--host', host, '--secs', '120', ...more];
  const child = start(context, 'python3', args, said);
  const closed = once(child, 'close');
  await saying(child, 'stdout', /"listening"/);
  const running: Checker = { port, said: '', stop };
  async function stop(): Promise<HeardByDomain> {
    if (kind === 'udp') child.kill('SIGTERM');
    await closed;
    running.said = readFileSync(said, 'utf8');
    return heardByChecker(running.said);
  }
  return running;
}
