// The Information Elements of options records, and the numbers by which RFC 5610 describes an element on the wire.

import type { Element, WireType } from '../fields/field.js';
import { typeLengths } from '../fields/elements.js';
import type { OptionsField } from '../native/boundary.js';

/** What RFC 5610 says of an element. */
export interface ElementType {
  enterprise: number;
  id: number;
  type: WireType;
  semantics: number;
  units: number;
  name: string;
  note: string;
}

/** IANA elements: [id, type]. A test compares them with the registry. */
export const ianaOptions = {
  ingressInterface: [10, 'unsigned32'],
  samplingInterval: [34, 'unsigned32'],
  samplingAlgorithm: [35, 'unsigned8'],
  exportedOctetTotalCount: [40, 'unsigned64'],
  exportedMessageTotalCount: [41, 'unsigned64'],
  exportedFlowRecordTotalCount: [42, 'unsigned64'],
  samplerId: [48, 'unsigned8'],
  samplerMode: [49, 'unsigned8'],
  samplerRandomInterval: [50, 'unsigned32'],
  interfaceName: [82, 'string'],
  interfaceDescription: [83, 'string'],
  applicationDescription: [94, 'string'],
  applicationName: [96, 'string'],
  observationPointId: [138, 'unsigned64'],
  meteringProcessId: [143, 'unsigned32'],
  exportingProcessId: [144, 'unsigned32'],
  templateId: [145, 'unsigned16'],
  observationDomainId: [149, 'unsigned32'],
  systemInitTimeMilliseconds: [160, 'dateTimeMilliseconds'],
  ignoredPacketTotalCount: [164, 'unsigned64'],
  notSentFlowTotalCount: [166, 'unsigned64'],
  flowKeyIndicator: [173, 'unsigned64'],
  selectorId: [302, 'unsigned64'],
  informationElementId: [303, 'unsigned16'],
  selectorAlgorithm: [304, 'unsigned16'],
  samplingPacketInterval: [305, 'unsigned32'],
  samplingPacketSpace: [306, 'unsigned32'],
  samplingSize: [309, 'unsigned32'],
  samplingPopulation: [310, 'unsigned32'],
  samplingProbability: [311, 'float64'],
  selectorIdTotalPktsObserved: [318, 'unsigned64'],
  selectorIdTotalPktsSelected: [319, 'unsigned64'],
  observationTimeMilliseconds: [323, 'dateTimeMilliseconds'],
  informationElementDataType: [339, 'unsigned8'],
  informationElementDescription: [340, 'string'],
  informationElementName: [341, 'string'],
  informationElementSemantics: [344, 'unsigned8'],
  informationElementUnits: [345, 'unsigned16'],
  informationElementRangeBegin: [342, 'unsigned64'],
  informationElementRangeEnd: [343, 'unsigned64'],
  privateEnterpriseNumber: [346, 'unsigned32'],
  applicationCategoryName: [372, 'string'],
  flowSelectorAlgorithm: [390, 'unsigned16'],
  selectorIDTotalFlowsObserved: [394, 'unsigned64'],
  selectorIDTotalFlowsSelected: [395, 'unsigned64'],
} as const satisfies Record<string, readonly [number, WireType]>;

export type IanaOption = keyof typeof ianaOptions;

/**
 * Elements of our own that stand in options records only. Their numbers begin at 2001, apart from those of the
 * catalogue's rows, and never change their meaning either.
 */
export const ownOptions = {
  frameOutcome: {
    id: 2001,
    type: 'string',
    semantics: 'default',
    units: 'none',
    note: 'Where captured frames end: metered, why not, or kernelDrops for those the kernel had no room for.',
  },
  frameTotalCount: {
    id: 2002,
    type: 'unsigned64',
    semantics: 'totalCounter',
    units: 'frames',
    note: 'Frames with this outcome since the start of the Metering Process.',
  },
  flowRecordDropCause: {
    id: 2003,
    type: 'string',
    semantics: 'default',
    units: 'none',
    note: 'Why flow records were not sent: a cause of this Exporting Process, recordRing or flowSampling.',
  },
  droppedFlowRecordTotalCount: {
    id: 2004,
    type: 'unsigned64',
    semantics: 'totalCounter',
    units: 'flows',
    note: 'Flow records not sent for this cause since the start of the Exporting Process.',
  },
} as const satisfies Record<
  string,
  { id: number; type: WireType; semantics: keyof typeof semanticsCodes; units: keyof typeof unitCodes; note: string }
>;

export type OwnOption = keyof typeof ownOptions;

/** IANA registry IPFIX Information Element Data Types. */
export const dataTypeCodes: Readonly<Record<WireType, number>> = {
  octetArray: 0,
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 3,
  unsigned64: 4,
  float64: 10,
  boolean: 11,
  macAddress: 12,
  string: 13,
  dateTimeSeconds: 14,
  dateTimeMilliseconds: 15,
  dateTimeMicroseconds: 16,
  dateTimeNanoseconds: 17,
  ipv4Address: 18,
  ipv6Address: 19,
};

/** IANA registry IPFIX Information Element Semantics. */
export const semanticsCodes = {
  default: 0,
  quantity: 1,
  totalCounter: 2,
  deltaCounter: 3,
  identifier: 4,
  flags: 5,
  list: 6,
} as const;

/** IANA registry IPFIX Information Element Units. */
export const unitCodes = {
  none: 0,
  octets: 2,
  packets: 3,
  flows: 4,
  seconds: 5,
  milliseconds: 6,
  microseconds: 7,
  nanoseconds: 8,
  hops: 11,
  entries: 12,
  frames: 13,
} as const;

/** A field of an options template; length: octets, default the type's full size (65535 for strings). */
export function ianaField(name: IanaOption, length?: number): OptionsField {
  const [id, type] = ianaOptions[name];
  return { id, enterprise: 0, length: length ?? typeLengths[type], type };
}

export function ianaFields(...names: IanaOption[]): OptionsField[] {
  return names.map((name) => ianaField(name));
}

export function ownField(name: OwnOption, enterprise: number): OptionsField {
  const { id, type } = ownOptions[name];
  return { id, enterprise, length: typeLengths[type], type };
}

/** Type information of one of our options elements. */
export function ownType(name: OwnOption, enterprise: number): ElementType {
  const { id, type, semantics, units, note } = ownOptions[name];
  return { enterprise, id, type, semantics: semanticsCodes[semantics], units: unitCodes[units], name, note };
}

/** Type information of an element of the catalogue; `own` is the configured enterprise number. */
export function catalogueType(element: Element, own: number): ElementType {
  const { field, id, type, name } = element;
  const which = element.side === 0 ? '' : element.reverse ? 'Reverse: ' : 'Destination: ';
  return {
    enterprise: element.enterprise === 'own' ? own : element.enterprise,
    id,
    type,
    semantics: semanticsCodes[field.semantics ?? 'default'],
    units: unitCodes[field.units ?? 'none'],
    name,
    note: which + field.note,
  };
}
