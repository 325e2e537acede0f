// Options of NetFlow v9 (RFC 3954 section 6): scope types instead of scope elements, every length fixed, no enterprise
// elements, and the field types that its readers know.

import type { OptionsField } from '../native/boundary.js';
import { ianaField } from './options_elements.js';
import {
  applicationId,
  applicationIdLength,
  descriptionOctets,
  nameOctets,
  namesApplications,
  type OptionsPlan,
  packetSelector,
  type TableMaker,
} from './options_plan.js';

/** RFC 3954 section 6.1. */
const scopeTypes = { system: 1, interface: 2 } as const;

function scope(type: keyof typeof scopeTypes): OptionsField {
  return { id: scopeTypes[type], enterprise: 0, length: 4, type: 'unsigned32' };
}

export function netflow9Tables(plan: OptionsPlan): TableMaker[] {
  return [...sampling(plan), interfaces(), ...applications(plan), statistics(plan)];
}

/**
 * The rate alone, which nfcapd 1.7.1 would not apply with an algorithm beside it, and the sampler by Cisco's newer types
 * for readers of those. Counters that are scaled up already have no rate to be announced.
 */
function sampling(plan: OptionsPlan): TableMaker[] {
  const { packets, mode, upscale } = plan.sampling;
  if (packets <= 1 || upscale) return [];
  const rate = [plan.domain, packets];
  const sampler = [plan.domain, packetSelector, mode === 'random' ? 2 : 1, packets];
  return [
    {
      name: 'packetSampling',
      when: 'session',
      template: { scopes: 1, fields: [scope('system'), ianaField('samplingInterval')] },
      rows: () => [rate],
    },
    {
      name: 'sampler',
      when: 'session',
      template: {
        scopes: 1,
        fields: [scope('system'), ianaField('samplerId'), ianaField('samplerMode'), ianaField('samplerRandomInterval')],
      },
      rows: () => [sampler],
    },
  ];
}

function interfaces(): TableMaker {
  return {
    name: 'interfaces',
    when: 'change',
    template: {
      scopes: 1,
      fields: [
        scope('interface'),
        ianaField('interfaceName', nameOctets),
        ianaField('interfaceDescription', descriptionOctets),
      ],
    },
    rows: (state) => state.interfaces.map(({ index, name, description }) => [index, name, description]),
  };
}

function applications(plan: OptionsPlan): TableMaker[] {
  if (!namesApplications(plan)) return [];
  const length = applicationIdLength(plan);
  return [
    {
      name: 'applications',
      when: 'change',
      template: {
        scopes: 1,
        fields: [
          scope('system'),
          { id: 95, enterprise: 0, length, type: 'unsigned32' },
          ianaField('applicationName', nameOctets),
          ianaField('applicationDescription', descriptionOctets),
        ],
      },
      rows: (state) =>
        state
          .applications()
          .map(({ selector, name, description }) => [plan.domain, applicationId(selector, length), name, description]),
    },
  ];
}

function statistics(plan: OptionsPlan): TableMaker {
  return {
    name: 'meteringStatistics',
    when: 'interval',
    template: {
      scopes: 1,
      fields: [
        scope('system'),
        ianaField('exportedOctetTotalCount'),
        ianaField('exportedMessageTotalCount'),
        ianaField('exportedFlowRecordTotalCount'),
      ],
    },
    rows: ({ exporter }) => [[plan.domain, exporter.octets, exporter.units, exporter.exported]],
  };
}
