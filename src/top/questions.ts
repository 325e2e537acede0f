// THE table of views: what people ask, one key each.
import type { ColumnName } from './columns.js';
import type { DimensionName } from './dimensions.js';

export interface Question {
  /** Key of the screen. */
  key: string;
  asks: string;
  by: DimensionName;
  sort: ColumnName;
}

export const questions: readonly Question[] = [
  { key: '1', asks: 'who uses the network: processes', by: 'process', sort: 'octets' },
  { key: '2', asks: 'remote hosts by octets', by: 'host', sort: 'octets' },
  { key: '3', asks: 'server ports by octets', by: 'port', sort: 'octets' },
  { key: '4', asks: 'server ports by connections', by: 'port', sort: 'connections' },
  { key: '5', asks: 'clients by octets', by: 'client', sort: 'octets' },
  { key: '6', asks: 'clients by connections', by: 'client', sort: 'connections' },
  { key: '7', asks: 'processes with failing connects', by: 'process', sort: 'failed' },
  { key: '8', asks: 'remote hosts with failing connects', by: 'host', sort: 'failed' },
  { key: '9', asks: 'slow processes: round trip time', by: 'process', sort: 'rtt' },
  { key: '0', asks: 'processes that retransmit', by: 'process', sort: 'retransmits' },
];
