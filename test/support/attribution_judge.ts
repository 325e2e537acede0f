// The judge of attribution: weir's flow records against what the processes at the ends told of themselves.
// Each line of ground truth is one end of one flow and gets one verdict; wrong is worse than missing, so every wrong
// answer is explained in a line, and the rate of wrong answers is stated with its 95 % upper bound.
import { elementByName } from '../../src/fields/elements.js';
import { jsonKey } from '../../src/fields/naming.js';
import type { Flow } from './live_weir.js';

/** A line of test/support/workloads: who has this end of the flow. */
export interface Truth {
  case: string;
  role: string;
  protocol: number;
  local: string;
  lport: number;
  remote: string;
  rport: number;
  pid: number;
  startMs: number;
  comm: string;
  uid: number;
  gid: number;
  /** v2 id, 0 = not known. */
  cgroup: number;
  netns: number;
  timeMs: number;
  /** Nobody can know the owner: weir must say tentative. */
  ambiguous?: true;
  /** No process has this end: weir must name none. */
  nobody?: true;
}

/** What the judge reads of a record: put it into -T. */
export const judgedFields = [
  'sourceIPv4Address',
  'destinationIPv4Address',
  'sourceIPv6Address',
  'destinationIPv6Address',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'flowStartMilliseconds',
  'flowEndMilliseconds',
  ...['source', 'destination'].flatMap((side) =>
    [
      'ProcessId',
      'ProcessName',
      'ProcessStartMilliseconds',
      'UserId',
      'CgroupId',
      'MatchMethodName',
      'ProcessTentative',
    ].map((name) => side + name),
  ),
];

/**
 * right; partial: the right process, a part of its identity is missing; tentative: named, and said to be unsure; certain: an
 * ambiguous end named without saying so; missing: nobody named; unseen: no record; wrong: another process named for sure.
 */
export const verdicts = ['right', 'partial', 'tentative', 'certain', 'missing', 'unseen', 'wrong'] as const;
export type Verdict = (typeof verdicts)[number];

export interface Row {
  case: string;
  role: string;
  ambiguous: boolean;
  ends: number;
  counts: Record<Verdict, number>;
}

export interface Judgement {
  rows: Row[];
  /** One line for each wrong answer, and for each certain one. */
  explained: string[];
  /** Cases that could not run, with the reason. */
  skipped: Record<string, string>;
}

const startToleranceMs = 100; // two clocks and a tick; process ids come again after seconds at the soonest
const timeToleranceMs = 2000;

const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);

const timeOf = (value: Flow[string] | undefined): number =>
  typeof value === 'string' ? Number(value) || Date.parse(value) : (value ?? 0);

function endKey(protocol: number, local: string, lport: number, remote: string, rport: number): string {
  return `${protocol} ${plain(local)} ${lport} ${plain(remote)} ${rport}`;
}

interface Seen {
  pid: number;
  name: string;
  startMs: number;
  uid: number | undefined;
  cgroup: number;
  method: string;
  tentative: boolean;
  from: number;
  to: number;
}

const unknownId = 4294967295;

/** The key under which each of judgedFields stands: ntop's fields have another one than their name. */
const keys = new Map(judgedFields.map((name) => [name, jsonKey(elementByName(name), 'ipfix')]));

function seenAt(flow: Flow, side: 'source' | 'destination'): Seen {
  const value = (name: string) => flow[keys.get(side + name)!];
  const uid = value('UserId');
  return {
    pid: Number(value('ProcessId') ?? 0),
    name: String(value('ProcessName') ?? ''),
    startMs: timeOf(value('ProcessStartMilliseconds')),
    uid: uid === undefined || Number(uid) === unknownId ? undefined : Number(uid),
    cgroup: Number(value('CgroupId') ?? 0),
    method: String(value('MatchMethodName') ?? ''),
    tentative: String(value('ProcessTentative')) === 'true' || Number(value('ProcessTentative')) === 1,
    from: timeOf(flow.flowStartMilliseconds),
    to: timeOf(flow.flowEndMilliseconds),
  };
}

/** Both ends of each record by their key; the same key may come again when ports are used again. */
export class SeenEnds {
  readonly #ends = new Map<string, Seen[]>();
  records = 0;

  add(flow: Flow): void {
    const source = String(flow.sourceIPv4Address ?? flow.sourceIPv6Address);
    const destination = String(flow.destinationIPv4Address ?? flow.destinationIPv6Address);
    const ports = [Number(flow.sourceTransportPort ?? 0), Number(flow.destinationTransportPort ?? 0)] as const;
    const protocol = Number(flow.protocolIdentifier);
    this.records++;
    this.#put(endKey(protocol, source, ports[0], destination, ports[1]), seenAt(flow, 'source'));
    this.#put(endKey(protocol, destination, ports[1], source, ports[0]), seenAt(flow, 'destination'));
  }

