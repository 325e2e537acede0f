// What the matrix of attribution must reach: the same on the host and in the guests of npm run test:kernels.
import { type Judgement, sumRows } from './attribution_judge.js';

const leastRight = 0.999;

const share = (right: number, ends: number) => `${right} of ${ends} ends are right, not ${100 * leastRight} %`;

/** Socket events name every end; an end that nobody can know is said to be unsure. */
function missedByBpf({ rows }: Judgement): string[] {
  const clear = sumRows(rows);
  const ambiguous = sumRows(rows, true);
  const sure = ambiguous.counts.wrong + ambiguous.counts.certain;
  return [
    ...(clear.rightRate >= leastRight
      ? []
      : [`${share(clear.counts.right, clear.ends)}: ${JSON.stringify(clear.counts)}`]),
    ...(clear.counts.wrong === 0 ? [] : [`${clear.counts.wrong} of ${clear.ends} ends are wrong`]),
    ...(sure === 0 ? [] : [`${sure} of ${ambiguous.ends} ambiguous ends are not said to be tentative`]),
  ];
}

/** sock_diag knows the sockets that live long, and says of none a wrong process. */
function missedByDiag({ rows }: Judgement): string[] {
  const old = sumRows(rows.filter((row) => row.case.startsWith('old_')));
  const { wrong } = sumRows(rows).counts;
  return [
    ...(old.rightRate >= leastRight ? [] : [`of old sockets ${share(old.counts.right, old.ends)}`]),
    ...(wrong === 0 ? [] : [`${wrong} ends are wrong`]),
  ];
}

/** A line for each bar that was missed. */
export function missedBars(tier: 'bpf' | 'diag', judgement: Judgement): string[] {
  return tier === 'bpf' ? missedByBpf(judgement) : missedByDiag(judgement);
}
