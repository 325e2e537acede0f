#!/usr/bin/env node
// argv -> options -> app. The only file that touches process.argv, env, exit and signals.
import { spawn } from 'node:child_process';
import { fstatSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CommandContext, runCommand, versionText } from './cli/commands.js';
import { LiveRun, type ProcessControl, type StartProbe } from './cli/live_run.js';
import { optionChecks, reloadChecks } from './cli/checks.js';
import { isJournal, Reporter, type ReporterIo } from './cli/reporter.js';
import { type ServiceControl, serviceOf } from './cli/service.js';
import type { Child, Ending, SupervisorControl } from './cli/supervise.js';
import { type ParsedArguments, parseArguments } from './config/argv.js';
import { helpText } from './config/help.js';
import { type Environment, type Loaded, loadOptions, type OptionCheck } from './config/load.js';
import type { LoadedAddon } from './doctor.js';
import { WeirErrors } from './errors.js';
import { tryLoadAddon } from './native/load.js';
import { ServiceNotice } from './service/notice.js';
import { SupervisorNotice } from './service/supervisor_notice.js';
import { environmentOfChild } from './service/systemd.js';

/** The world as main() sees it; tests give another one. */
export interface CliIo extends ProcessControl, SupervisorControl, ReporterIo, ServiceControl {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  host: CommandContext['host'];
  loadAddon?: () => LoadedAddon;
  startProbe?: StartProbe;
  stdin?: NodeJS.ReadStream;
  /** Calls back when the process ends, however that comes; returns how to take it away again. */
  onExit?(handler: () => void): () => void;
}

const stopSignals = ['SIGINT', 'SIGTERM'] as const;
const defaultWidth = 100; // columns, when stdout is no terminal

/** `weir collect URL...`: files (also -r FILE) to their ends, else until a signal comes; the second one ends the process at once. */
async function collectCommand(
  parsed: ParsedArguments,
  env: Environment,
  io: CliIo,
  reporter: Reporter,
): Promise<number> {
  const { options } = loadOptions({ assignments: parsed.assignments, errors: parsed.errors, env });
  const log = reporter.log(options);
  const given = [...parsed.operands, ...options.read.map((path) => `file://${path}`)];
  const urls = given.length > 0 ? given : ['udp://:4739'];
  const abort = new AbortController();
  const undo = stopSignals.map((signal) =>
    io.onSignal(signal, () => {
      if (abort.signal.aborted) io.exit(signal === 'SIGINT' ? 130 : 143);
      abort.abort();
    }),
  );
  const gone = (): void => abort.abort();
  io.stdout.on('error', gone);
  try {
    const { collect } = await import('./ipfix/index.js');
    const result = await collect(urls, {
      output: io.stdout,
      signal: abort.signal,
      notice: (level, text) => log.notice('collect', level, text),
      onListening: ({ scheme, address, port }) => log.info(`listening on ${scheme} ${address} port ${port}`),
    });
    const { malformed, ...counted } = result;
    const bad = Object.entries(malformed).filter(([, count]) => count > 0);
    log.info('collected', { ...counted, ...(bad.length > 0 ? { malformed: Object.fromEntries(bad) } : {}) });
    return 0;
  } finally {
    io.stdout.off('error', gone);
    for (const one of undo) one();
  }
}

/** `weir spool [FOLDER]`: what waits on disk; exit status 1 when something of it is damaged. */
async function spoolCommand(parsed: ParsedArguments, env: Environment, io: CliIo): Promise<number> {
  const { options } = loadOptions({ assignments: parsed.assignments, errors: parsed.errors, env });
  const { describeSpool, spoolsIn } = await import('./spool/index.js');
  let faulty = 0;
  for (const folder of await spoolsIn(parsed.operands[0] ?? options.spool)) {
    const lines = describeSpool(folder);
    let line = await lines.next();
    for (; line.done !== true; line = await lines.next()) io.stdout.write(`${line.value}\n`);
    faulty += line.value;
  }
  return faulty === 0 ? 0 : 1;
}

/** The options of a run that is to be supervised. The child judges them: what is wrong is said there. */
function supervised({ assignments, errors }: ParsedArguments, env: Environment): Loaded['options'] | undefined {
  try {
    const { options } = loadOptions({ assignments, errors, env });
    return options.supervise && options.read.length === 0 ? options : undefined;
  } catch {
    return undefined;
  }
}

async function superviseCommand(
  argv: readonly string[],
  options: Loaded['options'],
  env: Environment,
  io: CliIo,
  reporter: Reporter,
): Promise<number> {
  const { Supervisor } = await import('./cli/supervise.js');
  const log = reporter.log(options);
  const service = serviceOf(env, io, log, io.loadAddon ?? tryLoadAddon);
  const notice = service && new SupervisorNotice(service, (call, ms) => io.setTimer(call, ms));
  return new Supervisor(argv, options.dpi !== 'off', log, io, notice).run();
}

