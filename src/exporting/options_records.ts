// Which Options Templates and options records an Exporting Process sends: a function of the sink's plan, and rows that
// are a function of counters. Nothing is sent here. RFC 7011 section 4, RFC 5477, RFC 5610, RFC 6759, RFC 7014.
//
// The caller sends all templates at the begin of each session (and with each refresh over UDP), then the rows of all
// tables in this order; later those of 'interval' tables every statistics interval, and those of 'change' tables when
// sameRows() says they differ from what it sent last.

import type { EncoderField, OptionsRow, OptionsTemplate } from '../native/boundary.js';
import { elements } from '../fields/elements.js';
import { type Element, reverseEnterprise } from '../fields/field.js';
import {
  catalogueType,
  dataTypeCodes,
  type ElementType,
  type IanaOption,
  ianaField,
  ownField,
  type OwnOption,
  ownType,
} from './options_elements.js';
import { netflow9Tables } from './options_netflow9.js';
import { frameOutcomes, ignoredPackets, notSentCauses, notSentRecords, type OptionsState } from './options_state.js';

export type { OptionsState } from './options_state.js';

export interface OptionsTable {
  /** For the log and tests. */
  name: string;
  template: OptionsTemplate;
  /**
   * When rows are sent besides the begin of a session: 'session' with refreshes only, 'change' also whenever they are
   * others, 'interval' every statistics interval.
   */
  when: 'session' | 'change' | 'interval';
  /** One value a field of the template, scopes first. */
  rows(state: OptionsState): OptionsRow[];
}

export interface OptionsPlan {
  /** Only ipfix and netflow9 have options. */
  format: 'ipfix' | 'netflow9' | 'netflow5' | 'json' | 'text';
  /** nfdump: strings of fixed length, and only what nfcapd understands. goipfix: none at all, it closes the session. */
  profile: 'rfc' | 'nfdump' | 'goipfix';
  /** Template id of the first table; the others follow. */
  firstId: number;
  /** Observation Domain (NetFlow v9: source id) of the sink's messages. */
  domain: number;
  /** Enterprise number of our own elements. */
  enterprise: number;
  /** Number of this Exporting Process in the run, from 1. */
  exportingProcess: number;
  /** Start of the probe, ms since 1970. */
  startMs: number;
  /** The sink's data templates; `element` is an index into elements(). */
  templates: readonly { id: number; fields: readonly Pick<EncoderField, 'element'>[] }[];
  /** MeterOptions packetSampling, packetSamplingMode, flowSampling, upscale; 1 = off. */
  sampling: { packets: number; mode: 'systematic' | 'random'; flows: number; upscale: boolean };
  /** Packet sampling by the deprecated elements 34 and 35 alone, for collectors that misread 305 (goflow2). */
  legacySampling: boolean;
  /** Applications that flow records may name; empty = no table. */
  applications: readonly Application[];
}

/** A row of the application table: nDPI's protocol number is the selector of classification engine 22. */
export interface Application {
  selector: number;
  name: string;
  description: string;
}

/** RFC 5477 selectors of this Observation Domain. */
export const packetSelector = 1; // the flow field selectorId says it, too
export const flowSelector = 2;

const meteringProcess = 1; // weir has one
const nDpiEngine = 22; // IANA registry Classification Engine IDs
const appendedName = 32; // octets of fixed-length strings
const appendedDescription = 64;

/** Octets of applicationId: the engine and nDPI's 2 for RFC 6759, Cisco's 4 for NetFlow readers. */
export function applicationIdLength(plan: Pick<OptionsPlan, 'format' | 'profile'>): number {
  return plan.format === 'ipfix' && plan.profile === 'rfc' ? 3 : 4;
}

/** applicationId as a number of that many octets. */
export function applicationId(selector: number, length: number): number {
  return nDpiEngine * 2 ** (8 * (length - 1)) + selector;
}

type TableMaker = Omit<OptionsTable, 'template'> & { template: Omit<OptionsTemplate, 'id'> };

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

