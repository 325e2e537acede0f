// What must not grow: judged over the quiet points behind the warm-up of one compressed hour; where these are too few for a
// trend, by what there is more than at the first.
import { nativeOctets, type Sample } from './sampling.js';
import { slopeOf } from './trend.js';

export interface Bound {
  name: string;
  of: (sample: Sample) => number;
  /** Per compressed hour, by the robust slope; and from the first to the last quiet point behind the warm-up. */
  slope: number;
  total: number;
  /** More than the total, where the warm-up is among the points: caches and heaps reach their size. */
  warmUp: number;
  unit: string;
}

const mebi = 1 << 20;
const asMib = (octets: number): string => `${(octets / mebi).toFixed(2)} MB`;

/** Of weir. */
export const bounds: readonly Bound[] = [
  { name: 'native memory', of: nativeOctets, slope: 3 * mebi, total: 16 * mebi, warmUp: 32 * mebi, unit: 'octets' },
  {
    ...{ name: 'V8 heap in use', of: ({ heapUsed }) => heapUsed },
    ...{ slope: mebi / 2, total: 2 * mebi, warmUp: 2 * mebi, unit: 'octets' },
  },
  { name: 'RSS', of: ({ rss }) => rss, slope: 4 * mebi, total: 16 * mebi, warmUp: 48 * mebi, unit: 'octets' },
  { name: 'descriptors', of: ({ descriptors }) => descriptors, slope: 0.5, total: 4, warmUp: 4, unit: '' },
  { name: 'threads', of: ({ threads }) => threads, slope: 0.5, total: 1, warmUp: 0, unit: '' },
];

/** Of the supervisor: its V8 tells nothing, and it has nothing to fill. */
export const supervisorBounds: readonly Bound[] = bounds
  .filter(({ name }) => ['RSS', 'descriptors', 'threads'].includes(name))
  .map((bound) => ({ ...bound, warmUp: 0 }));

/** Points that make a trend. */
const trendPoints = 3;

/** One line each; broken ones begin with what is broken. */
export function judgeGrowth(
  quiet: readonly Sample[],
  limits: readonly Bound[] = bounds,
): { broken: string[]; facts: string[] } {
  const behind = quiet.slice(1);
  const trend = behind.length >= trendPoints;
  const judged = trend ? behind : quiet;
  if (judged.length < 2) return { broken: [], facts: ['growth was not evaluated: there is one quiet point'] };
  const broken: string[] = [];
  const facts: string[] = [];
  for (const { name, of, slope, total, warmUp, unit } of limits) {
    const points = judged.map((sample) => ({ x: sample.minute / 60, y: of(sample) }));
    const found = slopeOf(points);
    const grown = points.at(-1)!.y - points[0]!.y;
    const most = trend ? total : total + warmUp;
    const text = (value: number): string => (unit === '' ? value.toFixed(2) : asMib(value));
    const line = `${name}: ${text(found)} a compressed hour, ${text(grown)} over ${judged.length - 1} hours`;
    if (trend && found > slope && grown > 0) broken.push(`${line}, at most ${text(slope)} an hour`);
    else if (grown > most) broken.push(`${line}, at most ${text(most)} in all`);
    else facts.push(line);
  }
  return { broken, facts };
}
