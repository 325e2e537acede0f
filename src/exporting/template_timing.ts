// When templates are sent (RFC 7011 section 8): at the begin of every Transport Session; over UDP, where a message may
// be lost and a collector may restart, again and again.

export interface TemplateTimingOptions {
  /** Milliseconds between two refreshes, 0 = never (TCP, files). */
  refreshMs: number;
  /** Messages between two refreshes, 0 = by time alone. */
  refreshMessages: number;
}

export class TemplateTiming {
  #options: TemplateTimingOptions;
  #sentAt: number | undefined;
  #messages = 0;

  constructor(options: TemplateTimingOptions) {
    this.#options = options;
  }

  /** A new Transport Session knows no template. */
  newSession(): void {
    this.#sentAt = undefined;
  }

  /** Due at once, where templates are sent again and again at all. */
  again(): void {
    const { refreshMs, refreshMessages } = this.#options;
    if (this.#sentAt !== undefined && (refreshMs > 0 || refreshMessages > 0)) this.#sentAt = -Infinity;
  }

  due(nowMs: number): boolean {
    if (this.#sentAt === undefined) return true;
    const { refreshMs, refreshMessages } = this.#options;
    return (
      this.#sentAt === -Infinity ||
      (refreshMs > 0 && nowMs - this.#sentAt >= refreshMs) ||
      (refreshMessages > 0 && this.#messages >= refreshMessages)
    );
  }

  /** True when these are the first templates of the session. */
  get first(): boolean {
    return this.#sentAt === undefined;
  }

  templatesSent(nowMs: number): void {
    this.#sentAt = nowMs;
    this.#messages = 0;
  }

  messagesSent(messages: number): void {
    this.#messages += messages;
  }

  /** Messages that may still go before a refresh by count is due. */
  get messagesLeft(): number {
    const { refreshMessages } = this.#options;
    return refreshMessages > 0 ? Math.max(0, refreshMessages - this.#messages) : Infinity;
  }

  /** Milliseconds until a refresh by time is due, undefined when there is none. */
  waitMs(nowMs: number): number | undefined {
    if (this.#sentAt === undefined || this.#options.refreshMs === 0) return undefined;
    return Math.max(1, this.#sentAt + this.#options.refreshMs - nowMs);
  }
}