function ianaFields(...names: IanaOption[]): OptionsTemplate['fields'] {
  return names.map((name) => ianaField(name));
}

/** RFC 5610: every enterprise element of the data templates and of our options. Sent first, so before any use. */
function typeInformation(plan: OptionsPlan): TableMaker[] {
  const used = new Set(plan.templates.flatMap(({ fields }) => fields.map(({ element }) => elements()[element]!)));
  const known = (element: Element) => element.enterprise === 0 || element.enterprise === reverseEnterprise;
  const own: OwnOption[] = ['frameOutcome', 'frameTotalCount', 'flowRecordDropCause', 'droppedFlowRecordTotalCount'];
  const types = [
    ...[...used].filter((element) => !known(element)).map((element) => catalogueType(element, plan.enterprise)),
    ...own.map((name) => ownType(name, plan.enterprise)),
    ...(used.has(namespaceElement()) ? [] : [catalogueType(namespaceElement(), plan.enterprise)]),
  ];
  const row = (type: ElementType): OptionsRow => [
    type.enterprise,
    type.id,
    dataTypeCodes[type.type],
    type.semantics,
    type.units,
    type.name,
    type.note,
  ];
  return [
    {
      name: 'typeInformation',
      when: 'session',
      template: {
        scopes: 2,
        fields: ianaFields(
          'privateEnterpriseNumber',
          'informationElementId',
          'informationElementDataType',
          'informationElementSemantics',
          'informationElementUnits',
          'informationElementName',
          'informationElementDescription',
        ),
      },
      rows: () => types.map(row),
    },
  ];
}

function namespaceElement(): Element {
  return elements().find(({ name }) => name === 'networkNamespace')!;
}

/** RFC 7011 section 4.4: bit i says that field i of the template is a Flow Key. */
function flowKeys(plan: OptionsPlan): TableMaker {
  return {
    name: 'flowKeys',
    when: 'session',
    template: { scopes: 1, fields: ianaFields('templateId', 'flowKeyIndicator') },
    rows: () => plan.templates.map(({ id, fields }) => [id, flowKeyIndicator(fields)]),
  };
}

/** True for the elements whose values make a flow: IANA's, read from the key. Others only repeat them. */
function isFlowKey({ field, reverse }: Element): boolean {
  if (field.enterprise !== 'iana' || reverse) return false;
  const { place } = field;
  return place.kind === 'derived' ? place.call === 'innermostVlan' : place.member.startsWith('hot.key.');
}

/** flowKeyIndicator of a template; fields behind the 64th have no bit. */
export function flowKeyIndicator(fields: readonly Pick<EncoderField, 'element'>[]): bigint {
  return fields
    .slice(0, 64)
    .reduce((bits, { element }, at) => (isFlowKey(elements()[element]!) ? bits | (1n << BigInt(at)) : bits), 0n);
}

/** Zero of the SysUpTime elements, where a template uses them and does not say it itself. */
function systemStart(plan: OptionsPlan): TableMaker[] {
  const uses = (names: string[]) =>
    plan.templates.some(({ fields }) => fields.some(({ element }) => names.includes(elements()[element]!.name)));
  if (!uses(['flowStartSysUpTime', 'flowEndSysUpTime']) || uses(['systemInitTimeMilliseconds'])) return [];
  return [
    {
      name: 'systemStart',
      when: 'session',
      template: { scopes: 1, fields: ianaFields('observationDomainId', 'systemInitTimeMilliseconds') },
      rows: () => [[plan.domain, plan.startMs]],
    },
  ];
}

/**
 * RFC 5477 section 8. Where the counters are scaled up already, collectors must not do it again: the selector is named
 * without the parameters they would take for the rate.
 */
