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

async function judgedByNfcapd(sink: SoakSink, words: SinkWords, run: WeirRun): Promise<LastVerdict> {
  const dropped = socketDrops(sink.nfcapd!.port);
  const sums = await sink.nfcapd!.stop();
  const figures = `nfcapd: ${sums.records} records, ${sums.packets} packets, ${sums.octets} octets`;
  const { packets = 0, octets = 0, recordsDropped = 0 } = run.meter;
  if (dropped + words.dropped + recordsDropped > 0)
    return {
      broken: [],
      facts: [`${figures}; ${recordsDropped} records and ${dropped} datagrams were lost before it`],
    };
  const same = sums.packets === packets && sums.octets === octets;
  const metered = `metered were ${packets} packets, ${octets} octets`;
  return same
    ? { broken: [], facts: [`${figures}: all that was metered`] }
    : { broken: [`${figures}; ${metered}`], facts: [] };
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
      const judged = await judgedByNfcapd(sink, found, run);
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
