// build/soak.md: a line for each compressed hour, the faults, and the verdicts.
import { nativeOctets } from './sampling.js';
import type { RoundResult, Soak } from './soak.js';

const mib = (octets: number): string => (octets / (1 << 20)).toFixed(1);
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

const columns: [string, (result: RoundResult, before: RoundResult | undefined) => string | number][] = [
  ['hour', ({ round }) => round],
  ['flows', ({ flows }, before) => flows - (before?.flows ?? 0)],
  ['records', ({ records }, before) => records - (before?.records ?? 0)],
  ['faults', ({ faults }) => faults.length],
  ['RSS MB, most', ({ most }) => mib(most.rss)],
  ['RSS MB, quiet', ({ quiet }) => mib(quiet.rss)],
  ['native MB', ({ quiet }) => mib(nativeOctets(quiet))],

  ['V8 heap MB', ({ quiet }) => mib(quiet.heapUsed)],
  ['descriptors, most', ({ most }) => most.descriptors],
  ['descriptors, quiet', ({ quiet }) => quiet.descriptors],
  ['threads', ({ quiet }) => quiet.threads],
  ['spool MB, most', ({ most }) => mib(most.spool)],
  ['settled in s', ({ settling }) => settling.toFixed(1)],
];

export function tableOf(rounds: readonly RoundResult[]): string {
  return [
    row(columns.map(([name]) => name)),
    row(columns.map(() => '---')),
    ...rounds.map((result, index) => row(columns.map(([, cell]) => cell(result, rounds[index - 1])))),
  ].join('\n');
}

function faultsOf(rounds: readonly RoundResult[]): string {
  const counts = new Map<string, number>();
  for (const { faults } of rounds)
    for (const { what, how } of faults) counts.set(`${what} ${how}`, (counts.get(`${what} ${how}`) ?? 0) + 1);
  return [...counts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([fault, count]) => `${fault} ${count}`)
    .join(', ');
}

export function reportOf({
  options,
  rounds,
  broken,
  facts,
}: Pick<Soak, 'options' | 'rounds' | 'broken' | 'facts'>): string {
  const { hours, compress, seed, supervised } = options;
  const what = `${hours} compressed hours, ${compress} times faster than the clock, seed ${seed}`;
  return [
    `# Soak: ${what}${supervised ? ', supervised' : ''}`,
    tableOf(rounds),
    `Faults: ${faultsOf(rounds)}.`,
    facts.map((fact) => `- ${fact}`).join('\n'),
    broken.length === 0 ? 'All laws held.' : `Broken:\n\n${broken.map((law) => `- ${law}`).join('\n')}`,
    '',
  ].join('\n\n');
}
