import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  attributionOptions,
  AttributionRun,
  type ContainerNames,
  nodeNameOf,
  tierText,
  withAttribution,
} from '../../src/attribution_run.js';
import { parseObservationPoint } from '../../src/config/observation_point.js';
import { defaultOptions, type Options } from '../../src/config/options.js';
import { parseSinkUrl } from '../../src/config/sink_url.js';
import { planSinks, type SinkPlan } from '../../src/exporting/sink_plan.js';
import { loadTemplates, parseTemplateList } from '../../src/fields/template.js';
import type { ContainerFacts, NativeAddon } from '../../src/native/boundary.js';
import { packageRoot } from '../../src/native/load.js';
import type { ProcessView } from '../../src/process_view.js';
import { createLog } from '../../src/telemetry/log.js';
import { CollectingConsumer } from '../support/collecting_consumer.js';
import { attributionStatus, identityStatus } from '../support/counter_readings.js';
import { FakeAttribution } from '../support/fake_attribution.js';

const templates = new Map([
  ...loadTemplates(join(packageRoot(), 'templates')),
  ['events', parseTemplateList('eventName')],
  ['sockets', parseTemplateList('flowId')],
]);

/** A run as it is planned. */
function planned(
  sinks: string[],
  points: string[],
  change: Partial<Options> = {},
): { run: Options; plans: SinkPlan[] } {
  const options: Options = {
    ...defaultOptions(),
    observationPoints: points.map(parseObservationPoint),
    ...change,
    sinks: sinks.map(parseSinkUrl),
  };
  const plans = planSinks(options, templates, false);
  return { run: withAttribution(options, plans), plans };
}

const tierOf = (...given: Parameters<typeof planned>): Options['attribution'] => planned(...given).run.attribution;

test('attribution is off where nothing names an end, and with files', () => {
  assert.equal(tierOf(['tcp://a?template=minimal'], ['any']), 'off');
  assert.equal(tierOf(['tcp://a?template=sourceProcessName'], ['any']), 'auto');
  assert.equal(tierOf(['tcp://a?template=sourceKernelSmoothedRtt'], ['any']), 'auto');
  assert.equal(tierOf(['tcp://a?template=minimal', 'tcp://b?events=exec'], ['any']), 'auto');
  assert.equal(tierOf(['tcp://a?template=minimal'], ['any', 'ebpf:']), 'auto');
  assert.equal(tierOf(['tcp://a?template=minimal'], ['any'], { attribution: 'diag' }), 'diag');
  assert.equal(tierOf(['tcp://a?template=sourceProcessName'], ['any'], { attribution: 'off' }), 'off');
  assert.equal(tierOf(['tcp://a?template=sourceProcessName'], [], { read: ['x.pcap'], attribution: 'bpf' }), 'off');
});

test('what the native part is asked for', () => {
  const ask = (...given: Parameters<typeof planned>) => {
    const { run, plans } = planned(...given);
    return attributionOptions(run, plans);
  };
  assert.equal(ask(['tcp://a?template=minimal'], ['any']), undefined);
  const both = ask(['tcp://a', 'tcp://b?events=exec,exit'], ['eth0', 'ebpf:'], { commandLine: 'off', ancestors: 7 });
  assert.deepEqual(
    [both?.tier, both?.flows, both?.packets, both?.events, both?.commandLine, both?.ancestors],
    ['auto', true, true, ['exec', 'exit'], 'off', 7],
  );
  const sockets = ask(['tcp://a'], ['ebpf:']);
  assert.deepEqual([sockets?.flows, sockets?.packets], [true, false]);
  const events = ask(['tcp://a?events=all'], ['ebpf:']);
  assert.deepEqual([events?.flows, events?.packets, events?.events.length], [false, false, 10]);
});

test('the node is named after the host only where pods are named', () => {
  const name = (template: string, nodeName = ''): string => {
    const { run, plans } = planned([`tcp://a?template=${template}`], ['any'], { nodeName });
    return nodeNameOf(run, plans);
  };
  assert.equal(name('sourceProcessName'), '');
  assert.equal(name('sourcePodName'), hostname());
  assert.equal(name('sourcePodName', 'worker-1'), 'worker-1');
});

test('one line says which tier runs, and why not the better one', () => {
  assert.equal(tierText(attributionStatus()), 'ends of flows are named by 2 BPF programs');
  assert.match(tierText(attributionStatus({ reason: 'no cgroup v2' })), /2 BPF programs; no cgroup v2$/);
  assert.match(
    tierText(attributionStatus({ tier: 'diag', reason: 'CAP_BPF is missing' })),
    /sock_diag.*: CAP_BPF is missing$/,
  );
  assert.equal(
    tierText(attributionStatus({ tier: 'off', reason: 'no netlink' })),
    'ends of flows are not named: no netlink',
  );
});

