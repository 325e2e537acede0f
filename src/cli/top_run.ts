// `weir top`: its flags, its source (a probe of its own, a running one, stdin), and whether there is a screen.
import { fstatSync, openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import type { Probe, ProbeEnvironment } from '../app.js';
import type { CommandFlags, ParsedArguments } from '../config/argv.js';
import { choice, duration, type Format, FormatError, integer } from '../config/format.js';
import { type Environment, type Loaded, loadOptions } from '../config/load.js';
import { isSockets } from '../config/observation_point.js';
import type { Options } from '../config/options.js';
import { parseSinkUrl } from '../config/sink_url.js';
import { WeirError } from '../errors.js';
import { createLog, type Logger } from '../telemetry/log.js';
import { logFormatOf } from './reporter.js';
import { columnNames } from '../top/columns.js';
import { dimensionNames } from '../top/dimensions.js';
import { Intake } from '../top/intake.js';
import type { Losses } from '../top/report.js';
import { runOnce, runScreen, type TopOptions } from '../top/run.js';
import { collectSource, type Source, stdinSource } from '../top/sources.js';
import { Terminal } from '../top/terminal.js';
import { optionChecks } from './checks.js';
import type { ProcessControl, StartProbe } from './live_run.js';
import { TableOutput } from './top_output.js';

export interface TopIo extends ProcessControl {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  stdin?: NodeJS.ReadStream;
  startProbe?: StartProbe;
  /** Calls back when the process ends, however that comes. */
  onExit?(handler: () => void): () => void;
}

const times = { min: 100, max: 86_400_000 };
const defaultForMs = 3_000;
const defaultLimit = 20;
/** Flows leave soon, so that a second of them is what the screen shows: unless the user has given others. */
const shortTimeouts = { activeTimeout: 1_000, idleTimeout: 2_000, lingerTimeout: 500 } as const;

/** Adds what is wrong with a flag to the mistakes. */
function flagReader(flags: CommandFlags, errors: WeirError[]) {
  return <T>(name: 'by' | 'sort' | 'limit' | 'for' | 'every', format: Format<T>): T | undefined => {
    const text = flags[name];
    if (text === undefined) return undefined;
    try {
      return format.parse(text);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      errors.push(new WeirError('WEIR_OPTION', `--${name}: ${error.message}`));
      return undefined;
    }
  };
}

/** toEnd: the source has an end that is waited for, unless a time is given. */
function readFlags(flags: CommandFlags, files: boolean, toEnd: boolean, errors: WeirError[]): TopOptions {
  const read = flagReader(flags, errors);
  const limit = read('limit', integer({ placeholder: 'ROWS', zero: Number.POSITIVE_INFINITY }));
  const forMs = read('for', duration(times));
  const everyMs = read('every', duration(times));
  for (const [flag, value] of Object.entries({ '--for': forMs, '--every': everyMs }))
    if (files && value !== undefined) errors.push(new WeirError('WEIR_OPTION', `${flag}: files are read to their end`));
  return {
    by: read('by', choice(...dimensionNames)) ?? 'process',
    sort: read('sort', choice(...columnNames)) ?? 'octets',
    limit: limit ?? defaultLimit,
    json: flags.json,
    forMs: forMs ?? (toEnd || everyMs !== undefined ? undefined : defaultForMs),
    everyMs,
  };
}

/** What cannot stand beside URLs: options of a probe of its own. */
function checkUrls(urls: readonly string[], { places }: Loaded, errors: WeirError[]): void {
  if (urls.length > 1 && urls.includes('-'))
    errors.push(new WeirError('WEIR_OPTION', 'weir top: - (stdin) stands alone'));
  if (urls.length === 0) return;
  for (const name of ['observationPoints', 'read', 'filter'] as const) {
    const place = places.get(name);
    if (place?.startsWith('-'))
      errors.push(new WeirError('WEIR_OPTION', `${place}: is for a probe of top's own; ${urls[0]} has one already`));
  }
}

/** The log: lines of stderr, or of the screen while there is one. */
class NoticeBoard {
  readonly log: Logger;
  #tell: ((line: string) => void) | undefined;
  #held: string[] = [];

  constructor({ options, places }: Loaded, stderr: NodeJS.WriteStream) {
    this.log = createLog({
      level: places.has('logLevel') ? options.logLevel : 'warning',
      format: logFormatOf(options.logFormat, {}),
      write: (line) => {
        if (this.#tell === undefined) {
          stderr.write(line);
          return;
        }
        this.#held = [...this.#held.slice(1 - heldLines), line];
        this.#tell(line.trimEnd());
      },
      colour: false,
    });
  }

  toScreen(tell: (line: string) => void): void {
    this.#tell = tell;
  }

  /** What was said while there was a screen is not lost. */
  toStderr(stderr: NodeJS.WriteStream): void {
    this.#tell = undefined;
    for (const line of this.#held.splice(0)) stderr.write(line);
  }
}

const heldLines = 20;

/** Options of the probe: those of a run, with its sinks replaced by ours. What a service serves is left to the service. */
function probeOptions({ options, places }: Loaded): Options {
  const live = options.read.length === 0;
  const own = Object.entries(shortTimeouts).filter(([name]) => live && !places.has(name as keyof typeof shortTimeouts));
  return {
    ...options,
    ...Object.fromEntries(own),
    template: 'top',
    events: [],
    biflow: 'on',
    sinks: [parseSinkUrl('-?format=json&template=top&time=ms')],
    progress: false,
    stats: 0,
    statisticsFile: '',
    metrics: places.get('metrics')?.startsWith('-') ? options.metrics : '',
  };
}

function pointNames({ observationPoints, read }: Options): string {
  if (read.length > 0) return read.join(' ');
  return observationPoints.map((point) => (isSockets(point) ? 'sockets' : point.names.join(' '))).join(' ');
}

function lossesOf(probe: Probe, intake: Intake): Losses {
  const { meter, sinks } = probe.snapshot();
  const sink = Object.values(sinks[0]?.dropped ?? {}).reduce((sum, count) => sum + count, 0);
  return { kernel: meter.kernelDrops, recordRing: meter.recordsDropped, queue: sink, malformed: intake.malformed };
}

/** A probe of this process. It writes NDJSON into the intake, which takes it as fast as there is time. */
export function probeSource(options: Options, log: Logger, start: StartProbe, stderr: NodeJS.WriteStream): Source {
  return {
    name: pointNames(options),
    live: options.read.length === 0,
    ofThisHost: options.read.length === 0,
    told: ['retransmits', 'rtt'],
    start: async (take) => {
      const intake = new Intake({ take });
      const environment: ProbeEnvironment = { stdout: intake as unknown as NodeJS.WriteStream, stderr, log };
      const probe = await start(options, environment);
      const ended = probe.finished.then((status) => {
        if (status !== 0) throw new WeirError('WEIR_FILE', `${pointNames(options)}: not read to its end`);
      });
      ended.catch(() => {}); // whoever waits is told
      return { ended, losses: () => lossesOf(probe, intake), stop: () => probe.stop('top has ended') };
    },
  };
}

/** ink draws nothing in what it takes for continuous integration: a screen would stay empty. */
function inCi(env: Environment): boolean {
  return ['CI', 'CONTINUOUS_INTEGRATION'].some((name) => !['0', 'false', undefined].includes(env[name]));
}

/** Where keys come from: stdin, or the terminal itself when flows come by stdin. */
function keyboard(io: TopIo, stdinTaken: boolean): NodeJS.ReadStream | undefined {
  if (!stdinTaken && io.stdin?.isTTY) return io.stdin;
  try {
    return new ReadStream(openSync('/dev/tty', 'r+'));
  } catch {
    return undefined;
  }
}

/** Flows in a file are over; a pipe may go on. */
function isFile(stdin: NodeJS.ReadStream): boolean {
  try {
    return fstatSync((stdin as { fd?: number }).fd ?? 0).isFile();
  } catch {
    return false;
  }
}

async function chooseSource(
  urls: readonly string[],
  loaded: Loaded,
  log: Logger,
  timed: boolean,
  io: TopIo,
): Promise<Source> {
  if (urls.length === 0)
    return probeSource(probeOptions(loaded), log, io.startProbe ?? (await import('../app.js')).startProbe, io.stderr);
  if (urls[0] !== '-') return collectSource(urls, log);
  if (io.stdin === undefined) throw new WeirError('WEIR_OPTION', 'weir top -: there is no stdin');
  return stdinSource(io.stdin, timed && !isFile(io.stdin));
}

export async function topCommand(parsed: ParsedArguments, env: Environment, io: TopIo): Promise<number> {
  const { operands: urls, flags, assignments } = parsed;
  const errors = [...parsed.errors];
  const given = assignments.filter(({ name }) => name === 'sinks');
  for (const { place } of given)
    errors.push(new WeirError('WEIR_OPTION', `${place}: top shows flows itself; a run of its own exports them`));
  const reads = urls.length === 0 && assignments.some(({ name }) => name === 'read');
  const files = reads || (urls.length > 0 && urls.every((url) => url.startsWith('file://')));
  const options = readFlags(flags, files, files || urls[0] === '-', errors);
  const mistakes = { length: errors.length };
  const loaded = loadOptions({ assignments, errors, env, checks: urls.length === 0 ? optionChecks() : [] });
  checkUrls(urls, loaded, errors);
  if (errors.length > mistakes.length) throw errors[mistakes.length] as WeirError;
  const board = new NoticeBoard(loaded, io.stderr);
  const timed = flags.for !== undefined || flags.every !== undefined;
  const quiet = flags.once || flags.json || timed;
  // One table of a pipe covers the time of its records; a screen, or a time that is given, is about now.
  const source = await chooseSource(urls, loaded, board.log, timed || !quiet, io);
  const keys = quiet || io.stdout.isTTY !== true || inCi(env) ? undefined : keyboard(io, urls.includes('-'));
  const stop = onSignals(io);
  try {
    if (keys === undefined) {
      if (!quiet) io.stderr.write('weir top: no terminal for a screen (or CI is set): one table, as with --once\n');
      const output = new TableOutput(io.stdout);
      await runOnce(source, options, output, Promise.race([stop.asked, output.gone]));
      return await output.close(stop.asked, io, board.log);
    }
    return await withScreen(source, options, keys, board, stop.asked, io);
  } finally {
    stop.undo();
    board.log.sayHeldBack();
  }
}

async function withScreen(
  source: Source,
  options: TopOptions,
  stdin: NodeJS.ReadStream,
  board: NoticeBoard,
  interrupted: Promise<void>,
  io: TopIo,
): Promise<number> {
  const terminal = new Terminal(io.stdout as NodeJS.WriteStream & { fd: number });
  const undo = io.onExit?.(() => terminal.leave());
  try {
    const onNotice = (tell: (line: string) => void): void => board.toScreen(tell);
    await runScreen(source, options, { terminal, stdin, stderr: io.stderr, interrupted, onNotice });
    return 0;
  } finally {
    terminal.leave();
    undo?.();
    board.toStderr(io.stderr);
    if (stdin !== io.stdin) stdin.destroy();
  }
}

/** The first signal asks for the end, a second one ends at once. */
function onSignals(io: TopIo): { asked: Promise<void>; undo: () => void } {
  let ask: (() => void) | undefined;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const undos = signals.map((signal) =>
    io.onSignal(signal, () => {
      if (ask === undefined) io.exit(1);
      ask?.();
      ask = undefined;
    }),
  );
  return { asked, undo: () => undos.forEach((undo) => void undo()) };
}