function packetSampling(plan: OptionsPlan): TableMaker[] {
  const { packets, mode, upscale } = plan.sampling;
  if (packets <= 1) return [];
  const random = mode === 'random';
  if (plan.legacySampling) {
    if (upscale) return [];
    const fields = ianaFields('observationDomainId', 'samplingInterval', 'samplingAlgorithm');
    const row = [plan.domain, packets, random ? 2 : 1];
    return [{ name: 'packetSampling', when: 'session', template: { scopes: 1, fields }, rows: () => [row] }];
  }
  const parameters: IanaOption[] = random
    ? ['samplingSize', 'samplingPopulation']
    : ['samplingPacketInterval', 'samplingPacketSpace'];
  const fields = ianaFields('selectorId', 'selectorAlgorithm', ...(upscale ? [] : parameters));
  const values = random ? [1, packets] : [1, packets - 1];
  const row = [packetSelector, random ? 3 : 1, ...(upscale ? [] : values)];
  return [{ name: 'packetSampling', when: 'session', template: { scopes: 1, fields }, rows: () => [row] }];
}

/** RFC 7014: chosen by a keyed hash of the flow key, so to the outside each flow has the same probability. */
function flowSampling(plan: OptionsPlan): TableMaker[] {
  const { flows } = plan.sampling;
  if (flows <= 1 || plan.profile === 'nfdump') return [];
  const uniformProbabilistic = 4;
  return [
    {
      name: 'flowSampling',
      when: 'session',
      template: { scopes: 1, fields: ianaFields('selectorId', 'flowSelectorAlgorithm', 'samplingProbability') },
      rows: () => [[flowSelector, uniformProbabilistic, 1 / flows]],
    },
  ];
}

/** Frames and flow records seen and taken by each selector. A super-packet counts as the one frame it was captured as. */
function samplingStatistics(plan: OptionsPlan): TableMaker[] {
  const tables: TableMaker[] = [];
  if (plan.profile === 'nfdump') return tables;
  if (plan.sampling.packets > 1) {
    tables.push({
      name: 'packetSamplingStatistics',
      when: 'interval',
      template: {
        scopes: 1,
        fields: ianaFields('selectorId', 'selectorIdTotalPktsObserved', 'selectorIdTotalPktsSelected'),
      },
      rows: ({ meter }) => [[packetSelector, meter.frames, meter.frames - (meter.outcomes.notSampled ?? 0)]],
    });
  }
  if (plan.sampling.flows > 1) {
    tables.push({
      name: 'flowSamplingStatistics',
      when: 'interval',
      template: {
        scopes: 1,
        fields: ianaFields('selectorId', 'selectorIDTotalFlowsObserved', 'selectorIDTotalFlowsSelected'),
      },
      rows: ({ meter }) => {
        const kept = Object.values(meter.records).reduce((sum, count) => sum + count, 0) + meter.recordsDropped;
        return [[flowSelector, kept + meter.recordsNotSelected, kept]];
      },
    });
  }
  return tables;
}

/** Texts of fixed length where the reader takes no others. */
function textField(plan: OptionsPlan, name: IanaOption, octets: number) {
  return ianaField(name, plan.profile === 'nfdump' ? octets : undefined);
}

/** Names of the interfaces that flow records point at by ifIndex. */
function interfaces(plan: OptionsPlan): TableMaker {
  return {
    name: 'interfaces',
    when: 'change',
    template: {
      scopes: 1,
      fields: [
        ianaField('ingressInterface'),
        textField(plan, 'interfaceName', appendedName),
        textField(plan, 'interfaceDescription', appendedDescription),
      ],
    },
    rows: (state) => state.interfaces.map(({ index, name, description }) => [index, name, description]),
  };
}

/** What the numbers in observationPointId are; ifIndexes repeat over network namespaces, these do not. */
function observationPoints(plan: OptionsPlan): TableMaker {
  const namespace = catalogueType(namespaceElement(), plan.enterprise);
  const named = { id: namespace.id, enterprise: namespace.enterprise, length: 65535, type: namespace.type };
  return {
    name: 'observationPoints',
    when: 'change',
    template: {
      scopes: 1,
      fields: [...ianaFields('observationPointId', 'ingressInterface', 'interfaceName'), named],
    },
    rows: (state) => state.points.map(({ index, interface: ifIndex, name, netns }) => [index, ifIndex, name, netns]),
  };
}

