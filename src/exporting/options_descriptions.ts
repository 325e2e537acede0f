// IPFIX options that describe what flow records hold: elements, keys, interfaces, Observation Points, applications.

import { elements } from '../fields/elements.js';
import { type Element, reverseEnterprise } from '../fields/field.js';
import type { EncoderField, OptionsRow } from '../native/boundary.js';
import {
  catalogueType,
  dataTypeCodes,
  type ElementType,
  type IanaOption,
  ianaField,
  ianaFields,
  type OwnOption,
  ownType,
} from './options_elements.js';
import {
  applicationId,
  applicationIdLength,
  descriptionOctets,
  nameOctets,
  namesApplications,
  type OptionsPlan,
  type TableMaker,
} from './options_plan.js';

/** RFC 5610: every enterprise element of the data templates and of our options. Sent first, so before any use. */
export function typeInformation(plan: OptionsPlan): TableMaker[] {
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
    0,
    0,
    type.name,
    type.note,
  ];
  return [
    {
      name: 'typeInformation',
      when: 'session',
      leads: true,
      template: {
        scopes: 2,
        fields: ianaFields(
          'privateEnterpriseNumber',
          'informationElementId',
          'informationElementDataType',
          'informationElementSemantics',
          'informationElementUnits',
          'informationElementRangeBegin', // both 0: no range; libfixbuf learns from templates that have them only
          'informationElementRangeEnd',
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
export function flowKeys(plan: OptionsPlan): TableMaker {
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
  if (place.kind === 'derived') return place.call === 'innermostVlan';
  return place.kind !== 'fact' && place.member.startsWith('hot.key.');
}

/** flowKeyIndicator of a template; fields behind the 64th have no bit. */
export function flowKeyIndicator(fields: readonly Pick<EncoderField, 'element'>[]): bigint {
  return fields
    .slice(0, 64)
    .reduce((bits, { element }, at) => (isFlowKey(elements()[element]!) ? bits | (1n << BigInt(at)) : bits), 0n);
}

/** Zero of the SysUpTime elements, where a template uses them and does not say it itself. */
export function systemStart(plan: OptionsPlan): TableMaker[] {
  const uses = (names: string[]) =>
    plan.templates.some(({ fields }) => fields.some(({ element }) => names.includes(elements()[element]!.name)));
  if (!uses(['flowStartSysUpTime', 'flowEndSysUpTime']) || uses(['systemInitTimeMilliseconds'])) return [];
  return [
    {
      name: 'systemStart',
      when: 'change',
      template: { scopes: 1, fields: ianaFields('observationDomainId', 'systemInitTimeMilliseconds') },
      rows: () => [[plan.domain, plan.startMs()]],
    },
  ];
}

/** Texts of fixed length where the reader takes no others. */
function textField(plan: OptionsPlan, name: IanaOption, octets: number) {
  return ianaField(name, plan.profile === 'nfdump' ? octets : undefined);
}

/** Names of the interfaces that flow records point at by ifIndex. */
export function interfaces(plan: OptionsPlan): TableMaker {
  if (plan.profile === 'nfdump') return interfacesOfNfdump(plan);
  return {
    name: 'interfaces',
    when: 'change',
    template: { scopes: 1, fields: ianaFields('ingressInterface', 'interfaceName', 'interfaceDescription') },
    rows: (state) => state.interfaces.map(({ index, name, description }) => [index, name, description]),
  };
}

/** nfcapd wants the ifIndex behind the scope, and takes the description for the name. */
function interfacesOfNfdump(plan: OptionsPlan): TableMaker {
  return {
    name: 'interfaces',
    when: 'change',
    template: {
      scopes: 1,
      fields: [
        ...ianaFields('observationDomainId', 'ingressInterface'),
        ianaField('interfaceDescription', descriptionOctets),
      ],
    },
    rows: (state) => state.interfaces.map(({ index, name }) => [plan.domain, index, name]),
  };
}

/** What the numbers in observationPointId are; ifIndexes repeat over network namespaces, these do not. */
export function observationPoints(plan: OptionsPlan): TableMaker {
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
export function applicationTable(plan: OptionsPlan): TableMaker[] {
  if (!namesApplications(plan)) return [];
  const length = applicationIdLength(plan);
  const categories = plan.profile === 'rfc';
  return [
    {
      name: 'applications',
      when: 'change', // a file of custom protocols is read anew
      template: {
        scopes: 1,
        fields: [
          { id: 95, enterprise: 0, length, type: 'unsigned32' }, // octets, written as the number they make
          textField(plan, 'applicationName', nameOctets),
          textField(plan, 'applicationDescription', descriptionOctets),
          ...(categories ? ianaFields('applicationCategoryName') : []),
        ],
      },
      rows: ({ applications }) =>
        applications().map(({ selector, name, description, category }) => [
          applicationId(selector, length),
          name,
          description,
          ...(categories ? [category] : []),
        ]),
    },
  ];
}
