// A run of top: one table (or one every so often) without a screen, or the screen until somebody leaves it.
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ColumnName } from './columns.js';
import type { DimensionName } from './dimensions.js';
import { Model } from './model.js';
import { Once } from './once.js';
import type { RecordReader } from './reading.js';
import { jsonReport, type Losses, type Report, textReport } from './report.js';
import type { Running, Source } from './sources.js';
import { firstState } from './state.js';
import type { Terminal } from './terminal.js';
import { Watch } from './watch.js';

export interface TopOptions {
  by: DimensionName;
  sort: ColumnName;
  /** Infinity: all. */
  limit: number;
  json: boolean;
  /** Milliseconds to watch; undefined: to the end of the source, or until somebody stops it. */
  forMs: number | undefined;
  /** Milliseconds between two tables. */
  everyMs: number | undefined;
}

export interface Output {
  write(text: string): void;
  /** Columns. */
  readonly width: number;
  /** What was written waits to be taken. */
  readonly busy: boolean;
}

/** What tells a reader which end is here. */
function settingsFor({ ofThisHost, told }: Source) {
  const addresses = ofThisHost ? Object.values(networkInterfaces()).flatMap((all) => all ?? []) : [];
  return { localAddresses: new Set(addresses.map(({ address }) => address)), ...(told === undefined ? {} : { told }) };
}

function allLosses(running: Running, { notUnderstood }: RecordReader): Losses {
  return { ...running.losses(), notUnderstood };
}

/**
 * One table when the time is over, the source ends or somebody interrupts it; with everyMs one each time, unless the output is
 * busy: then the next one tells of that time too. Rejects when the source breaks.
 */
export async function runOnce(
  source: Source,
  options: TopOptions,
  output: Output,
  interrupted: Promise<void>,
): Promise<void> {
  const once = new Once({ ...options, ...settingsFor(source) });
  const print = (report: Report): void =>
    output.write(options.json ? `${jsonReport(report)}\n` : textReport(report, output.width, 'bits'));
  let since = performance.now();
  const running = await source.start((fields) => once.take(fields, Date.now()));
  const report = (leastMs = 0): void => {
    const [toMs, until] = [Date.now(), performance.now()];
    const fromMs = toMs - Math.max(until - since, leastMs);
    print(once.report(allLosses(running, once.reader), source.live ? { fromMs, toMs } : undefined));
    since = until;
  };
  const { everyMs } = options;
  const timer = everyMs === undefined ? undefined : setInterval(() => void (output.busy || report()), everyMs);
  const waits = [running.ended, interrupted];
  const over = new AbortController();
  if (options.forMs !== undefined) waits.push(sleep(options.forMs, undefined, { signal: over.signal }).catch(() => {}));
  try {
    await Promise.race(waits);
    await running.stop();
    await running.ended;
  } finally {
    over.abort();
    clearInterval(timer);
  }
  // The last interval was cut short, and what waited in the cache of a probe came with it.
  report(everyMs === undefined ? 0 : once.coveredMs);
}

export interface ScreenIo {
  terminal: Terminal;
  /** Where keys come from. */
  stdin: NodeJS.ReadStream;
  stderr: NodeJS.WriteStream;
  interrupted: Promise<void>;
  /** Calls back with the warnings of the log, from now on. */
  onNotice(tell: (line: string) => void): void;
}

type Show = typeof import('./screen.js').show;

/** Milliseconds since 1970 by the clock as it was at our start: when the clock is set, the screen's windows go on. */
function steadyMs(): number {
  return performance.timeOrigin + performance.now();
}

const tickMs = 500;
const drainMs = 500;

/** The screen, until q, a signal or an error. The terminal is as it was when this settles. */
export async function runScreen(source: Source, { by, sort }: TopOptions, io: ScreenIo): Promise<void> {
  const { show } = await import('./screen.js'); // ink and React: only the screen needs them
  const watch = new Watch({ startedMs: steadyMs(), ...settingsFor(source) });
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // it may come when nobody waits any more
  const guarded = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      fail(error);
    }
  };
  const running = await source.start((fields, exporter) => guarded(() => watch.take(fields, steadyMs(), exporter)));
  const state = firstState({ by, sort, seconds: source.live ? 5 : Infinity });
  const model = new Model({
    watch,
    state,
    source: source.name,
    losses: () => allLosses(running, watch.reader),
    now: steadyMs,
  });
  running.ended.then(() => model.end(), fail);
  const left = new Promise<void>((resolve) => {
    model.subscribe(() => void (model.picture().state.quit && resolve()));
  });
  try {
    await onTerminal(model, io, show, async (exited) => {
      const timer = setInterval(() => guarded(() => void (io.terminal.busy || model.tick())), tickMs);
      await Promise.race([left, io.interrupted, failed, exited]).finally(() => clearInterval(timer));
    });
  } finally {
    await running.stop();
  }
}

/** Puts the model on the terminal as long as `use` lasts. */
async function onTerminal(
  model: Model,
  { terminal, stdin, stderr, onNotice }: ScreenIo,
  show: Show,
  use: (exited: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const resize = (): void => model.resize(terminal.columns, terminal.rows);
  resize();
  terminal.on('resize', resize);
  onNotice((line) => model.say(line));
  terminal.enter();
  const { unmount, exited } = show(model, { stdout: terminal as unknown as NodeJS.WriteStream, stdin, stderr });
  try {
    await use(exited);
  } finally {
    unmount();
    await Promise.race([terminal.drained(), sleep(drainMs)]);
    terminal.leave();
  }
}
