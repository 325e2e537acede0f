// The terminal under the screen: written without ever making the process wait (Node writes to terminals synchronously, and one
// that is stuck would stop the probe too), put back as it was on every way out.
import { write as writeAt, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

const enter = '\u001b[?1049h\u001b[?25l\u001b[H'; // the alternate screen, no cursor
const clear = '\u001b[2J\u001b[H';
const leave = '\u001b[?25h\u001b[?1049l';
const retryMs = 20;

export class Terminal extends Writable {
  readonly isTTY = true;
  #under: NodeJS.WriteStream;
  #fd: number;
  #entered = false;

  constructor(under: NodeJS.WriteStream & { fd: number }) {
    super({ decodeStrings: true, highWaterMark: 1 << 16 });
    this.#under = under;
    this.#fd = under.fd;
    this.on('error', () => {}); // a terminal that is gone sends SIGHUP too
  }

  get columns(): number {
    return this.#under.columns || 80;
  }

  get rows(): number {
    return this.#under.rows || 24;
  }

  /** True while the terminal has not taken all of the last frame: no further one is worth being made. */
  get busy(): boolean {
    return this.writableLength > 0;
  }

  enter(): void {
    this.#entered = true;
    this.#under.on('resize', this.#resized);
    this.write(enter);
  }

  /** Resolves when all that was written has left. */
  drained(): Promise<void> {
    return new Promise((resolve) => void this.write('', () => resolve()));
  }

  /** At once, since the process may be about to end. Idempotent. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#under.off('resize', this.#resized);
    try {
      writeSync(this.#fd, leave);
    } catch {
      // the terminal is gone (SIGHUP), or takes nothing: there is nothing to put back
    }
  }

  /** ink erases as many lines as it wrote, which may be others now. */
  #resized = (): void => {
    this.write(clear);
    this.emit('resize');
  };

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#push(chunk, 0, done);
  }

  #push(chunk: Buffer, from: number, done: (error?: Error | null) => void): void {
    writeAt(this.#fd, chunk, from, chunk.length - from, null, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#push(chunk, from, done), retryMs);
      else if (error) done(error);
      else if (from + written < chunk.length) this.#push(chunk, from + written, done);
      else done();
    });
  }
}
