// What one --to means once defaults are applied: format, template, encoder fields. Pure; nothing is opened here.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isSockets, socketsName } from '../config/observation_point.js';
import type { Options } from '../config/options.js';
import { defaultFormat, maySpool, type SinkFormat, type SinkUrl } from '../config/sink_url.js';
import { WeirError, WeirErrors } from '../errors.js';
import { elements, fieldNeeds } from '../fields/elements.js';
import type { EventTypeName } from '../fields/event_types.js';
import { defaultEnterprise } from '../fields/field.js';
import { forcesUniflow } from '../fields/naming.js';
import {
  forGoIpfix,
  forNetflow9,
  forSockets,
  forUniflow,
  netflow5Fields,
  parseTemplate,
  parseTemplateList,
  type PlannedField,
  planFields,
  type PlanOptions,
  type Template,
} from '../fields/template.js';
import { textKeys } from '../fields/text_line.js';
import { applicationIdLength } from './options_plan.js';

export interface SpoolPlan {
  folder: string;
  maxOctets: number;
  maxAgeMs: number;
  fsync: 'always' | 'second' | 'segment' | 'never';
  /** The user named it, so that it must work; else weir does without when the folder cannot be used. */
  asked: boolean;
}

export interface SinkPlan {
  url: SinkUrl;
  format: SinkFormat;
  profile: 'rfc' | 'nfdump' | 'goipfix';
  template: Template;
  biflow: boolean;
  fields4: PlannedField[];
  fields6: PlannedField[];
  /** Fields of the template that the format cannot carry. */
  leftOut: string[];
  /** Event records of these types; empty: flow records. */
  events: readonly EventTypeName[];
  /** Options records are sent. */
  options: boolean;
  /** Among sinks that balance the flows. */
  share: number;
  shareOf: number;
  /** Message key in front of each unit (Kafka). */
  unitKey: 'none' | 'flow' | 'host';
  linesPerUnit: number;
  /** Every message can be read alone (IPFIX in Kafka). */
  standAlone: boolean;
  spool: SpoolPlan | undefined;
}

/** The templates that are used where none is asked for: readable lines, socket flows, events, lines of events. */
const lineTemplate = 'text';
const socketsTemplate = 'sockets';
const eventsTemplate = 'events';
const eventLineTemplate = 'text-events';
/** Octets of a text in NetFlow v9, which has no variable length; nProbe uses 16 and 32. */
const netflow9TextOctets = 32;

interface Shape {
  template: Template;
  biflow: boolean;
  leftOut: string[];
  planning: PlanOptions;
}

/** The template as format, profile and biflow make it. */
function shape(
  plan: Pick<SinkPlan, 'url' | 'format' | 'profile' | 'events'>,
  asked: Template,
  options: Options,
): Shape {
  const { url, format, profile, events } = plan;
  const naming = format === 'json' ? (url.parameters.naming ?? 'ipfix') : undefined;
  if (format === 'netflow5')
    return { template: parseTemplateList(netflow5Fields), biflow: false, leftOut: [], planning: {} };
  if (format === 'netflow9') {
    return { ...forNetflow9(asked), biflow: false, planning: { fixedTexts: netflow9TextOctets } };
  }
  const run = options.biflow === 'auto' || events.length > 0 ? undefined : options.biflow === 'on';
  const wanted = url.parameters.biflow ?? run;
  const uniflow = profile === 'nfdump' || forcesUniflow(naming);
  if (uniflow && url.parameters.biflow === true && naming !== undefined)
    throw new WeirError(
      'WEIR_SINK',
      `sink '${url.name}': naming=${naming} needs biflow=off: it has one object a direction`,
    );
  const biflow = uniflow ? false : (wanted ?? true);
  const template = biflow ? asked : forUniflow(asked);
  if (profile === 'goipfix')
    return { template: forGoIpfix(template), biflow, leftOut: [], planning: { fullSize: true } };
  return { template, biflow, leftOut: [], planning: { naming } };
}

/** True when nothing but sockets is observed: no packet, so octets are those of payloads. */
export function onlySockets({ read, observationPoints }: Pick<Options, 'read' | 'observationPoints'>): boolean {
  return read.length === 0 && observationPoints.length > 0 && observationPoints.every(isSockets);
}

/** What the sink's template is called when it is not given in the URL. */
function templateName(url: SinkUrl, format: SinkFormat, events: boolean, options: Options): string {
  const asked = options.template;
  // --template is for flows, unless the run is about events as a whole.
  if (events) {
    if (asked !== 'default' && url.parameters.events === undefined) return asked;
    return format === 'text' ? eventLineTemplate : eventsTemplate;
  }
  if (asked !== 'default') return asked;
  if (format === 'text') return lineTemplate;
  return onlySockets(options) ? socketsTemplate : asked;
}