async function probeCommand(parsed: ParsedArguments, env: Environment, io: CliIo, reporter: Reporter): Promise<number> {
  const { assignments, errors } = parsed;
  const load = (checks: OptionCheck[]): Loaded => loadOptions({ assignments, errors, env, checks });
  const { options, warnings } = load(optionChecks());
  const log = reporter.log(options);
  for (const warning of warnings) log.warning(warning);
  const start: StartProbe = io.startProbe ?? (await import('./app.js')).startProbe;
  const service = serviceOf(env, io, log, io.loadAddon ?? tryLoadAddon);
  const notice = service && new ServiceNotice(service, { log, clock: io, supervised: io.supervised });
  const environment = { stdout: io.stdout, stderr: io.stderr, log, runtimeDirectory: env.RUNTIME_DIRECTORY };
  const run = new LiveRun(options, () => load(reloadChecks()).options, environment, io, notice);
  return run.run(start);
}

async function dispatch(argv: readonly string[], env: Environment, io: CliIo, reporter: Reporter): Promise<number> {
  const parsed = parseArguments(argv);
  reporter.expect(parsed, env);
  const width = io.stdout.columns || defaultWidth; // a terminal may say 0
  const loadAddon = io.loadAddon ?? tryLoadAddon;
  if (parsed.flags.help && parsed.command !== 'help') {
    io.stdout.write(helpText(width));
    return 0;
  }
  if (parsed.flags.version) {
    io.stdout.write(versionText(loadAddon(), io.host.nodeVersion));
    return 0;
  }
  const { command } = parsed;
  if (command === 'spool') return spoolCommand(parsed, env, io);
  if (command === 'collect') return collectCommand(parsed, env, io, reporter);
  if (command === 'top') return (await import('./cli/top_run.js')).topCommand(parsed, env, io);
  if (command === undefined) {
    const watched = supervised(parsed, env);
    return watched ? superviseCommand(argv, watched, env, io, reporter) : probeCommand(parsed, env, io, reporter);
  }
  // doctor and config load the options, and report these mistakes with all others.
  if (parsed.errors.length > 0 && command !== 'doctor' && command !== 'config') throw new WeirErrors(parsed.errors);
  const { output, status } = runCommand({ parsed, env, width, loadAddon, host: io.host });
  io.stdout.write(output);
  return status;
}

/** Runs weir with these arguments (without node and script); resolves to the exit status. Never rejects. */
export async function main(argv: readonly string[], env: Environment, io: CliIo): Promise<number> {
  // A stdout that is closed is no error of ours (weir fields | head); it may be told of after we return.
  io.stdout.on('error', () => {});
  io.stderr.on('error', () => {}); // a log that nobody reads any more ends nothing
  const reporter = new Reporter(io);
  try {
    return await dispatch(argv, env, io, reporter).finally(() => reporter.sayHeldBack());
  } catch (error) {
    return reporter.fail(error);
  }
}

/** What tells a child that a supervisor of ours is at the other end of its channel. */
const supervisedWord = 'weir: supervised';
/** What a child answers once SIGHUP does not end it any more. */
const hearsHangupWord = 'weir: hears SIGHUP';

function startChild(args: readonly string[]): Child {
  const program = [...process.execArgv, process.argv[1] ?? '', ...args];
  const env = environmentOfChild(process.env);
  const child = spawn(process.execPath, program, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  child.send(supervisedWord, () => {}); // it may have ended already
  let hearsHangup = false;
  let hangupWaits = false;
  child.on('message', (word) => {
    if (word !== hearsHangupWord) return;
    hearsHangup = true;
    if (hangupWaits) child.kill('SIGHUP');
  });
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('exit', (status, signal) => resolve({ status, signal }));
    child.on('error', reject);
  });
  const kill = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGHUP' && !hearsHangup) hangupWaits = true;
    else child.kill(signal);
  };
  return { ended, kill };
}

/** A supervisor that is gone (kill -9) neither stops us nor starts us again: then we end. */
function endWithSupervisor(): void {
  process.once('message', (word) => {
    if (word === supervisedWord) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  });
}

function processIo(): CliIo {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    // Asked for only where it is read: merely touching it makes a stream of it.
    get stdin() {
      return process.stdin;
    },
    onExit(handler) {
      process.on('exit', handler);
      return () => process.off('exit', handler);
    },
    host: {
      nodePath: process.execPath,
      nodeVersion: process.version,
      architecture: process.arch,
      uid: process.getuid?.() ?? -1,
    },
    onSignal(signal, handler) {
      process.on(signal, handler);
      if (signal === 'SIGHUP' && process.connected) process.send?.(hearsHangupWord, () => {});
      return () => process.off(signal, handler);
    },
    exit: (status) => process.exit(status),
    setTimer(call, ms) {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    startChild,
    toJournal: isJournal(process.env.JOURNAL_STREAM, fstatSync(process.stderr.fd)),
    now: () => performance.now(),
    monotonicMicroseconds: () => process.hrtime.bigint() / 1000n,
    pid: process.pid,
    supervised: process.connected ?? false,
  };
}

/** Resolves when what was written has left, or never can: a pipe may be slower than we are. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.on('error', () => resolve());
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (process.connected) endWithSupervisor();
  const status = await main(process.argv.slice(2), process.env, processIo());
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit(status);
}
