// What is asked of the options of one sink, and the shape of the answer.

import { elements, fieldNeeds } from '../fields/elements.js';
import type { EncoderField, OptionsRow, OptionsTemplate } from '../native/boundary.js';
import type { OptionsState } from './options_state.js';

export interface OptionsTable {
  /** For the log and tests. */
  name: string;
  template: OptionsTemplate;
  /**
   * When rows are sent besides the begin of a session: 'session' with refreshes only, 'change' also whenever they are
   * others, 'interval' every statistics interval.
   */
  when: 'session' | 'change' | 'interval';
  /** Template and rows go before all other templates: readers look names up when a template comes (RFC 5610). */
  leads?: boolean;
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
  /** Start of the probe, ms since 1970; another one when the system clock was set back. */
  startMs: () => number;
  /** The sink's data templates; `element` is an index into elements(). */
  templates: readonly { id: number; fields: readonly Pick<EncoderField, 'element'>[] }[];
  /** MeterOptions packetSampling, packetSamplingMode, flowSampling, upscale; 1 = off. */
  sampling: { packets: number; mode: 'systematic' | 'random'; flows: number; upscale: boolean };
  /** Packet sampling by the deprecated elements 34 and 35 alone, for collectors that misread 305 (goflow2). */
  legacySampling: boolean;
}

/** RFC 5477 selectors of this Observation Domain. */
export const packetSelector = 1; // the flow field selectorId says it, too
export const flowSelector = 2;

export const meteringProcess = 1; // weir has one
const nDpiEngine = 22; // IANA registry Classification Engine IDs
/** Octets of texts where the reader takes fixed lengths only. */
export const nameOctets = 32;
export const descriptionOctets = 64;

/** True when data records of the sink say which application they carry. */
export function namesApplications({ templates }: Pick<OptionsPlan, 'templates'>): boolean {
  return templates.some(({ fields }) =>
    fields.some(({ element }) => fieldNeeds(elements()[element]!.field) === 'label'),
  );
}

/** Octets of applicationId: the engine and nDPI's 2 for RFC 6759, Cisco's 4 for NetFlow readers. */
export function applicationIdLength(plan: Pick<OptionsPlan, 'format' | 'profile'>): number {
  return plan.format === 'ipfix' && plan.profile === 'rfc' ? 3 : 4;
}

/** applicationId as a number of that many octets. */
export function applicationId(selector: number, length: number): number {
  return nDpiEngine * 2 ** (8 * (length - 1)) + selector;
}

/** A table that has no template id yet. */
export type TableMaker = Omit<OptionsTable, 'template'> & { template: Omit<OptionsTemplate, 'id'> };
