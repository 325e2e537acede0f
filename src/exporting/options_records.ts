// Which Options Templates and options records an Exporting Process sends: a function of the sink's plan, and rows that
// are a function of counters. Nothing is sent here. RFC 7011 section 4, RFC 5477, RFC 5610, RFC 6759, RFC 7014.
//
// The caller sends the tables that lead, template and rows, at the begin of each session (and with each refresh over
// UDP), then all other templates, then the rows of the other tables in this order; later those of 'interval' tables every statistics interval, and those of 'change' tables when
// sameRows() says they differ from what it sent last.

import type { OptionsRow } from '../native/boundary.js';
import {
  applicationTable,
  flowKeys,
  interfaces,
  observationPoints,
  systemStart,
  typeInformation,
} from './options_descriptions.js';
import { netflow9Tables } from './options_netflow9.js';
import type { OptionsPlan, OptionsTable, TableMaker } from './options_plan.js';
import {
  dropCauses,
  exportingReliability,
  flowSampling,
  meteringReliability,
  meteringStatistics,
  outcomes,
  packetSampling,
  samplingStatistics,
} from './options_reports.js';

export type { OptionsPlan, OptionsTable } from './options_plan.js';
export {
  type Application,
  applicationRows,
  ignoredPackets,
  type InterfaceRow,
  interfaceRows,
  LossWatch,
  notSentRecords,
  type OptionsState,
} from './options_state.js';

/** All tables of a sink, template ids in order from plan.firstId; none for formats and profiles without options. */
export function optionsTables(plan: OptionsPlan): OptionsTable[] {
  const tables = plan.profile === 'goipfix' ? [] : plan.format === 'ipfix' ? ipfixTables(plan) : [];
  const all = plan.format === 'netflow9' ? netflow9Tables(plan) : tables;
  return all.map((table, index) => ({ ...table, template: { id: plan.firstId + index, ...table.template } }));
}

/** True when both say the same; for tables that are sent on change. */
export function sameRows(a: readonly OptionsRow[], b: readonly OptionsRow[]): boolean {
  return (
    a.length === b.length &&
    a.every((row, index) => row.length === b[index]!.length && row.every((value, at) => value === b[index]![at]))
  );
}

function ipfixTables(plan: OptionsPlan): TableMaker[] {
  const full = plan.profile === 'rfc';
  return [
    ...(full ? typeInformation(plan) : []),
    ...(full ? [flowKeys(plan)] : []),
    ...systemStart(plan),
    ...packetSampling(plan),
    ...flowSampling(plan),
    interfaces(plan),
    ...(full ? [observationPoints(plan)] : []),
    ...applicationTable(plan),
    meteringStatistics(plan),
    meteringReliability(plan),
    exportingReliability(plan),
    ...samplingStatistics(plan),
    ...(full ? [outcomes(plan), dropCauses(plan)] : []),
  ];
}
