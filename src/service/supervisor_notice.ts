// What the supervisor itself tells the service manager: its child speaks for the service, but between two children nobody
// would, and only the supervisor knows whether a child that ends is the end of the service.
import { assignment, type ServiceManager } from './systemd.js';
import { startLimitMs } from './notice.js';

export class SupervisorNotice {
  readonly #manager: ServiceManager;
  readonly #setTimer: (call: () => void, ms: number) => () => void;
  #cancel: () => void = () => {};
  #stopping = false;

  constructor(manager: ServiceManager, setTimer: (call: () => void, ms: number) => () => void) {
    this.#manager = manager;
    this.#setTimer = setTimer;
  }

  /** No child lives, the next one starts after pauseMs: that is neither a hang nor, before the first READY=1, a late start. */
  pausing(why: string, pauseMs: number): void {
    if (this.#stopping) return;
    const extension = Math.round((pauseMs + startLimitMs) * 1000);
    this.#manager.send([`EXTEND_TIMEOUT_USEC=${extension}`, assignment('STATUS', why)].join('\n'));
    this.#feed();
  }

  /** A child was started: it feeds the watchdog from its first moment on. */
  started(): void {
    this.#cancel();
    if (this.#manager.watchdogMs > 0) this.#manager.send('WATCHDOG=1');
  }

  stopping(reason: string): void {
    if (this.#stopping) return;
    this.#cancel();
    this.#stopping = true;
    this.#manager.send(['STOPPING=1', assignment('STATUS', `stopping: ${reason}`)].join('\n'));
  }

  #feed(): void {
    this.#cancel();
    if (this.#manager.watchdogMs === 0) return;
    this.#manager.send('WATCHDOG=1');
    this.#cancel = this.#setTimer(() => this.#feed(), this.#manager.watchdogMs / 2);
  }
}
