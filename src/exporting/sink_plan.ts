// What one --to means once defaults are applied: format, template, encoder fields. Pure; nothing is opened here.

import type { Options } from '../config/options.js';
import { defaultFormat, type SinkFormat, type SinkUrl } from '../config/sink_url.js';
import { WeirError, WeirErrors } from '../errors.js';
import { defaultEnterprise } from '../fields/field.js';
import { elements } from '../fields/elements.js';
import { forcesUniflow } from '../fields/naming.js';
import { forUniflow, parseTemplate, type PlannedField, planFields, type Template } from '../fields/template.js';
import { textKeys } from '../fields/text_line.js';

export interface SinkPlan {
  url: SinkUrl;
  format: SinkFormat;
  template: Template;
  biflow: boolean;
  fields4: PlannedField[];
  fields6: PlannedField[];
}

/** The template that stdout text lines use unless one is asked for. */
const lineTemplate = 'text';

/** Applies the defaults of the run to one sink. Throws WeirError or WeirErrors. */
export function planSink(
  url: SinkUrl,
  options: Options,
  templates: ReadonlyMap<string, Template>,
  stdoutIsTerminal: boolean,
): SinkPlan {
  const format = url.parameters.format ?? defaultFormat(url, stdoutIsTerminal);
  const asked = url.parameters.template ?? options.template;
  const name = format === 'text' && asked === 'default' ? lineTemplate : asked;
  const naming = format === 'json' ? (url.parameters.naming ?? 'ipfix') : undefined;
  const asksBiflow =
    url.parameters.biflow ??
    (options.biflow === 'auto' ? url.parameters.profile !== 'nfdump' : options.biflow === 'on');
  const biflow = asksBiflow && !forcesUniflow(naming);
  const parsed = parseTemplate(name, templates, options.enterpriseNumber);
  const template = biflow ? parsed : forUniflow(parsed);
  const plan = planFields(template, { naming, biflow });
  if (format === 'text') {
    for (const fields of [plan.fields4, plan.fields6]) {
      const keys = textKeys(fields.map((field) => elements()[field.element]!));
      fields.forEach((field, index) => {
        field.key = keys[index]!;
      });
    }
  }
  return { url, format, template, biflow, ...plan };
}

/** Every sink of the run; throws WeirErrors with the mistakes of all of them. */
export function planSinks(
  options: Options,
  templates: ReadonlyMap<string, Template>,
  stdoutIsTerminal: boolean,
): SinkPlan[] {
  const errors: WeirError[] = [];
  const plans: SinkPlan[] = [];
  for (const url of options.sinks) {
    try {
      plans.push(planSink(url, options, templates, stdoutIsTerminal));
    } catch (error) {
      if (error instanceof WeirErrors) errors.push(...error.errors);
      else if (error instanceof WeirError) errors.push(error);
      else throw error;
    }
  }
  if (errors.length > 0) throw new WeirErrors(errors);
  return plans;
}

/** Element indexes that any sink's records carry: what the meter has to measure. */
export function measuredElements(plans: readonly SinkPlan[]): number[] {
  return [...new Set(plans.flatMap((plan) => [...plan.fields4, ...plan.fields6].map((field) => field.element)))];
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
