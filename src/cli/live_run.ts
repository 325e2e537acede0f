// One run of the probe as the outside steers it: signals, a stdout that goes away, reload of the configuration.
import type { Probe, ProbeEnvironment } from '../app.js';
import { type OptionName, optionNames, optionOf, type Options } from '../config/options.js';
import { describeError } from '../errors.js';
import type { ServiceNotice } from '../service/notice.js';
import type { Logger } from '../telemetry/log.js';

export type StartProbe = (options: Options, environment: ProbeEnvironment) => Promise<Probe>;

/** What a run needs of the process. */
export interface ProcessControl {
  /** Calls the handler on each such signal; returns how to take it away again. */
  onSignal(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', handler: () => void): () => void;
  /** Ends the process at once. */
  exit(status: number): void;
  setTimer(call: () => void, ms: number): () => void;
}

/** A stop takes no longer than this. */
const stopLimitMs = 10_000;
/** The same signal again within this time is an echo: a terminal and npm both deliver one Ctrl-C. */
const echoMs = 500;
const statusOf = { SIGINT: 130, SIGTERM: 143 } as const;

/** `now` with what may change while running taken from `next`, and the changed options that need a restart. */
export function reloadedOptions(now: Options, next: Options): { options: Options; restart: OptionName[] } {
  const printed = (options: Options, name: OptionName): string =>
    JSON.stringify(optionOf(name).kind.print(options[name]));
  const changed = optionNames.filter((name) => printed(now, name) !== printed(next, name));
  const restart = changed.filter((name) => !optionOf(name).reloadable);
  const applied = changed.filter((name) => optionOf(name).reloadable).map((name) => [name, next[name]]);
  return { options: { ...now, ...Object.fromEntries(applied) } as Options, restart };
}

export class LiveRun {
  #options: Options;
  readonly #loadAgain: () => Options;
  readonly #environment: ProbeEnvironment;
  readonly #control: ProcessControl;
  readonly #notice: ServiceNotice | undefined;
  #probe: Probe | undefined;
  #stopReason: string | undefined;
  /** SIGHUP came before the probe had started. */
  #reloadWaits = false;
  #cleanUp: (() => void)[] = [];
  #failed = false;
  /** The signal whose echo may still come. */
  #echo: 'SIGINT' | 'SIGTERM' | undefined;

  /** notice: tells the service manager, where there is one. */
  constructor(
    options: Options,
    loadAgain: () => Options,
    environment: ProbeEnvironment,
    control: ProcessControl,
    notice?: ServiceNotice,
  ) {
    this.#options = options;
    this.#loadAgain = loadAgain;
    this.#environment = environment;
    this.#control = control;
    this.#notice = notice;
  }

  get #log(): Logger {
    return this.#environment.log;
  }

  /** Runs to the end; the exit status. Rejects with what startProbe() throws. */
  async run(startProbe: StartProbe): Promise<number> {
    const { stdout } = this.#environment;
    const stdoutError = (error: NodeJS.ErrnoException): void => this.#stdoutError(error);
    stdout.on('error', stdoutError);
    this.#cleanUp.push(() => stdout.off('error', stdoutError));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      this.#cleanUp.push(this.#control.onSignal(signal, () => this.#signal(signal)));
    }
    this.#cleanUp.push(this.#control.onSignal('SIGHUP', () => void this.#reload()));
    try {
      this.#notice?.starting();
      this.#probe = await startProbe(this.#options, this.#environment);
      if (this.#stopReason !== undefined) this.#stop(this.#stopReason);
      else this.#notice?.ready(this.#probe);
      if (this.#reloadWaits) void this.#reload();
      const status = await this.#probe.finished;
      return this.#failed ? 1 : status;
    } finally {
      for (const undo of this.#cleanUp) undo();
      this.#notice?.close();
    }
  }

  #signal(signal: 'SIGINT' | 'SIGTERM'): void {
    if (this.#echo === signal) return;
    if (this.#stopReason !== undefined) {
      this.#environment.log.warning('ended at once by a second signal: flows not yet exported are lost');
      this.#control.exit(statusOf[signal]);
      return;
    }
    this.#stop(signal);
    this.#echo = signal;
    const forget = (): void => {
      this.#echo = undefined;
    };
    this.#cleanUp.push(this.#control.setTimer(forget, echoMs));
  }

  /** Asks the probe to stop, now or as soon as it has started, and ends the process when that takes too long. */
  #stop(reason: string): void {
    if (this.#stopReason === undefined) {
      this.#cleanUp.push(
        this.#control.setTimer(() => {
          this.#log.error(`not stopped within ${stopLimitMs / 1000} s: some flows are lost`);
          this.#control.exit(1);
        }, stopLimitMs),
      );
      this.#notice?.stopping(reason);
    }
    this.#stopReason = reason;
    this.#probe?.stop(reason).catch((error: unknown) => this.#log.error(describeError(error).lines.join('; ')));
  }

  /** A reader that has left is a normal end (weir | head); a disk that is full is not. */
  #stdoutError(error: NodeJS.ErrnoException): void {
    if (this.#stopReason !== undefined) return;
    if (error.code !== 'EPIPE') {
      this.#failed = true;
      this.#log.error(`stdout: ${error.message}`);
    }
    this.#stop('stdout was closed');
  }

  async #reload(): Promise<void> {
    if (this.#stopReason !== undefined) return;
    if (!this.#probe) {
      this.#reloadWaits = true; // it may have read its configuration before that changed
      return;
    }
    this.#notice?.reloading();
    let why = '';
    try {
      const { options, restart } = reloadedOptions(this.#options, this.#loadAgain());
      for (const name of restart) this.#log.warning(`${name} has changed; it takes effect with a restart`);
      await this.#probe.reload(options);
      this.#options = options;
    } catch (error) {
      const lines = describeError(error).lines.map((line) => line.trim());
      for (const line of lines) this.#log.error(`not reloaded: ${line}`);
      why = lines[0] ?? 'the configuration is wrong';
    }
    this.#probe.reopen();
    if (this.#stopReason === undefined) this.#notice?.reloaded(why);
  }
}