/** What an event sink cannot be: events have one direction, and no place in formats made for flows. */
function checkEvents({ url, format, profile }: Pick<SinkPlan, 'url' | 'format' | 'profile'>): void {
  const { naming, biflow, messageKey } = url.parameters;
  const refuse = (problem: string): never => {
    throw new WeirError('WEIR_SINK', `sink '${url.name}': ${problem}`);
  };
  if (format === 'netflow9' || format === 'netflow5')
    refuse(`events have no place in ${format}: give the sink format=ipfix or json, or events=off`);
  if (profile === 'nfdump') refuse('profile=nfdump is for flows: nfcapd stores nothing else; add events=off');
  if (naming === 'goflow2') refuse('naming=goflow2 is for flows; events have naming=ipfix, nprobe or ecs');
  if (biflow === false) refuse('biflow=off is for flows: an event has one direction');
  if (messageKey === 'host') refuse('messagekey=host is for flows: many events have no address');
}

/** Payload octets, in place of octets of packets, when no packet is seen. */
function withoutPackets(url: SinkUrl, format: SinkFormat, template: Template): Template {
  if (format === 'netflow5') {
    throw new WeirError(
      'WEIR_SINK',
      `sink '${url.name}': netflow5 carries octets of packets, which -i ${socketsName} alone does not see; use ipfix or json`,
    );
  }
  return forSockets(template);
}

/** Applies the defaults of the run to one sink. Throws WeirError or WeirErrors. */
export function planSink(
  url: SinkUrl,
  options: Options,
  templates: ReadonlyMap<string, Template>,
  stdoutIsTerminal: boolean,
  offline = false,
): SinkPlan {
  const { parameters } = url;
  const format = parameters.format ?? defaultFormat(url, stdoutIsTerminal, options.flowVersion);
  const profile = parameters.profile ?? 'rfc';
  const events = parameters.events ?? options.events;
  if (events.length > 0) checkEvents({ url, format, profile });
  const name = parameters.template ?? templateName(url, format, events.length > 0, options);
  const named = parseTemplate(name, templates, options.enterpriseNumber);
  const bare = events.length === 0 && onlySockets(options);
  const parsed = bare ? withoutPackets(url, format, named) : named;
  const { template, biflow, leftOut, planning } = shape({ url, format, profile, events }, parsed, options);
  const { leftOut: unnamed, ...plan } = planFields(template, {
    ...planning,
    applicationIdOctets: applicationIdLength({ format, profile }),
    biflow,
    settings: { samplingRate: options.upscale ? 1 : options.packetSampling },
  });
  if (format === 'text') nameTexts(plan);
  const lines = format === 'json' || format === 'text';
  const kafka = url.brokers.length > 0;
  const linesPerUnit = kafka ? (parameters.batch ?? 1) : 1;
  const key = parameters.messageKey ?? (lines && linesPerUnit === 1 && events.length === 0 ? 'flow' : 'exporter');
  return {
    url,
    format,
    profile,
    template,
    biflow,
    leftOut: [...leftOut, ...unnamed],
    events,
    ...plan,
    options: parameters.options ?? profile !== 'goipfix',
    share: 0,
    shareOf: 1,
    unitKey: kafka && (key === 'flow' || key === 'host') ? key : 'none',
    linesPerUnit,
    standAlone: kafka && format === 'ipfix',
    spool: planSpool(url, format, options, offline),
  };
}

function nameTexts(plan: { fields4: PlannedField[]; fields6: PlannedField[] }): void {
  for (const fields of [plan.fields4, plan.fields6]) {
    const keys = textKeys(fields.map((field) => elements()[field.element]!));
    fields.forEach((field, index) => {
      field.key = keys[index]!;
    });
  }
}

/** Where the sink keeps on disk what it cannot send; the same folder in every run with the same address. */
function planSpool(url: SinkUrl, format: SinkFormat, options: Options, offline: boolean): SpoolPlan | undefined {
  const { parameters } = url;
  const asked = parameters.spool;
  if (!maySpool(url.scheme) || asked === 'off') return undefined;
  const netflow = format === 'netflow9' || format === 'netflow5';
  if (asked === undefined && (offline || netflow || options.spool === '')) return undefined;
  if (netflow) throw new WeirError('WEIR_SINK', `sink '${url.name}': ${format} cannot be spooled; use ipfix or json`);
  if (asked === 'on' && options.spool === '')
    throw new WeirError('WEIR_SINK', `sink '${url.name}': spool=on needs a folder: --spool FOLDER`);
  const address = url.text.replace(/\?.*$/s, '').replace(/\/\/[^/]*@/, '//');
  const place = address.replaceAll(/[^A-Za-z0-9.-]+/g, '_').slice(0, 80);
  const digest = createHash('sha256').update(address).digest('hex').slice(0, 8);
  const named = asked !== undefined && asked !== 'on';
  return {
    folder: named ? asked : join(options.spool, `${place}-${digest}`),
    maxOctets: parameters.spoolSize ?? options.spoolSize,
    maxAgeMs: parameters.spoolAge ?? options.spoolAge,
    fsync: parameters.spoolSync ?? options.spoolSync,
    asked: asked !== undefined,
  };
}