/** RFC 6759. */
function applicationTable(plan: OptionsPlan): TableMaker[] {
  if (plan.applications.length === 0) return [];
  const length = applicationIdLength(plan);
  return [
    {
      name: 'applications',
      when: 'session',
      template: {
        scopes: 1,
        fields: [
          { id: 95, enterprise: 0, length, type: 'unsigned32' }, // octets, written as the number they make
          textField(plan, 'applicationName', appendedName),
          textField(plan, 'applicationDescription', appendedDescription),
        ],
      },
      rows: () =>
        plan.applications.map(({ selector, name, description }) => [
          applicationId(selector, length),
          name,
          description,
        ]),
    },
  ];
}

/** RFC 7011 section 4.1. */
function meteringStatistics(plan: OptionsPlan): TableMaker {
  return {
    name: 'meteringStatistics',
    when: 'interval',
    template: {
      scopes: 2,
      fields: ianaFields(
        'observationDomainId',
        'meteringProcessId',
        'exportedMessageTotalCount',
        'exportedFlowRecordTotalCount',
        'exportedOctetTotalCount',
      ),
    },
    rows: ({ exporter }) => [[plan.domain, meteringProcess, exporter.units, exporter.exported, exporter.octets]],
  };
}

/** RFC 7011 section 4.2, without ignoredOctetTotalCount: nobody counts the octets of what was dropped unseen. */
function meteringReliability(plan: OptionsPlan): TableMaker {
  return {
    name: 'meteringReliability',
    when: 'interval',
    template: {
      scopes: 2,
      fields: ianaFields(
        'observationDomainId',
        'meteringProcessId',
        'ignoredPacketTotalCount',
        'observationTimeMilliseconds',
        'observationTimeMilliseconds',
      ),
    },
    rows: ({ meter, ignored }) => [
      [plan.domain, meteringProcess, ignoredPackets(meter), ignored.firstMs, ignored.lastMs],
    ],
  };
}

/** RFC 7011 section 4.3, without the packets and octets of flow records not sent: drops are counted in records. */
function exportingReliability(plan: OptionsPlan): TableMaker {
  return {
    name: 'exportingReliability',
    when: 'interval',
    template: {
      scopes: 1,
      fields: ianaFields(
        'exportingProcessId',
        'notSentFlowTotalCount',
        'observationTimeMilliseconds',
        'observationTimeMilliseconds',
      ),
    },
    rows: (state) => [[plan.exportingProcess, notSentRecords(state), state.notSent.firstMs, state.notSent.lastMs]],
  };
}

/** Where every captured frame went: the sum of the rows is what came in, kernelDrops included. */
function outcomes(plan: OptionsPlan): TableMaker {
  return {
    name: 'frameOutcomes',
    when: 'interval',
    template: {
      scopes: 3,
      fields: [
        ...ianaFields('observationDomainId', 'meteringProcessId'),
        ownField('frameOutcome', plan.enterprise),
        ownField('frameTotalCount', plan.enterprise),
      ],
    },
    rows: ({ meter }) =>
      frameOutcomes(meter).map(([outcome, frames]) => [plan.domain, meteringProcess, outcome, frames]),
  };
}

/** The causes behind notSentFlowTotalCount; it is their sum. */
function dropCauses(plan: OptionsPlan): TableMaker {
  return {
    name: 'dropCauses',
    when: 'interval',
    template: {
      scopes: 2,
      fields: [
        ianaField('exportingProcessId'),
        ownField('flowRecordDropCause', plan.enterprise),
        ownField('droppedFlowRecordTotalCount', plan.enterprise),
      ],
    },
    rows: (state) => notSentCauses(state).map(([cause, records]) => [plan.exportingProcess, cause, records]),
  };
}
