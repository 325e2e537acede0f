// config/grafana.json as Grafana reads it: its panels, and their queries with the variables put in as Grafana does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/native/load.js';

export interface Target {
  refId: string;
  expr: string;
  legendFormat: string;
  datasource: { type: string; uid: string };
  format?: string;
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Target[];
  fieldConfig?: {
    defaults: {
      unit: string;
      max?: number;
      color: { mode: string; fixedColor?: string };
      thresholds: { steps: { color: string; value: number | null }[] };
      custom?: { stacking?: { mode: string } };
    };
  };
}

export interface Dashboard {
  title: string;
  uid: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: { name: string; type: string; query: unknown; definition?: string }[] };
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(join(packageRoot(), 'config', 'grafana.json'), 'utf8')) as Dashboard;
}

/** What a query needs of the moment: the probes chosen, and seconds. */
export interface Moment {
  instances: readonly string[];
  scrapeSeconds: number;
  stepSeconds: number;
}

/** A value inside a regular expression inside a string of PromQL. */
const quoted = (value: string): string => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\\\$&');

/** Grafana's rule: the step and a scrape, but four scrapes at least, so that a rate always has two samples. */
export function expand(expr: string, { instances, scrapeSeconds, stepSeconds }: Moment): string {
  const rate = Math.max(stepSeconds + scrapeSeconds, 4 * scrapeSeconds);
  const chosen = instances.length === 1 ? quoted(instances[0]!) : `(${instances.map(quoted).join('|')})`;
  return expr
    .replaceAll('$__rate_interval', `${rate}s`)
    .replaceAll('$__interval', `${stepSeconds}s`)
    .replaceAll('$instance', chosen);
}

/** `{{sink}} {{cause}}` with the labels of a series. */
export function legendText(format: string, labels: Readonly<Record<string, string>>): string {
  if (format === '__auto') return Object.values(labels).join(' ');
  return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => labels[name] ?? '');
}