  #put(key: string, seen: Seen): void {
    const list = this.#ends.get(key);
    if (list) list.push(seen);
    else this.#ends.set(key, [seen]);
  }

  /** The record of this end whose time fits; of several the last one, since the flow's last user is asked for. */
  find(truth: Truth): Seen | undefined {
    const away = (seen: Seen) => Math.max(seen.from - truth.timeMs, truth.timeMs - seen.to, 0);
    let best: Seen | undefined;
    for (const seen of this.#ends.get(endKey(truth.protocol, truth.local, truth.lport, truth.remote, truth.rport)) ??
      []) {
      if (seen.from > 0 && away(seen) > timeToleranceMs) continue;
      if (!best || away(seen) < away(best) || (away(seen) === away(best) && seen.to >= best.to)) best = seen;
    }
    return best;
  }
}

/** Parts of the identity that differ, and parts that weir does not say. */
function compare(truth: Truth, seen: Seen): { differs: string[]; absent: string[] } {
  const differs: string[] = [];
  const absent: string[] = [];
  const part = (name: string, known: boolean, same: boolean) => {
    if (!known) absent.push(name);
    else if (!same) differs.push(name);
  };
  part('pid', true, seen.pid === truth.pid);
  part('start', seen.startMs > 0, Math.abs(seen.startMs - truth.startMs) <= startToleranceMs);
  part('name', seen.name !== '', seen.name === truth.comm);
  part('uid', seen.uid !== undefined, seen.uid === truth.uid);
  if (truth.cgroup !== 0) part('cgroup', seen.cgroup !== 0, seen.cgroup === truth.cgroup);
  return { differs, absent };
}

export function verdictOf(truth: Truth, seen: Seen | undefined): Verdict {
  if (!seen) return 'unseen';
  const named = seen.pid !== 0;
  if (truth.nobody) return !named ? 'right' : seen.tentative ? 'tentative' : 'wrong';
  if (!named) return 'missing';
  if (seen.tentative) return 'tentative';
  const { differs, absent } = compare(truth, seen);
  if (differs.length > 0) return 'wrong';
  if (truth.ambiguous) return 'certain';
  return absent.length > 0 ? 'partial' : 'right';
}

function explain(truth: Truth, seen: Seen): string {
  const flow = `${truth.local}:${truth.lport} > ${truth.remote}:${truth.rport} protocol ${truth.protocol}`;
  const is = truth.nobody
    ? 'nobody'
    : `${truth.comm}(${truth.pid}) uid ${truth.uid} cgroup ${truth.cgroup} start ${truth.startMs}`;
  const said = `${seen.name}(${seen.pid}) uid ${seen.uid} cgroup ${seen.cgroup} start ${seen.startMs} by ${seen.method}`;
  const parts = truth.nobody ? 'all' : compare(truth, seen).differs.join(', ') || 'certainty';
  return `${truth.case} ${truth.role} ${flow}: ${parts}: is ${is}, weir says ${said}`;
}

type TruthLine = Truth & { skipped?: string };

const udp = 17;

/**
 * UDP sockets that get the same port one after another within the idle timeout have one flow, whose last user is asked for:
 * what those before tell of themselves has no record of its own. In the order of the lines, which is that of time.
 */
function lastOfEachRecord(truths: readonly Truth[], ends: SeenEnds): Truth[] {
  const last = new Map<Seen, Truth>();
  const recordOf = (truth: Truth) => (truth.protocol === udp ? ends.find(truth) : undefined);
  for (const truth of truths) {
    const seen = recordOf(truth);
    if (seen) last.set(seen, truth);
  }
  return truths.filter((truth) => {
    const seen = recordOf(truth);
    return !seen || last.get(seen) === truth;
  });
}

