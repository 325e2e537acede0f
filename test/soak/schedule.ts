// The soak's plan, from a seed alone: what goes wrong when, and how much traffic there is meanwhile. Times are compressed:
// a minute here is 60/compress seconds of the clock.
import { below, seededRandom } from '../support/seeded_random.js';
import type { Manner } from './collectors.js';

export interface SoakOptions {
  /** Compressed hours. */
  hours: number;
  /** How many times faster than the clock. */
  compress: number;
  seed: number;
  /** Numbered flows in a compressed hour. */
  flowsAnHour: number;
  /** Kinds of faults; empty: all. */
  only: readonly string[];
  /** Under --supervise, whose child crashes now and then. */
  supervised: boolean;
}

export interface Fault {
  /** Which thing: a sink's name, interface, disk, reload, clock, cgroups, crash. */
  what: string;
  how: string;
  /** Minutes from the begin of its round. */
  from: number;
  to: number;
}

export interface Round {
  /** Compressed minutes of traffic and faults before the quiet point. */
  busy: number;
  faults: Fault[];
  /** Minutes at which the cache is flooded, and spans without packets. */
  floods: number[];
  idles: { from: number; to: number }[];
}

const roundMinutes = 60;
const busyShare = 0.8;

/** What each thing can suffer. */
export const troubles: Record<string, readonly string[]> = {
  tcp: ['away', 'resets', 'hangs', 'slow', 'halfCloses'] satisfies Manner[],
  http: ['away', 'resets', 'hangs', 'slow', 'errors'] satisfies Manner[],
  kafka: ['away', 'slow', 'errors', 'hangs'] satisfies Manner[],
  udp: ['away'] satisfies Manner[],
  tight: ['away', 'hangs'] satisfies Manner[],
  disk: ['full'],
  interface: ['down', 'deleted'],
  reload: ['timeouts', 'level', 'lists', 'invalid', 'restart'],
  clock: ['hour forward', 'hour back', 'second back', 'day forward'],
  crash: ['SIGSEGV', 'SIGABRT', 'SIGBUS'],
};
/** How often in a full round. */
const frequency: Record<string, number> = { reload: 4, interface: 2, clock: 2, disk: 1, udp: 1, crash: 1 };
const usualFrequency = 3;

export function plan(options: SoakOptions): Round[] {
  const random = seededRandom(options.seed);
  const rounds: Round[] = [];
  for (let left = options.hours * roundMinutes; left > 0; left -= roundMinutes)
    rounds.push(round(Math.min(left, roundMinutes), rounds.length, options, random));
  return rounds;
}

/** The plan without what cannot be done here; missing: why, by thing. */
export function feasible(rounds: readonly Round[], missing: ReadonlyMap<string, string>): Round[] {
  return rounds.map((one) => ({ ...one, faults: one.faults.filter(({ what }) => !missing.has(what)) }));
}

function round(minutes: number, number: number, options: SoakOptions, random: () => number): Round {
  const busy = minutes * busyShare;
  const faults: Fault[] = [];
  for (const [what, hows] of Object.entries(troubles)) {
    if (what === 'crash' && !options.supervised) continue;
    if (options.only.length > 0 && !options.only.includes(what)) continue;
    const times = Math.max(1, Math.round(((frequency[what] ?? usualFrequency) * minutes) / roundMinutes));
    faults.push(...spread(what, hows, { times, busy, number }, random));
  }
  faults.sort((one, other) => one.from - other.from);
  const idle = busy * (0.3 + 0.3 * random());
  return {
    busy,
    faults,
    floods: [busy * (0.1 + 0.8 * random())],
    idles: [{ from: idle, to: idle + busy * 0.08 }],
  };
}

/** Faults of one thing never overlap, and all of its troubles come in turn over the rounds. */
function spread(
  what: string,
  hows: readonly string[],
  { times, busy, number }: { times: number; busy: number; number: number },
  random: () => number,
): Fault[] {
  const slot = busy / times;
  const begin = below(random, hows.length);
  return Array.from({ length: times }, (_, index) => {
    const how = hows[(begin + number * times + index) % hows.length]!;
    const from = index * slot + slot * 0.3 * random();
    return { what, how, from, to: from + slot * (0.2 + 0.4 * random()) };
  });
}