class FakeNames implements ContainerNames {
  wanted: string[] = [];
  started = false;
  closed = false;
  tell: (facts: ContainerFacts[]) => void = () => {};
  async start(): Promise<void> {
    this.started = true;
  }
  lookUp(wanted: readonly { id: string }[]): void {
    this.wanted.push(...wanted.map(({ id }) => id));
  }
  onFacts(call: (facts: ContainerFacts[]) => void): () => void {
    this.tell = call;
    return () => {};
  }
  status() {
    return identityStatus();
  }
  close(): void {
    this.closed = true;
  }
}

function rig(
  change: Partial<Options> = {},
  prepare: (native: FakeAttribution) => void = () => {},
  view: ProcessView = 'all',
) {
  const { run: options, plans } = planned(['tcp://a?template=sourcePodName'], ['any'], change);
  const lines: string[] = [];
  const log = createLog({ level: 'info', format: 'text', write: (line) => void lines.push(line), colour: false });
  let native!: FakeAttribution;
  class Made extends FakeAttribution {
    constructor(asked: ConstructorParameters<NativeAddon['Attribution']>[0], wake: () => void) {
      super(wake, asked);
      native = this;
      prepare(this);
    }
  }
  const names = new FakeNames();
  const turns: (() => void)[] = [];
  const run = new AttributionRun({ Attribution: Made }, attributionOptions(options, plans)!, {
    options,
    log,
    names,
    view,
    turns: { defer: (call) => turns.push(call) },
    onFailure: (error) => assert.fail(String(error)),
  });
  const runTurns = (): void => {
    for (let turn = turns.shift(); turn; turn = turns.shift()) turn();
  };
  return { run, native, names, lines, runTurns };
}

test('containers that are wanted are looked up, and what is found goes back', () => {
  const { run, native, names, runTurns } = rig();
  run.start([]);
  assert.ok(native.started && names.started);
  native.add([], { wanted: [{ id: 'c1', runtime: 'docker', processId: 7 }] });
  runTurns();
  assert.deepEqual(names.wanted, ['c1']);
  const facts = { id: 'c1', name: 'web' } as ContainerFacts;
  names.tell([facts]);
  assert.deepEqual(native.facts, [facts]);
  run.close();
  names.tell([facts]);
  assert.equal(native.facts.length, 1, 'nothing goes to a closed one');
});

test('the log says that there is no cgroup v2 hierarchy, and nothing where there is one', () => {
  const said = (cgroup: string): string => {
    const { run, lines } = rig({}, (native) => {
      native.statusNow = attributionStatus({ cgroup });
    });
    run.start([]);
    return lines.join('');
  };
  assert.match(said(''), /info no cgroup v2 hierarchy is mounted: containers and units of processes that have ended/);
  assert.doesNotMatch(said('/sys/fs/cgroup'), /cgroup v2/);
});

test('the last events are handed on; readings survive the end', () => {
  const { run, native, names } = rig();
  const consumer = new CollectingConsumer();
  run.start([consumer]);
  native.add([1, 2, 3]);
  run.finish();
  assert.deepEqual(consumer.ids, [1, 2, 3]);
  run.close();
  run.close();
  assert.ok(native.closed && names.closed);
  assert.equal(run.reading().counters.kernelEvents, 3001);
  assert.equal(run.reading().identity?.answered, 4002);
});

test('the log says the tier; a warning where it is not the one that could be', () => {
  const bpf = rig();
  bpf.run.start([]);
  assert.match(bpf.lines.join(''), /info ends of flows are named by 2 BPF programs\n/);
  const diag = (native: FakeAttribution): void => {
    native.statusNow = attributionStatus({ tier: 'diag', reason: 'CAP_BPF is missing', conntrack: 'not permitted' });
  };
  const degraded = rig({}, diag);
  degraded.run.start([]);
  assert.match(degraded.lines.join(''), /warning ends of flows are named by sock_diag.*; see `weir doctor`\n/);
  assert.match(degraded.lines.join(''), /info address translation is not followed: not permitted\n/);
  const asked = rig({ attribution: 'diag', conntrack: false }, diag);
  asked.run.start([]);
  assert.match(asked.lines.join(''), /info ends of flows are named by sock_diag/);
  assert.doesNotMatch(asked.lines.join(''), /doctor|translation/);
  for (const { run } of [bpf, degraded, asked]) run.close();
});

test('the log says when a container hides processes, unless nobody is named', () => {
  const said = (view: ProcessView, tier: 'bpf' | 'off'): string => {
    const { run, lines } = rig({}, (native) => (native.statusNow = { ...attributionStatus(), tier }), view);
    run.start([]);
    return lines.join('');
  };
  assert.match(said('container', 'bpf'), /warning weir sees only the processes of its own container: .*--pid=host/);
  assert.match(said('forbidden', 'bpf'), /warning the container's profile .*apparmor=unconfined/);
  assert.doesNotMatch(said('container', 'off'), /own container/);
  assert.doesNotMatch(said('all', 'bpf'), /container/);
});
