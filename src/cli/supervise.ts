// --supervise: a small process that starts weir as its child, with the same arguments, and again when it crashes. What
// crashes a probe is most likely nDPI, which reads what strangers send: after three crashes weir goes on without it for
// an hour. Any other end is passed on, a SIGKILL too: whoever sent it wants weir gone.
import { constants } from 'node:os';
import type { SupervisorNotice } from '../service/supervisor_notice.js';
import type { Logger } from '../telemetry/log.js';
import type { ProcessControl } from './live_run.js';

/** How a process ended: by itself, or by a signal. */
export interface Ending {
  status: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  kill(signal: NodeJS.Signals): void;
  /** Rejects when it could not be started. */
  readonly ended: Promise<Ending>;
}

export interface SupervisorControl extends Pick<ProcessControl, 'onSignal' | 'setTimer'> {
  /** Starts weir with these arguments (without node and script). */
  startChild(args: readonly string[]): Child;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
}

const crashSignals: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP']);
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const minute = 60_000;
const crashWindowMs = 10 * minute;
/** So many crashes within the window, and weir goes on without DPI. */
const crashLimit = 3;
const withoutDpiMs = 60 * minute;
/** 1 s after the first crash of the window, then 2, 4 ... */
const firstPauseMs = 1000;
const longestPauseMs = minute;

/** The arguments of the child: what stands last wins. */
export function childArguments(argv: readonly string[], withDpi: boolean): string[] {
  const operands = argv.indexOf('--');
  const own = ['--no-supervise', ...(withDpi ? [] : ['--dpi', 'off'])];
  return operands < 0 ? [...argv, ...own] : [...argv.slice(0, operands), ...own, ...argv.slice(operands)];
}

/** As a shell says it: 128 and the number of the signal. */
function statusOf({ status, signal }: Ending): number {
  return signal === null ? (status ?? 1) : 128 + constants.signals[signal];
}

export class Supervisor {
  readonly #argv: readonly string[];
  readonly #usesDpi: boolean;
  readonly #log: Logger;
  readonly #control: SupervisorControl;
  readonly #notice: SupervisorNotice | undefined;
  #child: Child | undefined;
  /** Times of the crashes within the window. */
  #crashes: number[] = [];
  #withDpi = true;
  /** The child was asked to end so that another one starts. */
  #renewing = false;
  #stopped = false;
  #endPause: () => void = () => {};
  #cancelReturn: () => void = () => {};

  /** usesDpi: these arguments do not turn DPI off themselves; notice: tells the service manager, where there is one. */
  constructor(
    argv: readonly string[],
    usesDpi: boolean,
    log: Logger,
    control: SupervisorControl,
    notice?: SupervisorNotice,
  ) {
    this.#argv = argv;
    this.#usesDpi = usesDpi;
    this.#log = log;
    this.#control = control;
    this.#notice = notice;
  }

  /** Runs to the end of the last child; its exit status. */
  async run(): Promise<number> {
    const undo = signals.map((signal) => this.#control.onSignal(signal, () => this.#signal(signal)));
    try {
      for (;;) {
        const ending = await this.#runChild();
        if (this.#stopped || !(this.#renewing || this.#hasCrashed(ending))) return statusOf(ending);
        if (!this.#renewing) await this.#pause(this.#afterCrash(ending));
        if (this.#stopped) return 0;
        this.#renewing = false;
      }
    } finally {
      this.#cancelReturn();
      for (const one of undo) one();
    }
  }

  async #runChild(): Promise<Ending> {
    this.#child = this.#control.startChild(childArguments(this.#argv, this.#withDpi));
    this.#notice?.started();
    const ending = await this.#child.ended;
    this.#child = undefined;
    return ending;
  }

  #hasCrashed({ signal }: Ending): boolean {
    if (signal === null) return false;
    if (crashSignals.has(signal)) return true;
    this.#log.error(`weir was ended by ${signal}: not started again`);
    return false;
  }

  /** Says what comes; the pause before it, ms. */
  #afterCrash({ signal }: Ending): number {
    const now = this.#control.now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < crashWindowMs), now];
    const count = this.#crashes.length;
    const pauseMs = Math.min(firstPauseMs * 2 ** (count - 1), longestPauseMs);
    const what = `weir crashed (${signal}): flows that were not exported yet are lost`;
    if (count < crashLimit || !this.#withDpi || !this.#usesDpi) {
      this.#log.error(`${what}; starting it again in ${pauseMs / 1000} s`);
      return pauseMs;
    }
    this.#withDpi = false;
    this.#crashes = [];
    this.#cancelReturn = this.#control.setTimer(() => this.#returnToDpi('an hour has passed'), withoutDpiMs);
    this.#log.error(
      `${what}; ${crashLimit} crashes within ${crashWindowMs / minute} minutes: starting it in ${pauseMs / 1000} s without ` +
        'DPI, for an hour or until SIGHUP; `weir doctor` has the version of libndpi',
    );
    return pauseMs;
  }

  /** Waits until it is time, or a signal comes. */
  #pause(ms: number): Promise<void> {
    this.#notice?.pausing(`weir crashed: it is started again in ${ms / 1000} s`, ms);
    return new Promise((resolve) => {
      const cancel = this.#control.setTimer(resolve, ms);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  #returnToDpi(why: string): void {
    this.#cancelReturn();
    this.#withDpi = true;
    this.#crashes = [];
    this.#log.info(`${why}: ${this.#child ? 'starting weir anew' : 'weir starts'} with DPI again`);
    if (!this.#child) return;
    this.#renewing = true;
    this.#child.kill('SIGTERM'); // flows leave, sinks flush: nothing is lost
  }

  #signal(signal: (typeof signals)[number]): void {
    if (signal === 'SIGHUP') {
      if (!this.#withDpi) this.#returnToDpi('SIGHUP');
      else this.#child?.kill(signal);
      return;
    }
    // One that is ending already would take a second signal for haste.
    if (this.#renewing) this.#renewing = false;
    else this.#child?.kill(signal);
    this.#stopped = true;
    this.#notice?.stopping(signal);
    this.#endPause();
  }
}
