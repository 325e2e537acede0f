// Those who send flow records, each with its own clock: a window is the same moments by all of their clocks.
import type { Observation } from './observation.js';
import { Timeline } from './recent.js';
import type { Window } from './talkers.js';

interface Sender {
  timeline: Timeline;
  heardMs: number;
}

/** Windows of one length, one for each sender. */
export interface Windows {
  /** By the clock that is nearest to ours. */
  shown: Window;
  of: (observation: Observation) => Window | undefined;
}

export class Senders {
  #senders = new Map<string, Sender>();
  #capacity: number;

  constructor(capacity = 256) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#senders.size;
  }

  note(observation: Observation, nowMs: number): void {
    const { exporter } = observation;
    const sender = this.#senders.get(exporter) ?? this.#add(exporter, nowMs);
    sender.heardMs = nowMs;
    sender.timeline.note(observation, nowMs);
  }

  /** The last so many milliseconds, back to when `sinceMs` was by our clock. */
  windows(lengthMs: number, sinceMs: number, nowMs: number): Windows {
    const all = [...this.#senders].map(([name, { timeline }]) => ({ name, timeline }));
    if (all.length === 0) all.push({ name: '', timeline: new Timeline() });
    const lag = Math.max(...all.map(({ timeline }) => timeline.lagMs));
    const length = Math.max(0, Math.min(lengthMs, nowMs - sinceMs - lag));
    let nearest = Number.POSITIVE_INFINITY;
    let shown: Window = { fromMs: nowMs, toMs: nowMs };
    const windows = new Map<string, Window>();
    for (const { name, timeline } of all) {
      const toMs = timeline.edge(nowMs);
      const window = { fromMs: toMs - length, toMs };
      windows.set(name, window);
      if (Math.abs(timeline.leastDelayMs) >= nearest) continue;
      nearest = Math.abs(timeline.leastDelayMs);
      shown = window;
    }
    return { shown, of: ({ exporter }) => windows.get(exporter) };
  }

  /** Room is made by those that were not heard for longest. */
  #add(name: string, nowMs: number): Sender {
    if (this.#senders.size >= this.#capacity) {
      const [oldest] = [...this.#senders].sort(([, a], [, b]) => a.heardMs - b.heardMs);
      this.#senders.delete((oldest as [string, Sender])[0]);
    }
    const made = { timeline: new Timeline(), heardMs: nowMs };
    this.#senders.set(name, made);
    return made;
  }
}
