// The laws of a run that has ended: its summary against what files, broker and the judge that is not ours hold.
import { lawful, type SinkWords } from '../support/outage.js';
import type { WeirRun } from '../support/weir.js';
import { socketDrops } from './collectors.js';
import type { SoakSink } from './sinks.js';

export interface LastVerdict {
  broken: string[];
  facts: string[];
}

/** The summary of each sink by the sink's name; what breaks the sums is in `broken`. */
function wordsOf(run: WeirRun, sinks: readonly SoakSink[], broken: string[]): Map<string, SinkWords> {
  try {
    const words = lawful(run);
    return new Map(sinks.map(({ name }, index) => [name, words[index]!]));
  } catch (error) {
    broken.push((error as Error).message);
    return new Map();
  }
}

/** Files and broker have what was exported, to the record. */
function stored({ name, file, collector }: SoakSink, words: SinkWords): string[] {
  const tally = file?.tally ?? collector?.tally;
  if (tally === undefined || words.resent > 0 || words.unconfirmed > 0) return [];
  const broken = tally.broken > 0 ? [`${name}: ${tally.broken} lines are no JSON`] : [];
  // Datagrams may be lost, and a broker that is asked again has them twice: those have their own laws.
  const exact = file !== undefined || name === 'reference';
  if (exact && tally.records !== words.exported)
    broken.push(`${name} has ${tally.records} records, exported were ${words.exported}`);
  return broken;
}

export interface Sums {
  packets: number;
  octets: number;
}

/** nfcapd got the records that the reference got: as many packets and octets, unless datagrams were lost on the way. */
export function agreesWithNfcapd(
  stored: Sums,
  { recorded, metered }: { recorded: Sums; metered: Sums },
  lost: { records: number; datagrams: number },
): LastVerdict {
  const of = ({ packets, octets }: Sums): string => `${packets} packets, ${octets} octets`;
  const same = (one: Sums, other: Sums): boolean => one.packets === other.packets && one.octets === other.octets;
  const figures = `nfcapd: ${of(stored)}`;
  if (stored.packets > recorded.packets || stored.octets > recorded.octets)
    return { broken: [`${figures}; the reference has no more than ${of(recorded)}`], facts: [] };
  if (lost.datagrams > 0)
    return {
      broken: [],
      facts: [
        `${figures}; whether that is all was not evaluated: ${lost.datagrams} datagrams or records were lost before it`,
      ],
    };
  if (!same(stored, recorded)) return { broken: [`${figures}; the reference has ${of(recorded)}`], facts: [] };
  if (lost.records > 0)
    return {
      broken: [],
      facts: [`${figures}: all that the reference has; ${lost.records} records were lost before both`],
    };
  if (!same(stored, metered)) return { broken: [`${figures}; metered were ${of(metered)}`], facts: [] };
  return { broken: [], facts: [`${figures}: all that was metered`] };
}

async function judgedByNfcapd(sink: SoakSink, words: SinkWords, run: WeirRun, recorded: Sums): Promise<LastVerdict> {
  const dropped = socketDrops(sink.nfcapd!.port);
  const stored = await sink.nfcapd!.stop();
  const { packets = 0, octets = 0, recordsDropped = 0 } = run.meter;
  const lost = { records: recordsDropped, datagrams: dropped + words.dropped };
  return agreesWithNfcapd(stored, { recorded, metered: { packets, octets } }, lost);
}

export async function judgeEnd(run: WeirRun, sinks: readonly SoakSink[]): Promise<LastVerdict> {
  const broken: string[] = [];
  const facts: string[] = [];
  const words = wordsOf(run, sinks, broken);
  for (const sink of sinks) {
    const found = words.get(sink.name);
    sink.file?.read(true);
    if (found === undefined) continue;
    broken.push(...stored(sink, found));
    if (sink.nfcapd !== undefined) {
      const judged = await judgedByNfcapd(sink, found, run, sinks[0]!.collector!.tally);
      broken.push(...judged.broken);
      facts.push(...judged.facts);
    }
    const causes = Object.entries(found.causes).map(([cause, count]) => `${cause} ${count}`);
    facts.push(
      `${sink.name}: ${found.records} records, exported ${found.exported}, dropped ${found.dropped}` +
        `${causes.length > 0 ? ` (${causes.join(', ')})` : ''}, sent again ${found.resent}, unconfirmed ${found.unconfirmed}`,
    );
  }
  return { broken, facts };
}
