// THE table of columns: what is told of each row. `--sort`, the keys of the screen and the JSON document are made from it.
import type { Subject } from './reading.js';
import type { Sums } from './sums.js';

export interface Column {
  name: string;
  /** Key of the screen that sorts by it. */
  key: string;
  heading: string;
  doc: string;
  /** What the number is: octets and counts are shown a second, times and flows as they are. */
  unit: 'octets/s' | '/s' | 'microseconds' | 'flows' | 'octets';
  /** Smaller ones stay when a terminal is narrow. */
  rank: number;
  /** Unknown where records do not tell of it. */
  subject?: Subject;
  /** From the sums of the window, its length, and the sums since the start. */
  value: (sums: Readonly<Sums>, seconds: number, since: Readonly<Sums>) => number;
}

export const columns = [
  {
    name: 'in',
    key: 'I',
    heading: 'IN',
    doc: 'octets towards what is here',
    unit: 'octets/s',
    rank: 0,
    value: (sums, seconds) => sums.in / seconds,
  },
  {
    name: 'out',
    key: 'O',
    heading: 'OUT',
    doc: 'octets from what is here',
    unit: 'octets/s',
    rank: 0,
    value: (sums, seconds) => sums.out / seconds,
  },
  {
    name: 'octets',
    key: 'B',
    heading: 'SUM',
    doc: 'octets both ways',
    unit: 'octets/s',
    rank: 6,
    value: (sums, seconds) => (sums.in + sums.out) / seconds,
  },
  {
    name: 'packets',
    key: 'P',
    heading: 'PKT/s',
    doc: 'packets both ways',
    unit: '/s',
    rank: 3,
    subject: 'packets',
    value: (sums, seconds) => (sums.inPackets + sums.outPackets) / seconds,
  },
  {
    name: 'connections',
    key: 'C',
    heading: 'CONN/s',
    doc: 'new connections, and new flows of other protocols than TCP',
    unit: '/s',
    rank: 1,
    value: (sums, seconds) => sums.connections / seconds,
  },
  {
    name: 'failed',
    key: 'F',
    heading: 'FAIL/s',
    doc: 'TCP connections that were refused or not answered',
    unit: '/s',
    rank: 2,
    subject: 'failed',
    value: (sums, seconds) => sums.failed / seconds,
  },
  {
    name: 'retransmits',
    key: 'R',
    heading: 'RETR/s',
    doc: 'TCP segments sent again, both ways',
    unit: '/s',
    rank: 5,
    subject: 'retransmits',
    value: (sums, seconds) => sums.retransmits / seconds,
  },
  {
    name: 'rtt',
    key: 'L',
    heading: 'RTT',
    doc: 'round trip time of TCP: what the kernel of the end here says, else the handshake; mean over flow records',
    unit: 'microseconds',
    rank: 4,
    subject: 'rtt',
    value: (sums) => (sums.rttCount === 0 ? 0 : sums.rttSum / sums.rttCount),
  },
  {
    name: 'flows',
    key: 'N',
    heading: 'FLOWS',
    doc: 'flows with packets in the window',
    unit: 'flows',
    rank: 7,
    value: (sums) => sums.flows,
  },
  {
    name: 'total',
    key: 'S',
    heading: 'SINCE',
    doc: 'octets both ways since the start',
    unit: 'octets',
    rank: 8,
    value: (_sums, _seconds, since) => since.in + since.out,
  },
] as const satisfies readonly Column[];

export type ColumnName = (typeof columns)[number]['name'];

export const columnNames = columns.map(({ name }) => name);

export function columnOf(name: ColumnName): Column {
  return columns.find((one) => one.name === name) as Column;
}
