// The life of one runtime's socket: connect, list, watch; when it goes away, come back slower and slower. Never throws.
import { access } from 'node:fs/promises';
import type { Clock } from './clock.js';
import { type ContainerChange, isContainerId, type RuntimeClient, type SeenContainer } from './runtime_client.js';
import type { RuntimeSocket } from './runtimes.js';
import { reasonOf } from './unix_http.js';

/** asking: for the first time; absent: nothing answers; following: told of changes; polling: asked every few seconds; away: was there, comes back. */
export type RuntimeState = 'asking' | 'absent' | 'following' | 'polling' | 'away' | 'closed';

export interface RuntimeStatus {
  kind: RuntimeSocket['kind'];
  socket: string;
  configured: boolean;
  state: RuntimeState;
  /** Name and version of the engine, '' before it answered. */
  engine: string;
  /** Containers that ran when it was last listed. */
  containers: number;
  /** Why it is absent or away, '' when it is not. */
  reason: string;
}

export interface FollowerEvents {
  /** Containers as they are now. */
  onSeen(seen: readonly SeenContainer[]): void;
  onState(status: RuntimeStatus, before: RuntimeState): void;
}

const firstRetryMs = 500;
const lastRetryMs = 30_000;
export const pollMs = 5_000;
/** Changed containers that wait to be looked at; beyond that all of them are listed anew. */
const maxChanged = 1024;

export class RuntimeFollower {
  readonly socket: RuntimeSocket;
  readonly client: RuntimeClient;
  readonly #clock: Clock;
  readonly #events: FollowerEvents;
  #state: RuntimeState = 'asking';
  #engine = '';
  #containers = 0;
  #reason = '';
  #retryMs = firstRetryMs;
  #cancelTimer = (): void => {};
  #abort = new AbortController();
  #changed = new Map<string, ContainerChange>();
  #reading = false;
  #relist = false;

  constructor(socket: RuntimeSocket, client: RuntimeClient, clock: Clock, events: FollowerEvents) {
    this.socket = socket;
    this.client = client;
    this.#clock = clock;
    this.#events = events;
  }

  status(): RuntimeStatus {
    return {
      kind: this.socket.kind,
      socket: this.socket.path,
      configured: this.socket.configured === true,
      state: this.#state,
      engine: this.#engine,
      containers: this.#containers,
      reason: this.#reason,
    };
  }

  get answers(): boolean {
    return this.#state === 'following' || this.#state === 'polling';
  }

  /** Resolves when the socket was asked for the first time, whatever came of it. */
  async start(): Promise<void> {
    try {
      await access(this.socket.path); // before a library is loaded for a socket that is not there
      const { name, version } = await this.client.version();
      const since = this.#clock.wall();
      await this.#list();
      if (this.#closed) return;
      this.#engine = `${name} ${version}`.trim();
      this.#retryMs = firstRetryMs;
      this.#enter('following', '');
      void this.#watch(since);
    } catch (error) {
      this.#lost(error);
    }
  }

  close(): void {
    this.#state = 'closed';
    this.#cancelTimer();
    this.#abort.abort();
    this.client.close();
  }

  get #closed(): boolean {
    return this.#state === 'closed';
  }

  #enter(state: RuntimeState, reason: string): void {
    const before = this.#state;
    this.#state = state;
    this.#reason = reason;
    if (before !== state) this.#events.onState(this.status(), before);
  }

  #lost(error: unknown): void {
    if (this.#closed) return;
    this.#abort.abort();
    this.#enter(this.#engine === '' ? 'absent' : 'away', reasonOf(error));
    this.#later(this.#retryMs, () => void this.start());
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  #later(ms: number, call: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(ms, call);
  }

  async #list(): Promise<void> {
    const seen = await this.client.list();
    if (this.#closed) return;
    this.#containers = seen.filter(({ running, sandbox }) => running && !sandbox).length;
    this.#events.onSeen(seen);
  }

  async #watch(since: number): Promise<void> {
    this.#abort = new AbortController();
    try {
      await this.client.watch(since, (change) => this.#onChange(change), this.#abort.signal);
      if (this.#closed) return;
      this.#enter('polling', '');
      this.#later(pollMs, () => void this.#poll());
    } catch (error) {
      this.#lost(error);
    }
  }

  async #poll(): Promise<void> {
    try {
      await this.#list();
      if (!this.#closed) this.#later(pollMs, () => void this.#poll());
    } catch (error) {
      this.#lost(error);
    }
  }

  #onChange(change: ContainerChange): void {
    if (!isContainerId(change.id)) return;
    if (change.kind === 'gone') {
      this.#changed.delete(change.id); // what is known of it stays: its last flows may leave later
      return;
    }
    if (this.#changed.size < maxChanged) this.#changed.set(change.id, change);
    else this.#relist = true;
    if (!this.#reading) void this.#readChanged();
  }

  /** One after the other, so that a storm of short-lived containers costs the runtime no more than one client. */
  async #readChanged(): Promise<void> {
    this.#reading = true;
    while (!this.#closed) {
      const next = this.#changed.entries().next().value;
      if (next === undefined) break;
      const [id, change] = next;
      this.#changed.delete(id);
      try {
        const seen = (await this.client.container(id)) ?? change.seen;
        if (seen && !this.#closed) this.#events.onSeen([seen]);
      } catch {
        if (change.seen && !this.#closed) this.#events.onSeen([change.seen]); // what the event said is better than nothing
      }
    }
    this.#reading = false;
    if (!this.#relist || this.#closed) return;
    this.#relist = false;
    await this.#list().catch(() => {}); // the watch tells when the socket is gone
  }
}
