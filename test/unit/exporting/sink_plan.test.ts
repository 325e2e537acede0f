import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseObservationPoint } from '../../../src/config/observation_point.js';
import { defaultOptions, type Options } from '../../../src/config/options.js';
import { parseSinkUrl } from '../../../src/config/sink_url.js';
import { WeirErrors } from '../../../src/errors.js';
import {
  measuredElements,
  namesContainers,
  namesEnds,
  onlySockets,
  planSinks,
  type SinkPlan,
  wantedEvents,
} from '../../../src/exporting/sink_plan.js';
import { elements } from '../../../src/fields/elements.js';
import { loadTemplates, parseTemplateList } from '../../../src/fields/template.js';
import { packageRoot } from '../../../src/native/load.js';

const templates = new Map([
  ...loadTemplates(join(packageRoot(), 'templates')),
  // so that these tests do not hang on what the templates name
  [
    'events',
    { ...parseTemplateList('eventName flowStartMilliseconds sourceProcessId sourceProcessName'), name: 'events' },
  ],
  [
    'sockets',
    { ...parseTemplateList('sourceIPv4Address sourceProcessName transportOctetDeltaCount'), name: 'sockets' },
  ],
  ['default', { ...parseTemplateList('sourceIPv4Address octetDeltaCount packetDeltaCount'), name: 'default' }],
  [
    'text',
    { ...parseTemplateList('sourceIPv4Address octetDeltaCount reverseOctetDeltaCount flowProcesses'), name: 'text' },
  ],
]);

function plans(sinks: string[], change: Partial<Options> & { points?: string[] } = {}): SinkPlan[] {
  const { points = ['any'], ...rest } = change;
  const options = { ...defaultOptions(), ...rest, sinks: sinks.map(parseSinkUrl) };
  return planSinks({ ...options, observationPoints: points.map(parseObservationPoint) }, templates, true);
}

function mistake(sinks: string[], change: Parameters<typeof plans>[1] = {}): string {
  try {
    plans(sinks, change);
  } catch (error) {
    assert.ok(error instanceof WeirErrors, String(error));
    return error.errors.map(({ message }) => message).join('; ');
  }
  return '';
}

const names = ({ fields4 }: SinkPlan): string[] => fields4.map(({ element }) => elements()[element]!.name);

test('events= makes an event sink, whatever the others are', () => {
  const [flows, events] = plans(['tcp://a', 'tcp://b?events=exec,exit']) as [SinkPlan, SinkPlan];
  assert.deepEqual([flows.events, events.events], [[], ['exec', 'exit']]);
  assert.deepEqual([flows.template.name, events.template.name], ['default', 'events']);
  assert.deepEqual(wantedEvents([flows, events]), ['exec', 'exit']);
  assert.deepEqual(measuredElements([flows, events]), measuredElements([flows]), 'the meter measures what flows carry');
});

test('--events makes all sinks event sinks that do not say otherwise', () => {
  const found = plans(['-', 'tcp://b?events=off', 'tcp://c?events=exec'], { events: ['connect'] });
  assert.deepEqual(
    found.map(({ events }) => events),
    [['connect'], [], ['exec']],
  );
  assert.deepEqual(
    found.map(({ template }) => template.name),
    ['events', 'default', 'events'],
  );
});

test('-T is for flows, unless the run is about events', () => {
  const [all] = plans(['-'], { events: ['exec'], template: 'sourceProcessName' }) as [SinkPlan];
  assert.deepEqual(names(all), ['sourceProcessName']);
  const [flows, events] = plans(['-', 'tcp://b?events=exec'], { template: 'octetDeltaCount' }) as [SinkPlan, SinkPlan];
  assert.deepEqual(names(flows), ['octetDeltaCount']);
  assert.equal(events.template.name, 'events');
  const [own] = plans(['tcp://b?events=exec&template=sourceProcessId']) as [SinkPlan];
  assert.deepEqual(names(own), ['sourceProcessId']);
});

test('an event has one direction; what flows alone can be is refused', () => {
  const [events] = plans(['tcp://b?events=exec'], { biflow: 'off' }) as [SinkPlan];
  assert.equal(events.biflow, true);
  assert.match(mistake(['udp://b?events=exec'], { flowVersion: '9' }), /events have no place in netflow9/);
  assert.match(mistake(['udp://b?format=netflow5'], { events: ['exec'] }), /events have no place in netflow5/);
  assert.match(mistake(['udp://b?profile=nfdump&events=exec']), /nfcapd stores nothing else/);
  assert.match(mistake(['file:///x.json?naming=goflow2&events=exec']), /naming=goflow2 is for flows/);
  assert.match(mistake(['tcp://b?biflow=off&events=exec']), /an event has one direction/);
  assert.match(mistake(['kafka://b/t?messagekey=host&events=exec']), /many events have no address/);
  assert.equal(mistake(['udp://b?format=netflow5&events=off'], { events: ['exec'] }), '');
});

test('events of one probe share a Kafka partition unless asked otherwise', () => {
  const [flows, events, keyed] = plans([
    'kafka://b/flows',
    'kafka://b/events?events=all&spool=off',
    'kafka://b/e?events=all&messagekey=flow',
  ]) as [SinkPlan, SinkPlan, SinkPlan];
  assert.deepEqual([flows.unitKey, events.unitKey, keyed.unitKey], ['flow', 'none', 'flow']);
});

test('flows are balanced among flow sinks, events among event sinks', () => {
  const found = plans([
    'tcp://a?balance=x',
    'tcp://b?balance=x&events=all',
    'tcp://c?balance=x',
    'tcp://d?balance=x&events=exec',
  ]);
  assert.deepEqual(
    found.map(({ share, shareOf }) => [share, shareOf]),
    [
      [0, 2],
      [0, 2],
      [1, 2],
      [1, 2],
    ],
  );
});

test('-i ebpf: alone: template sockets, and payload octets for octets of packets', () => {
  const sockets = { points: ['ebpf:'] };
  const [bare, text, named] = plans(['tcp://a', '-', 'tcp://b?template=default'], sockets) as [
    SinkPlan,
    SinkPlan,
    SinkPlan,
  ];
  assert.equal(bare.template.name, 'sockets');
  assert.deepEqual(names(text).slice(1, 3), ['transportOctetDeltaCount', 'reverseTransportOctetDeltaCount']);
  assert.deepEqual(names(named), ['sourceIPv4Address', 'transportOctetDeltaCount', 'packetDeltaCount']);
  assert.match(mistake(['udp://b?format=netflow5'], sockets), /-i ebpf: alone does not see; use ipfix or json/);
  const [both] = plans(['tcp://b'], { points: ['any', 'ebpf:'] }) as [SinkPlan];
  assert.deepEqual(names(both), ['sourceIPv4Address', 'octetDeltaCount', 'packetDeltaCount']);
  assert.equal(onlySockets({ read: [], observationPoints: [] }), false);
});

test('what attribution is needed for', () => {
  assert.equal(namesEnds(plans(['tcp://a'])), false);
  assert.equal(namesEnds(plans(['tcp://a?template=sourceKernelSmoothedRtt'])), true);
  const process = plans(['tcp://a?template=sourceProcessName sourceContainerId']);
  assert.deepEqual([namesEnds(process), namesContainers(process)], [true, false]);
  for (const field of ['destinationContainerName', 'sourcePodNamespace', 'sourceWorkloadName', 'flowProcesses'])
    assert.equal(namesContainers(plans([`tcp://a?template=${field}`])), true, field);
});
