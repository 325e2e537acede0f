// A progress bar for capture files, on a terminal only.
import { createRequire } from 'node:module';
import { short } from './short_number.js';

/** What the bar reads of the Meter's counters. */
export interface ProgressSnapshot {
  filePosition: number;
  fileSize: number;
  wirePackets: number;
  flowsCreated: number;
}

export interface Progress {
  update(counters: ProgressSnapshot): void;
  /** Takes the bar away, so that nothing of it stays between the lines of the log. Idempotent. */
  stop(): void;
}

/** A bar on `stream`, or undefined when that is no terminal or stdin is read (its size is unknown). */
export function createProgress(stream: NodeJS.WriteStream): Progress | undefined {
  if (!stream.isTTY) return undefined;
  // Loaded here, because most runs show no bar.
  const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress');
  const bar = new SingleBar({
    stream,
    format: '{bar} {percentage}%  {packets} packets  {flows} flows  {eta_formatted} left',
    barsize: 30,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    etaBuffer: 50,
    barCompleteChar: '#',
    barIncompleteChar: '.',
  });
  let state: 'new' | 'running' | 'stopped' = 'new';
  return {
    update({ filePosition, fileSize, wirePackets, flowsCreated }) {
      if (state === 'stopped' || fileSize === 0) return;
      const payload = { packets: short(wirePackets), flows: short(flowsCreated) };
      if (state === 'new') bar.start(fileSize, 0, payload);
      state = 'running';
      bar.setTotal(fileSize);
      bar.update(Math.min(filePosition, fileSize), payload);
    },
    stop() {
      if (state === 'running') bar.stop();
      state = 'stopped';
    },
  };
}
