// Pace of one exporter in flow records a second (--max-export-rate), for collectors whose sockets overflow.

const burstSeconds = 0.01; // short bursts: a receiver's socket buffer is small

export class TokenBucket {
  #rate: number;
  #burst: number;
  #tokens: number;
  #at: number;

  /** rate: records a second, 0 = no limit. nowMs: monotonic. */
  constructor(rate: number, nowMs: number) {
    this.#rate = rate;
    this.#burst = Math.max(1, rate * burstSeconds);
    this.#tokens = this.#burst;
    this.#at = nowMs;
  }

  /** Records that may go now, Infinity without a limit. A unit may go when this is above 0, even if it holds more. */
  available(nowMs: number): number {
    if (this.#rate === 0) return Infinity;
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#at) * this.#rate) / 1000);
    this.#at = nowMs;
    return this.#tokens;
  }

  /** records went; may leave a debt, which later units wait for. */
  take(records: number): void {
    if (this.#rate !== 0) this.#tokens -= records;
  }

  /** Milliseconds until something may go. */
  waitMs(): number {
    return this.#tokens > 0 ? 0 : Math.floor((-this.#tokens * 1000) / this.#rate) + 1;
  }
}