/** Ground truth lines (NDJSON) against records. */
export function judge(truthLines: string, ends: SeenEnds): Judgement {
  const rows = new Map<string, Row>();
  const explained: string[] = [];
  const lines = truthLines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as TruthLine);
  const skipped = Object.fromEntries(
    lines.flatMap((line) => (line.skipped === undefined ? [] : [[line.case, line.skipped]])),
  ) as Record<string, string>;
  const truths = lines.filter((line) => line.skipped === undefined);
  for (const truth of lastOfEachRecord(truths, ends)) {
    const key = `${truth.case} ${truth.role} ${truth.ambiguous}`;
    let row = rows.get(key);
    if (!row) {
      const counts = Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Row['counts'];
      row = { case: truth.case, role: truth.role, ambiguous: truth.ambiguous === true, ends: 0, counts };
      rows.set(key, row);
    }
    const seen = ends.find(truth);
    const verdict = verdictOf(truth, seen);
    row.ends++;
    row.counts[verdict]++;
    if (seen && (verdict === 'wrong' || verdict === 'certain')) explained.push(`${verdict}: ${explain(truth, seen)}`);
  }
  return { rows: [...rows.values()], explained, skipped };
}

/** Several runs of one tier as one. */
export function merge(parts: readonly Judgement[]): Judgement {
  const rows = new Map<string, Row>();
  for (const part of parts.flatMap((one) => one.rows)) {
    const key = `${part.case} ${part.role} ${part.ambiguous}`;
    const sum = rows.get(key);
    if (!sum) {
      rows.set(key, { ...part, counts: { ...part.counts } });
      continue;
    }
    sum.ends += part.ends;
    for (const verdict of verdicts) sum.counts[verdict] += part.counts[verdict];
  }
  return {
    rows: [...rows.values()],
    explained: parts.flatMap((one) => one.explained),
    skipped: Object.assign({}, ...parts.map((one) => one.skipped)) as Record<string, string>,
  };
}

/**
 * 95 % upper bound of a rate of which `found` of `of` were seen (Clopper and Pearson, one-sided): the largest p at which
 * so few would still be seen in one of 20 trials. With none found it is the rule of three, 3/n.
 */
export function upperBound(found: number, of: number, confidence = 0.95): number {
  if (of === 0 || found >= of) return 1;
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (atMost(found, of, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** Probability of at most `found` successes in `of` trials of probability p. */
function atMost(found: number, of: number, p: number): number {
  let term = of * Math.log1p(-p);
  let sum = Math.exp(term);
  for (let i = 0; i < found; i++) {
    term += Math.log((of - i) / (i + 1)) + Math.log(p / (1 - p));
    sum += Math.exp(term);
  }
  return sum;
}

export interface Sum {
  ends: number;
  counts: Record<Verdict, number>;
  /** Of the ends: right, and the 95 % upper bound of the wrong ones. */
  rightRate: number;
  wrongBound: number;
}

/** Over the rows that have one right answer, or over the ambiguous ones. */
export function sumRows(rows: readonly Row[], ambiguous = false): Sum {
  const counts = Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Row['counts'];
  let ends = 0;
  for (const row of rows) {
    if (row.ambiguous !== ambiguous) continue;
    ends += row.ends;
    for (const verdict of verdicts) counts[verdict] += row.counts[verdict];
  }
  return {
    ends,
    counts,
    rightRate: ends === 0 ? 0 : counts.right / ends,
    wrongBound: upperBound(counts.wrong, ends),
  };
}

const percent = (rate: number, digits = 3): string => `${(100 * rate).toFixed(digits)} %`;

function line(name: string, tier: string, ends: number, counts: Row['counts']): string {
  const wrong = percent(upperBound(counts.wrong, ends));
  return `| ${name} | ${tier} | ${ends} | ${verdicts.map((verdict) => counts[verdict]).join(' | ')} | ${percent(counts.right / (ends || 1), 2)} | < ${wrong} |`;
}

/** The table case x tier, as Markdown. */
export function table(byTier: Readonly<Record<string, Judgement>>): string {
  const lines = [
    `| case, end | tier | ends | ${verdicts.join(' | ')} | right | wrong, 95 % bound |`,
    `|---|---|${'---|'.repeat(verdicts.length + 3)}`,
  ];
  const names = new Set(Object.values(byTier).flatMap((one) => one.rows.map((row) => `${row.case}, ${row.role}`)));
  for (const name of names) {
    for (const [tier, { rows }] of Object.entries(byTier)) {
      const row = rows.find((one) => `${one.case}, ${one.role}` === name);
      if (row) lines.push(line(row.ambiguous ? `${name} (ambiguous)` : name, tier, row.ends, row.counts));
    }
  }
  for (const [tier, { rows }] of Object.entries(byTier)) {
    const all = sumRows(rows);
    lines.push(line('**all that have one answer**', tier, all.ends, all.counts));
    const ambiguous = sumRows(rows, true);
    if (ambiguous.ends > 0) lines.push(line('**all ambiguous ones**', tier, ambiguous.ends, ambiguous.counts));
  }
  return `${lines.join('\n')}\n`;
}
