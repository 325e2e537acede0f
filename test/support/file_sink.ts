// A FileSink in a temporary folder, by a clock that the test moves on.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FileSink, type FileSinkOptions } from '../../src/sinks/file.js';
import { ManualClock } from './manual_clock.js';
import { Recorder } from './sink_run.js';

export async function rig(context: TestContext, options: Partial<FileSinkOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-file-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = options.path ?? join(folder, 'flows.json');
  const clock = new ManualClock(); // 05:59:30
  const events = new Recorder();
  const sink = new FileSink({ name: `file://${path}`, path, append: false, clock, ...options });
  const list = (): string[] => readdirSync(folder).sort();
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { folder, path, clock, events, sink, list, text };
}
