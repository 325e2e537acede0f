// What must not grow: judged over the quiet points behind the warm-up of one compressed hour.
import { nativeOctets, type Sample } from './sampling.js';
import { slopeOf } from './trend.js';

interface Bound {
  name: string;
  of: (sample: Sample) => number;
  /** Per compressed hour, by the robust slope; and from the first to the last quiet point behind the warm-up. */
  slope: number;
  total: number;
  unit: string;
}

const mebi = 1 << 20;
const asMib = (octets: number): string => `${(octets / mebi).toFixed(2)} MB`;

const bounds: readonly Bound[] = [
  { name: 'native memory', of: nativeOctets, slope: 3 * mebi, total: 16 * mebi, unit: 'octets' },
  { name: 'V8 heap in use', of: ({ heapUsed }) => heapUsed, slope: mebi / 2, total: 2 * mebi, unit: 'octets' },
  { name: 'RSS', of: ({ rss }) => rss, slope: 4 * mebi, total: 16 * mebi, unit: 'octets' },
  { name: 'descriptors', of: ({ descriptors }) => descriptors, slope: 0.5, total: 4, unit: '' },
  { name: 'threads', of: ({ threads }) => threads, slope: 0.5, total: 1, unit: '' },
];

/** Of a process whose V8 tells nothing: the supervisor. */
export const seenFromOutside = ['RSS', 'descriptors', 'threads'];

/** One line each; broken ones begin with what is broken. names: only these bounds. */
export function judgeGrowth(
  quiet: readonly Sample[],
  names?: readonly string[],
): { broken: string[]; facts: string[] } {
  const broken: string[] = [];
  const facts: string[] = [];
  const after = quiet.slice(1);
  if (after.length < 3) return { broken, facts };
  for (const { name, of, slope, total, unit } of bounds.filter((bound) => names?.includes(bound.name) ?? true)) {
    const points = after.map((sample) => ({ x: sample.minute / 60, y: of(sample) }));
    const found = slopeOf(points);
    const grown = points.at(-1)!.y - points[0]!.y;
    const text = (value: number): string => (unit === '' ? value.toFixed(2) : asMib(value));
    const line = `${name}: ${text(found)} a compressed hour, ${text(grown)} over ${after.length - 1} hours`;
    if (found > slope && grown > 0) broken.push(`${line}, at most ${text(slope)} an hour`);
    else if (grown > total) broken.push(`${line}, at most ${text(total)} in all`);
    else facts.push(line);
  }
  return { broken, facts };
}
