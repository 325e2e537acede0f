// What weir may say at level warning or error during a soak: by pattern, each tied to the faults that explain it and
// bounded in number, so that a line which repeats for ever is found.
import type { Fault } from './schedule.js';

interface Allowed {
  pattern: RegExp;
  /** Faults that explain it. */
  because: (fault: Fault) => boolean;
  /** Lines for each of them. */
  lines: number;
  /** And so many without any: on a busy machine queues and spools are full too. */
  besides?: number;
}

const of =
  (...whats: string[]) =>
  ({ what }: Fault): boolean =>
    whats.includes(what);

const streams = of('tcp', 'http', 'tight', 'kafka');
const disks = of('disk', 'tight');

const invalid = ({ what, how }: Fault): boolean => what === 'reload' && how === 'invalid';

const allowed: Allowed[] = [
  { pattern: /documentation only; set your own/, because: () => false, lines: 0 },
  {
    pattern: /^(tcp|http):.*(ECONNREFUSED|ECONNRESET|EPIPE|closed by|socket hang up|no answer|HTTP 503).*next attempt/,
    because: streams,
    lines: 2,
  },
  { pattern: /^udp:.*ECONNREFUSED \(counted/, because: of('udp'), lines: 1 },
  { pattern: /ENOSPC/, because: disks, lines: 4 },
  {
    pattern: /dropped: the (file cannot be written|queue of the sink is full|spool has reached its size)/,
    because: disks,
    lines: 3,
    besides: 4,
  },
  {
    pattern: /^far0: (went down or vanished|there is no interface|is down; capture begins)/,
    because: of('interface'),
    lines: 2,
  },
  // Of one that crashed while the interface was away.
  { pattern: /^no interface 'far0' .*: waiting for it/, because: of('interface'), lines: 1 },
  { pattern: /^weir crashed \(SIG/, because: of('crash'), lines: 1 },
  { pattern: /^not reloaded: /, because: invalid, lines: 3 },
  { pattern: /restart/, because: of('reload'), lines: 1 },
  { pattern: /^kafka:.*(no broker is reachable|_TRANSPORT|_TIMED_OUT)/, because: of('kafka'), lines: 2 },
];

/** The line that is no JSON, by design: heap_collector.ts says it. */
const plain = /^soak: heap collected$/;

interface Line {
  level: string;
  msg: string;
}

export interface LogVerdict {
  /** Broken rules. */
  broken: string[];
  warnings: number;
  /** All lines of JSON, of every level. */
  lines: number;
}

function asLine(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

export function judgeLog(text: string, faults: readonly Fault[]): LogVerdict {
  const lines: Line[] = [];
  const counts = new Map<Allowed, string[]>();
  const unexpected = new Map<string, number>();
  const surprised = (what: string): void => {
    const shape = what.replaceAll(/\d+/g, 'N');
    unexpected.set(shape, (unexpected.get(shape) ?? 0) + 1);
  };
  for (const line of text.split('\n').filter((one) => one !== '' && !plain.test(one))) {
    const parsed = asLine(line);
    if (parsed === undefined) surprised(`no JSON: ${line}`);
    else lines.push(parsed);
  }
  const loud = lines.filter(({ level }) => level === 'warning' || level === 'error');
  for (const { level, msg } of loud) {
    const rule = allowed.find(({ pattern }) => pattern.test(msg));
    if (rule) counts.set(rule, [...(counts.get(rule) ?? []), msg]);
    else surprised(`${level}: ${msg}`);
  }
  const broken = [...unexpected].map(([shape, count]) => `unexpected in the log, ${count} times: ${shape}`);
  for (const [{ pattern, because, lines: each, besides = 1 }, said] of counts) {
    const most = besides + faults.filter(because).length * each;
    if (said.length > most)
      broken.push(`${said.length} lines ${pattern}, at most ${most} are explained: ${said.at(-1)}`);
  }
  return { broken, warnings: loud.length, lines: lines.length };
}
