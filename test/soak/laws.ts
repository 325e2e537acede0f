// The laws of the soak, looked at when nothing moves: each gives what is broken, in one line with the figures.
import type { DatagramPeer } from './collectors.js';
import type { SentBlock } from './load.js';
import type { Reading } from './sampling.js';
import type { SoakSink } from './sinks.js';
import type { Tally } from './tally.js';

const differs = (what: string, one: number, other: number): string[] =>
  one === other ? [] : [`${what}: ${one}, not ${other} (${one - other})`];

/** At any moment. */
export function countersAddUp(reading: Reading, sinks: readonly SoakSink[]): string[] {
  return [
    ...differs('frames = sum of outcomes', reading.sum('weir_frames_total'), reading.sum('weir_frame_outcomes_total')),
    ...sinks.flatMap(({ name, mark }) => {
      const of = (counter: string) => reading.sink(mark, counter);
      const given = of('records_created_total') + of('records_recovered_total');
      const there = of('records_exported_total') + of('records_dropped_total');
      return differs(
        `${name}: created + recovered = exported + dropped + queued + spooled`,
        given,
        there + of('queued_records') + of('spooled_records'),
      );
    }),
  ];
}

/** What is still on its way; empty when it is quiet. */
export function onTheWay(reading: Reading, sinks: readonly SoakSink[]): string[] {
  const waiting = (what: string, count: number): string[] => (count === 0 ? [] : [`${what}: ${count}`]);
  return [
    ...waiting('flows in the cache', reading.sum('weir_cache_flows')),
    ...sinks.flatMap(({ name, mark }) => [
      ...waiting(`${name} queued`, reading.sink(mark, 'queued_records')),
      ...waiting(`${name} spooled`, reading.sink(mark, 'spooled_records')),
      ...waiting(`${name} octets queued`, reading.sink(mark, 'queued_bytes')),
      ...waiting(`${name} octets in the spool`, reading.sink(mark, 'spooled_bytes')),
    ]),
  ];
}

/** Between the meter and the sinks: every record that was made is given to each of them. */
export function recordsReachSinks(reading: Reading, sinks: readonly SoakSink[]): string[] {
  const made = reading.sum('weir_flow_records_total');
  return sinks.flatMap(({ name, mark }) =>
    differs(`records made = given to ${name}`, made, reading.sink(mark, 'records_created_total')),
  );
}

/** Records that found the record ring full, because the machine gave weir no time: counted, and in no sink. */
export const recordsLost = (reading: Reading): number => reading.sum('weir_flow_records_dropped_total');

/** What the reference got is all that was metered: records, packets, octets. */
export function referenceIsComplete(reading: Reading, { mark, collector }: SoakSink): string[] {
  const { records, packets, octets, broken } = collector!.tally;
  const exported = reading.sink(mark, 'records_exported_total');
  const arrived = [
    ...differs('reference: records = exported', records, exported),
    ...differs('reference: broken lines', broken, 0),
  ];
  if (recordsLost(reading) > 0) return arrived;
  return [
    ...arrived,
    ...differs('reference: packets of records = packets metered', packets, reading.sum('weir_packets_total')),
    ...differs('reference: octets of records = octets metered', octets, reading.sum('weir_ip_bytes_total')),
  ];
}

/** Packets of numbered flows that are in records, but were not sent. */
export function inventedBy(blocks: readonly SentBlock[], reference: Tally): string[] {
  let surplus = 0;
  for (const { first, block } of blocks)
    for (let flow = 0; flow < block.flows; flow++)
      surplus += Math.max(0, reference.packetsOf(first + flow) - block.packets[flow]!);
  return surplus > 0 ? [`${surplus} packets are in records that nobody sent`] : [];
}

/** Packets sent that no record has; what the kernel dropped aside, there are none. */
export function sentIsMetered(blocks: readonly SentBlock[], reference: Tally, reading: Reading): string[] {
  const kernelDrops = reading.sum('weir_kernel_dropped_frames_total');
  const lost = recordsLost(reading);
  let missing = 0;
  let incomplete = 0;
  for (const { first, block } of blocks.filter(({ whole }) => whole)) {
    for (let flow = 0; flow < block.flows; flow++) {
      const gap = block.packets[flow]! - reference.packetsOf(first + flow);
      if (gap <= 0) continue;
      missing += gap;
      incomplete++;
    }
  }
  return [
    ...(missing > kernelDrops && incomplete > kernelDrops + lost
      ? [`${missing} packets sent are in no record: the kernel dropped ${kernelDrops}, ${lost} records were lost`]
      : []),
    ...inventedBy(blocks, reference),
  ];
}

export interface Comparison {
  /** Numbered flows of which the collector has fewer, or more packets than the reference. */
  missing: number;
  repeated: number;
}

export function compared(flows: number, reference: Tally, other: Tally): Comparison {
  const found = { missing: 0, repeated: 0 };
  for (let number = 0; number < flows; number++) {
    const gap = other.packetsOf(number) - reference.packetsOf(number);
    if (gap < 0) found.missing++;
    else if (gap > 0) found.repeated++;
  }
  return found;
}

/** Over UDP what is missing is what the sequence numbers say; while the collector stood and read, nothing is. */
export function datagramsAreKnown({ name, mark }: SoakSink, peer: DatagramPeer, reading: Reading): string[] {
  const exported = reading.sink(mark, 'records_exported_total');
  const { records } = peer.tally;
  const { lost } = peer.reader.counters;
  const figures = `exported ${exported}, got ${records}, missing by sequence ${lost}, no room for ${peer.overflows} datagrams`;
  if (records > exported) return [`${name} has more than were exported: ${figures}`];
  if (records + lost < exported) return [`${name} lost records that its sequence numbers do not tell: ${figures}`];
  if (peer.overflows === 0 && peer.absences === 0 && records < exported)
    return [`${name} lost records that the kernel did not count: ${figures}`];
  return [];
}

/** A request that found no answer in time may have been read: at most so many records, for each such error, come twice. */
const recordsOfRequest = 4000;

/** What a sink exported is at its collector, once unless weir says that it sent it again. */
export function exportedArrives(
  { name, mark, lossy = false, suffers }: SoakSink,
  reading: Reading,
  { missing, repeated }: Comparison,
  tally: Tally,
): string[] {
  const of = (counter: string) => reading.sink(mark, counter);
  const [exported, dropped] = [of('records_exported_total'), of('records_dropped_total')];
  const [resent, unconfirmed] = [of('records_resent_total'), of('records_unconfirmed_total')];
  const again = resent + (suffers === 'http' ? of('errors_total') * recordsOfRequest : 0);
  const figures = `exported ${exported} dropped ${dropped} resent ${resent} unconfirmed ${unconfirmed}`;
  const got = `got ${tally.records}, ${missing} flows missing, ${repeated} repeated`;
  const broken: string[] = [];
  if (!lossy && dropped > 0) broken.push(`${name} dropped records: ${figures}`);
  if (missing > dropped + unconfirmed) broken.push(`${name} lost records silently: ${figures}; ${got}`);
  if (repeated > again) broken.push(`${name} sent records twice: ${figures}; ${got}`);
  if (tally.records < exported - unconfirmed) broken.push(`${name} has fewer than were exported: ${figures}; ${got}`);
  if (again === 0 && tally.records > exported) broken.push(`${name} has more than were exported: ${figures}; ${got}`);
  if (tally.broken > 0) broken.push(`${name}: ${tally.broken} lines are no JSON`);
  return broken;
}
