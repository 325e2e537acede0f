// stdout as the tables of `weir top` go there: its reader may leave, be slow, or take nothing any more.
import type { Logger } from '../telemetry/log.js';
import type { ProcessControl } from './live_run.js';

const defaultWidth = 120; // columns, when stdout is no terminal
const patienceMs = 2_000; // after a signal

export class TableOutput {
  /** Resolves when nothing can be written any more. */
  readonly gone: Promise<void>;
  #stdout: NodeJS.WriteStream;
  #tellGone: () => void = () => {};
  #failure: NodeJS.ErrnoException | undefined;

  constructor(stdout: NodeJS.WriteStream) {
    this.#stdout = stdout;
    this.gone = new Promise((resolve) => {
      this.#tellGone = resolve;
    });
    stdout.on('error', this.#failed);
  }

  get width(): number {
    return this.#stdout.columns || defaultWidth;
  }

  /** Too much waits for the reader already. */
  get busy(): boolean {
    return this.#stdout.writableNeedDrain;
  }

  write(text: string): void {
    // The call comes before the event, and the run may have ended between them.
    if (this.#failure === undefined) this.#stdout.write(text, (error) => void (error && this.#failed(error)));
  }

  /** Waits until all has left: without end for a slow reader, a moment only when a signal has asked for the end. The exit status. */
  async close(
    asked: Promise<void>,
    { setTimer, exit }: Pick<ProcessControl, 'setTimer' | 'exit'>,
    log: Logger,
  ): Promise<number> {
    let undo: () => void = () => {};
    const impatient = asked.then(
      () =>
        new Promise<'stuck'>((resolve) => {
          undo = setTimer(() => resolve('stuck'), patienceMs);
        }),
    );
    const left = new Promise<'left'>((resolve) => void this.#stdout.write('', () => resolve('left')));
    const how = await Promise.race([left, this.gone, impatient]);
    undo();
    if (how === 'stuck') {
      log.error('stdout: its reader takes nothing, and what was to be said still is lost');
      exit(1); // else the process would wait for it
    }
    this.#stdout.off('error', this.#failed);
    if (this.#failure === undefined) return how === 'stuck' ? 1 : 0;
    if (this.#failure.code === 'EPIPE') return 0;
    log.error(`stdout: ${this.#failure.message}`);
    return 1;
  }

  /** A reader that has left is a normal end (weir top | head); a disk that is full is not. */
  #failed = (error: NodeJS.ErrnoException): void => {
    this.#failure ??= error;
    this.#tellGone();
  };
}
