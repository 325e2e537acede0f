// IPFIX options that report on the processes: sampling, statistics, reliability.

import { type IanaOption, ianaField, ianaFields, ownField } from './options_elements.js';
import { flowSelector, meteringProcess, type OptionsPlan, packetSelector, type TableMaker } from './options_plan.js';
import { frameOutcomes, ignoredPackets, notSentCauses, notSentRecords } from './options_state.js';

/**
 * RFC 5477 section 8. Where the counters are scaled up already, collectors must not do it again: the selector is named
 * without the parameters they would take for the rate.
 */
export function packetSampling(plan: OptionsPlan): TableMaker[] {
  const { packets, mode, upscale } = plan.sampling;
  if (packets <= 1) return [];
  const random = mode === 'random';
  if (plan.profile === 'nfdump') return upscale ? [] : [plainRate(plan)];
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

/** All that nfcapd 1.7.1 applies to flow records: the rate without an algorithm beside it. */
function plainRate(plan: OptionsPlan): TableMaker {
  return {
    name: 'packetSampling',
    when: 'session',
    template: { scopes: 1, fields: ianaFields('observationDomainId', 'samplingInterval') },
    rows: () => [[plan.domain, plan.sampling.packets]],
  };
}

/** RFC 7014: chosen by a keyed hash of the flow key, so to the outside each flow has the same probability. */
export function flowSampling(plan: OptionsPlan): TableMaker[] {
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
export function samplingStatistics(plan: OptionsPlan): TableMaker[] {
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
        const made = Object.values(meter.records).reduce((sum, count) => sum + count, 0);
        const kept = made + meter.recordsDropped + meter.recordsNotWanted;
        return [[flowSelector, kept + meter.recordsNotSelected, kept]];
      },
    });
  }
  return tables;
}

/** RFC 7011 section 4.1. */
export function meteringStatistics(plan: OptionsPlan): TableMaker {
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
export function meteringReliability(plan: OptionsPlan): TableMaker {
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
export function exportingReliability(plan: OptionsPlan): TableMaker {
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
export function outcomes(plan: OptionsPlan): TableMaker {
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
export function dropCauses(plan: OptionsPlan): TableMaker {
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
