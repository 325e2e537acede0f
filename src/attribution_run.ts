// Who is at the ends of the flows, over the life of a run: whether it is needed, the native part, its events, and the
// container runtimes that are asked for names.

import { hostname } from 'node:os';
import { isSockets } from './config/observation_point.js';
import type { Options } from './config/options.js';
import {
  namesContainers,
  namesEnds,
  onlySockets,
  type SinkPlan,
  tellsStateTimes,
  wantedEvents,
} from './exporting/sink_plan.js';
import type { IdentityStatus } from './identity/identity.js';
import type { BatchConsumer } from './metering/consumer.js';
import { EventPump } from './metering/event_pump.js';
import type { TurnOptions } from './metering/turns.js';
import type {
  Attribution,
  AttributionCounters,
  AttributionOptions,
  AttributionStatus,
  ContainerFacts,
  NativeAddon,
  WantedContainer,
} from './native/boundary.js';
import { hiddenProcesses, type ProcessView, withoutProcesses } from './process_view.js';
import type { Logger } from './telemetry/log.js';

/** What a run needs of src/identity. */
export interface ContainerNames {
  start(): Promise<void>;
  lookUp(wanted: readonly WantedContainer[]): void;
  onFacts(call: (facts: ContainerFacts[]) => void): () => void;
  status(): IdentityStatus;
  close(): void;
}

export interface AttributionReading {
  status: AttributionStatus;
  counters: AttributionCounters;
  /** Absent where no container is named. */
  identity?: IdentityStatus;
}

/** The options with attribution `off` where this run has no use for it: files, or nothing that names an end. */
export function withAttribution(options: Options, plans: readonly SinkPlan[]): Options {
  const wanted =
    options.attribution !== 'auto' ||
    namesEnds(plans) ||
    wantedEvents(plans).length > 0 ||
    options.observationPoints.some(isSockets);
  return options.read.length === 0 && wanted ? options : { ...options, attribution: 'off' };
}

/** Options of the native part; undefined: it is off. */
export function attributionOptions(options: Options, plans: readonly SinkPlan[]): AttributionOptions | undefined {
  const { attribution: tier } = options;
  if (tier === 'off') return undefined;
  return {
    tier,
    flows: options.observationPoints.some(isSockets) && plans.some(({ events }) => events.length === 0),
    packets: !onlySockets(options),
    events: wantedEvents(plans),
    activeTimeoutMs: options.activeTimeout,
    idleTimeoutMs: options.idleTimeout,
    lingerMs: options.lingerTimeout,
    sockets: options.socketTable,
    processes: options.processTable,
    commandLine: options.commandLine,
    ancestors: options.ancestors,
    sends: options.attributionSends,
    stateTimes: tellsStateTimes(plans),
    conntrack: options.conntrack,
    nodeName: nodeNameOf(options, plans),
  };
}

/** The host's own name only where pods are named: elsewhere the field stays empty. */
export function nodeNameOf({ nodeName }: Options, plans: readonly SinkPlan[]): string {
  return nodeName === '' && namesContainers(plans) ? hostname() : nodeName;
}

/** One line: which tier runs, and why not the better one. */
export function tierText({ tier, reason, programs }: AttributionStatus): string {
  if (tier === 'bpf') {
    const attached = programs.filter((program) => program.attached).length;
    return `ends of flows are named by ${attached} BPF programs${reason === '' ? '' : `; ${reason}`}`;
  }
  if (tier === 'off') return `ends of flows are not named: ${reason}`;
  return `ends of flows are named by sock_diag and /proc, which miss short-lived processes: ${reason}`;
}

export class AttributionRun {
  readonly #options: Options;
  readonly #log: Logger;
  readonly #pump: EventPump;
  readonly #names: ContainerNames | undefined;
  readonly #view: ProcessView;
  #last: AttributionReading | undefined;

  /** names: the container runtimes, where any template names containers. onFailure: events cannot be taken any more. */
  constructor(
    addon: Pick<NativeAddon, 'Attribution'>,
    native: AttributionOptions,
    around: {
      options: Options;
      log: Logger;
      names: ContainerNames | undefined;
      view: ProcessView;
      onFailure: (error: unknown) => void;
      turns?: TurnOptions;
    },
  ) {
    this.#options = around.options;
    this.#log = around.log;
    this.#names = around.names;
    this.#view = around.view;
    this.#pump = new EventPump({
      ...around.turns,
      createAttribution: (wake) => new addon.Attribution(native, wake),
      onNotice: ({ level, code, text }) => this.#log.notice('attribution', level, text, code === '' ? {} : { code }),
      onWanted: (wanted) => this.#names?.lookUp(wanted),
      onFailure: around.onFailure,
    });
  }

  /** For the Meter. */
  get native(): Attribution {
    return this.#pump.attribution;
  }

  /** Throws NativeError when the tier that was asked for cannot be had. */
  start(events: readonly BatchConsumer[]): void {
    this.#pump.setConsumers(events);
    this.#pump.start();
    this.#names?.onFacts((facts) => {
      if (this.#last === undefined) this.native.setContainers(facts);
    });
    void this.#names?.start(); // names come as they come
    this.#say();
  }

  reading(): AttributionReading {
    if (this.#last) return this.#last;
    const identity = this.#names?.status();
    return { status: this.native.status(), counters: this.native.counters(), ...(identity ? { identity } : {}) };
  }

  /** The last events go to their exporters. */
  finish(): void {
    this.#pump.finish();
  }

  /** After the Meter; reading() keeps answering with the last values. */
  close(): void {
    if (this.#last !== undefined) return;
    this.#pump.finish();
    this.#last = this.reading();
    this.#names?.close();
    this.native.close();
  }

  #say(): void {
    const { status } = this.reading();
    const degraded = status.tier === 'off' || (status.tier === 'diag' && this.#options.attribution !== 'diag');
    const hint = degraded ? '; see `weir doctor`' : '';
    this.#log.log(degraded ? 'warning' : 'info', `${tierText(status)}${hint}`);
    if (status.tier !== 'off' && status.cgroup === '')
      this.#log.info(
        'no cgroup v2 hierarchy is mounted: containers and units of processes that have ended are missing',
      );
    if (status.tier !== 'off' && this.#view !== 'all') {
      const { why, remedy } = hiddenProcesses[this.#view];
      this.#log.warning(`${why}: ${withoutProcesses}; ${remedy}`);
    }
    if (this.#options.conntrack && status.conntrack !== '')
      this.#log.info(`address translation is not followed: ${status.conntrack}`);
  }
}
