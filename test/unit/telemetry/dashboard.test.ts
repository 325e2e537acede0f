// The Grafana dashboard asks for metrics that there are, and shows every loss there can be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributionLines, type MetricLine, meterLines, sinkLines } from '../../../src/telemetry/metric_tables.js';
import { Metrics } from '../../../src/telemetry/metrics.js';
import { exporterCounters, meterCounters } from '../../support/counter_readings.js';
import { expand, legendText, type Panel, readDashboard } from '../../support/grafana_dashboard.js';
import { parsePrometheus } from '../../support/prometheus_text.js';
import { namedEnds } from '../../support/status_documents.js';

const dashboard = readDashboard();
const lines: MetricLine<never>[] = [...meterLines, ...attributionLines, ...sinkLines];
const drawn = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = drawn.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

/** Labels of each metric that /metrics gives. */
async function labelsOfMetrics(): Promise<Map<string, Set<string>>> {
  const text = await new Metrics({
    meter: () => meterCounters(),
    attribution: namedEnds,
    sinks: () => [{ name: 'udp://collector:4739', counters: exporterCounters() }],
    versions: { version: '0.1.0' },
  }).render();
  const samples = [...parsePrometheus(text).values()].flatMap(({ samples: all }) => all);
  const found = new Map<string, Set<string>>();
  for (const { name, labels } of samples) {
    const names = found.get(name) ?? new Set(['instance', 'job']);
    for (const label of Object.keys(labels)) names.add(label);
    found.set(name, names);
  }
  return found;
}

test('every metric and label of a query is in /metrics', async () => {
  const known = await labelsOfMetrics();
  for (const { title, expr } of queries) {
    const names = expr.match(/\bweir_\w+/g) ?? [];
    assert.ok(names.length > 0, title);
    for (const name of names) assert.ok(known.has(name), `${title}: /metrics has no ${name}`);
    const used = [
      ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/)),
      ...[...expr.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, name = '']) => name),
    ];
    for (const label of used)
      assert.ok(
        names.every((name) => known.get(name)?.has(label)),
        `${title}: no label ${label}`,
      );
  }
});

test('legends name labels that the query keeps', () => {
  for (const { title, targets = [] } of drawn) {
    for (const { expr, legendFormat } of targets) {
      const kept = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/) ?? [];
      for (const [, name] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        assert.ok(kept.includes(name!), `${title}: ${name}`);
    }
  }
});

test('every loss is on it', () => {
  const all = queries.map(({ expr }) => expr).join('\n');
  const lost = lines.filter(({ loss }) => loss);
  assert.ok(lost.length > 20);
  for (const { name } of lost) assert.match(all, new RegExp(`\\b${name}\\b`), `${name} is on no panel`);
});

test('every query is for the probes chosen, and asks the data source chosen', () => {
  const names = dashboard.templating.list.map(({ name, type }) => `${name} ${type}`);
  assert.deepEqual(names, ['datasource datasource', 'instance query']);
  for (const { title, targets = [], datasource } of drawn) {
    for (const source of [datasource, ...targets.map((one) => one.datasource)])
      assert.match(`${source?.type} ${source?.uid}`, /^prometheus \$\{datasource\}$/, title);
    for (const { expr } of targets) {
      const metrics = expr.match(/\bweir_\w+/g)?.length;
      assert.equal(expr.match(/\bweir_\w+\{instance=~"\$instance"[^}]*\}/g)?.length, metrics, expr);
      assert.doesNotMatch(
        expr.replace('$__rate_interval', '').replace('"$instance"', ''),
        /\$(?!__rate_interval|instance)/,
      );
    }
  }
});

test('panels have ids of their own and do not overlap on a grid of 24 columns', () => {
  const ids = new Set(dashboard.panels.map(({ id }) => id));
  assert.equal(ids.size, dashboard.panels.length);
  const taken = new Map<string, Panel>();
  for (const panel of dashboard.panels) {
    const { x, y, w, h } = panel.gridPos;
    assert.ok(x >= 0 && x + w <= 24, panel.title);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const cell = `${column} ${line}`;
        assert.equal(taken.get(cell)?.title, undefined, `${panel.title} overlaps`);
        taken.set(cell, panel);
      }
    }
  }
});

test('variables are put in as Grafana does', () => {
  const moment = { instances: ['a.b:9464'], scrapeSeconds: 15, stepSeconds: 5 };
  assert.equal(
    expand('rate(x{instance=~"$instance"}[$__rate_interval])', moment),
    String.raw`rate(x{instance=~"a\\.b:9464"}[60s])`,
  );
  assert.match(expand('$instance', { ...moment, instances: ['a', 'b'] }), /^\(a\|b\)$/);
  assert.equal(expand('[$__rate_interval]', { ...moment, stepSeconds: 120 }), '[135s]');
  assert.equal(legendText('p50 {{sink}}', { sink: 'udp://c' }), 'p50 udp://c');
});
