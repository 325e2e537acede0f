// The laws of the soak, looked at when nothing moves: each gives what is broken, in one line with the figures.
import type { DatagramPeer } from './collectors.js';
import type { SentBlock } from './load.js';
import type { Reading } from './sampling.js';
import type { SoakSink } from './sinks.js';
import type { Tally } from './tally.js';

const differs = (what: string, one: number, other: number): string[] =>
  one === other ? [] : [`${what}: ${one}, not ${other} (${one - other})`];

/** While packets come, the frames of a burst are read before they have their outcome. */
export function framesHaveOutcomes(reading: Reading): string[] {
  const [frames, outcomes] = [reading.sum('weir_frames_total'), reading.sum('weir_frame_outcomes_total')];
  return differs('frames = sum of outcomes', frames, outcomes);
}

/** At any moment. */
export function countersAddUp(reading: Reading, sinks: readonly SoakSink[]): string[] {
  return sinks.flatMap(({ name, mark }) => {
    const of = (counter: string) => reading.sink(mark, counter);
    const given = of('records_created_total') + of('records_recovered_total');
    const there = of('records_exported_total') + of('records_dropped_total');
    return differs(
      `${name}: created + recovered = exported + dropped + queued + spooled`,
      given,
      there + of('queued_records') + of('spooled_records'),
    );
  });
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

/** Counted since the start; between two quiet points it is one round's, so that what one lost hides nothing in the next. */
export interface Totals {
  kernelDrops: number;
  /** Records that found the record ring full, because the machine gave weir no time: counted, and in no sink. */
  recordsLost: number;
  packetsMetered: number;
  octetsMetered: number;
  /** In the records of the reference. */
  packetsRecorded: number;
  octetsRecorded: number;
}

export function totalsOf(reading: Reading, reference: Tally): Totals {
  return {
    kernelDrops: reading.sum('weir_kernel_dropped_frames_total'),
    recordsLost: reading.sum('weir_flow_records_dropped_total'),
    packetsMetered: reading.sum('weir_packets_total'),
    octetsMetered: reading.sum('weir_ip_bytes_total'),
    packetsRecorded: reference.packets,
    octetsRecorded: reference.octets,
  };
}

export function since(now: Totals, before: Totals | undefined): Totals {
  const grown = Object.entries(now).map(([name, count]) => [name, count - (before?.[name as keyof Totals] ?? 0)]);
  return Object.fromEntries(grown) as Totals;
}

/** The reference got what was exported to it. */
export function referenceIsComplete(reading: Reading, { mark, collector }: SoakSink): string[] {
  const { records, broken } = collector!.tally;
  return [
    ...differs('reference: records = exported', records, reading.sink(mark, 'records_exported_total')),
    ...differs('reference: broken lines', broken, 0),
  ];
}

/** The records of a round hold all that was metered in it; where some were lost, no more than that. */
export function meteredIsRecorded(round: Totals): string[] {
  const { packetsMetered, octetsMetered, packetsRecorded, octetsRecorded, recordsLost } = round;
  const broken = [
    ...differs('reference: packets of records = packets metered', packetsRecorded, packetsMetered),
    ...differs('reference: octets of records = octets metered', octetsRecorded, octetsMetered),
  ];
  const more = packetsRecorded > packetsMetered || octetsRecorded > octetsMetered;
  return recordsLost === 0 || more ? broken : [];
}

/** Packets of numbered flows that are in records, but were not sent. */
export function inventedBy(blocks: readonly SentBlock[], reference: Tally): string[] {
  let surplus = 0;
  for (const { first, block } of blocks)
    for (let flow = 0; flow < block.flows; flow++)
      surplus += Math.max(0, reference.packetsOf(first + flow) - block.packets[flow]!);
  return surplus > 0 ? [`${surplus} packets are in records that nobody sent`] : [];
}

/** Every packet of a round's blocks is in a record, or the kernel dropped it, or it was metered and its record lost. */
export function sentIsMetered(blocks: readonly SentBlock[], reference: Tally, round: Totals): string[] {
  if (blocks.length === 0) return ['no block was sent'];
  const { kernelDrops, recordsLost } = round;
  const inLostRecords = recordsLost === 0 ? 0 : round.packetsMetered - round.packetsRecorded;
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
  if (missing <= kernelDrops + inLostRecords && incomplete <= kernelDrops + recordsLost) return [];
  return [
    `${missing} packets sent, of ${incomplete} flows, are in no record: the kernel dropped ${kernelDrops}, ` +
      `${recordsLost} records with ${inLostRecords} packets were lost`,
  ];
}

/** Laws that say little or nothing of this round, and why. */
export function notEvaluated(blocks: readonly SentBlock[], { recordsLost }: Totals): string[] {
  return [
    ...(recordsLost > 0 ? [`packets and octets of records = metered: ${recordsLost} records were lost`] : []),
    ...(blocks.some(({ whole }) => whole) ? [] : ['packets sent are in records: no block was sent as a whole']),
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