/** Every sink of the run; throws WeirErrors with the mistakes of all of them. */
export function planSinks(
  options: Options,
  templates: ReadonlyMap<string, Template>,
  stdoutIsTerminal: boolean,
  offline = false,
): SinkPlan[] {
  const errors: WeirError[] = [];
  const plans: SinkPlan[] = [];
  for (const url of options.sinks) {
    try {
      plans.push(planSink(url, options, templates, stdoutIsTerminal, offline));
    } catch (error) {
      if (error instanceof WeirErrors) errors.push(...error.errors);
      else if (error instanceof WeirError) errors.push(error);
      else throw error;
    }
  }
  errors.push(...sharedFolders(plans));
  if (errors.length > 0) throw new WeirErrors(errors);
  balance(plans);
  return plans;
}

/** Two sinks cannot keep their flows in one folder. */
function sharedFolders(plans: readonly SinkPlan[]): WeirError[] {
  const seen = new Set<string>();
  return plans.flatMap(({ url, spool }) => {
    if (spool === undefined || !seen.has(spool.folder)) {
      if (spool !== undefined) seen.add(spool.folder);
      return [];
    }
    return [
      new WeirError('WEIR_SINK', `sink '${url.name}': another sink spools to ${spool.folder}; give one spool=FOLDER`),
    ];
  });
}

/** Sinks of one group share the flows (by flow) or the events (by process), in the order they are named. */
function balance(plans: SinkPlan[]): void {
  for (const plan of plans) {
    const group = plan.url.parameters.balance;
    if (group === undefined) continue;
    const kind = plan.events.length > 0;
    const members = plans.filter(({ url, events }) => url.parameters.balance === group && events.length > 0 === kind);
    plan.share = members.indexOf(plan);
    plan.shareOf = members.length;
  }
}

/** Element indexes that records of these plans carry. */
function usedElements(plans: readonly SinkPlan[]): number[] {
  const fields = plans.flatMap((plan) => [...plan.fields4, ...plan.fields6]);
  return [...new Set(fields.filter(({ form }) => form !== 'constant').map(({ element }) => element))];
}

/** Element indexes that any sink's flow records carry: what the meter has to measure. */
export function measuredElements(plans: readonly SinkPlan[]): number[] {
  return usedElements(plans.filter(({ events }) => events.length === 0));
}

/** True when records of any sink say who is at the ends, or what the kernel knows of the connection. */
export function namesEnds(plans: readonly SinkPlan[]): boolean {
  return usedElements(plans).some((index) => {
    const needs = fieldNeeds(elements()[index]!.field);
    return needs === 'endpoint' || needs === 'kernel';
  });
}

/** What only a container runtime can tell. */
const runtimeFacts = /container(Name|Image|Labels)|pod|nodeName|workload|orchestrator|flowProcesses/i;

/** True when records of any sink name containers or pods. */
export function namesContainers(plans: readonly SinkPlan[]): boolean {
  return usedElements(plans).some((index) => {
    const { name, field } = elements()[index]!;
    return fieldNeeds(field) === 'endpoint' && runtimeFacts.test(name);
  });
}

/** True when records of any sink tell how long connections were in their states. */
export function tellsStateTimes(plans: readonly SinkPlan[]): boolean {
  return usedElements(plans).some((index) => /Kernel(Established|Closing)Time$/.test(elements()[index]!.name));
}

/** Types of events that any sink takes. */
export function wantedEvents(plans: readonly SinkPlan[]): EventTypeName[] {
  return [...new Set(plans.flatMap(({ events }) => events))];
}

/**
 * True when this sink sends weir's own elements under the documentation enterprise number to a collector on another host:
 * there the number means nothing (RFC 5612).
 */
export function borrowsEnterprise(plan: SinkPlan, options: Options): boolean {
  if (options.enterpriseNumber !== defaultEnterprise || plan.format !== 'ipfix' || plan.url.host === '') return false;
  const local = /^(127\.|::1$|localhost$)/.test(plan.url.host);
  return !local && [...plan.fields4, ...plan.fields6].some((field) => elements()[field.element]?.enterprise === 'own');
}
