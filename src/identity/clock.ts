// Time as Identity needs it; tests move it on by hand.

export interface Clock {
  /** Milliseconds since 1970. */
  wall(): number;
  /** Calls later; returns what takes it back. */
  after(ms: number, call: () => void): () => void;
}

/** Its timers do not keep the process alive. */
export const unreferencedClock: Clock = {
  wall: Date.now,
  after(ms, call) {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};
