// A page that lays out the panels of config/grafana.json by their places and draws real answers of Prometheus with uPlot,
// the chart library of Grafana. It is a preview of the queries and the layout, not Grafana, and says so.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './steps.mjs';

const uplot = (file) => readFileSync(join(root, 'node_modules', 'uplot', 'dist', file), 'utf8');

const style = `
body { margin: 0; padding: 16px; background: #111217; color: #ccccdc; font: 13px/1.4 Inter, Roboto, "DejaVu Sans", sans-serif; }
header { margin: 0 0 12px; } header b { font-size: 18px; } header span { color: #9a9aa8; margin-left: 12px; }
#grid { display: grid; grid-template-columns: repeat(24, 1fr); grid-auto-rows: 30px; gap: 8px; }
.panel { background: #181b1f; border: 1px solid #26282e; border-radius: 2px; padding: 6px 8px; display: flex; flex-direction: column; overflow: hidden; min-width: 0; }
.panel h2 { font-size: 13px; font-weight: 500; margin: 0 0 4px; }
.row { align-self: center; } .row h2 { margin: 0; font-size: 15px; font-weight: 500; }
.chart { flex: 1; min-height: 0; position: relative; }
.stat { flex: 1; display: flex; align-items: center; justify-content: center; font-size: 30px; font-weight: 500; position: relative; z-index: 1; }
.spark { position: absolute; inset: auto 0 0 0; opacity: .5; }
.wide { position: relative; flex: 1; display: flex; min-height: 0; }
table { border-collapse: collapse; font-size: 11px; width: 100%; margin-top: 2px; }
.legend { max-height: 62px; overflow: hidden; }
td, th { padding: 0 4px; text-align: right; font-weight: 400; white-space: nowrap; color: #9a9aa8; font-variant-numeric: tabular-nums; }
td:first-child, th:first-child { text-align: left; max-width: 0; width: 99%; overflow: hidden; text-overflow: ellipsis; color: #ccccdc; }
td:first-child::before { content: ''; display: inline-block; width: 12px; height: 3px; margin-right: 6px; vertical-align: middle; background: var(--c); }
th:first-child::before { content: none; }
.u-legend { display: none; }
`;

/** Runs in the browser; `panels` are those of the dashboard with `series`: [{ legend, values }] over `times`. */
function draw({ times, panels }) {
  const palette = [
    '#73bf69',
    '#f2cc0c',
    '#5794f2',
    '#ff9830',
    '#f2495c',
    '#b877d9',
    '#8ab8ff',
    '#96d98d',
    '#ffb357',
    '#ca95e5',
    '#fade2a',
    '#ff7383',
  ];
  const reds = ['#f2495c', '#c4162a', '#ff7383', '#e02f44', '#ffa6b0', '#ad0317', '#ff5f6d', '#d9534f'];
  const scale = (value, base, names) => {
    let unit = 0;
    while (Math.abs(value) >= base && unit < names.length - 1) {
      value /= base;
      unit++;
    }
    const text =
      value === 0 ? '0' : Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(Math.abs(value) < 100 ? 1 : 0);
    return `${text.replace(/\.?0+$/, text.includes('.') ? '' : '$&')} ${names[unit]}`.trim();
  };
  const si = (suffix) => (value) =>
    scale(
      value,
      1000,
      ['', 'k', 'M', 'G', 'T'].map((prefix) => prefix + suffix),
    );
  const formats = {
    pps: si('p/s'),
    bps: si('b/s'),
    Bps: si('B/s'),
    short: si(''),
    bytes: (value) => scale(value, 1024, ['B', 'KiB', 'MiB', 'GiB']),
    percentunit: (value) => `${(value * 100).toFixed(value < 0.1 ? 2 : 1)}%`,
    s: (value) =>
      Math.abs(value) < 1e-3
        ? si('s')(value * 1e6).replace(/s$/, 'µs')
        : Math.abs(value) < 1
          ? `${(value * 1000).toFixed(1)} ms`
          : `${value.toFixed(2)} s`,
  };
  const formatOf = (unit) => (unit.startsWith('count:') ? si(unit.slice(6)) : formats[unit]);
  const last = (values) => values.findLast((value) => value !== null);
  const element = (parent, name, className, text) => {
    const made = parent.appendChild(document.createElement(name));
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const size = (place) => ({ width: place.clientWidth, height: place.clientHeight });
  const axis = {
    stroke: '#9a9aa8',
    font: '11px sans-serif',
    grid: { stroke: '#26282e', width: 1 },
    ticks: { show: false },
  };

  function graph(box, panel) {
    const { unit, max, color, custom } = panel.fieldConfig.defaults;
    const format = formatOf(unit);
    const colors = color.mode === 'shades' ? reds : palette;
    const place = element(box, 'div', 'chart');
    const legend = element(element(box, 'div', 'legend'), 'table');
    const head = element(legend, 'tr');
    for (const name of ['Name', 'Last', 'Max']) element(head, 'th', '', name);
    const highest = (values) => Math.max(...values.filter((value) => value !== null), 0);
    const ranked = [...panel.series.entries()].sort(([, a], [, b]) => highest(b.values) - highest(a.values));
    for (const [index, { legend: name, values }] of ranked) {
      const row = element(legend, 'tr');
      element(row, 'td', '', name).style.setProperty('--c', colors[index % colors.length]);
      element(row, 'td', '', format(last(values) ?? 0));
      element(row, 'td', '', format(highest(values)));
    }
    const stacked = custom.stacking.mode === 'normal';
    let below = times.map(() => 0);
    const columns = panel.series.map(({ values }) => {
      if (!stacked) return values;
      below = below.map((sum, index) => sum + (values[index] ?? 0));
      return below;
    });
    const top = Math.max(...columns.flat().filter((value) => value !== null), 0);
    const bands = stacked ? columns.slice(1).map((_, index) => ({ series: [index + 2, index + 1] })) : [];
    const series = columns.map((_, index) => ({
      stroke: colors[index % colors.length],
      fill: `${colors[index % colors.length]}${stacked ? '99' : '1a'}`,
      width: 1,
      points: { show: false },
    }));
    const options = {
      ...size(place),
      cursor: { show: false },
      legend: { show: false },
      bands,
      scales: { y: { range: [0, max ?? (top === 0 ? 1 : top * 1.1)] } },
      axes: [
        {
          ...axis,
          space: 64,
          size: 26,
          values: (_, splits) => splits.map((at) => new Date(at * 1000).toISOString().slice(11, 19)),
        },
        { ...axis, size: 86, values: (_, splits) => splits.map(format) },
      ],
      series: [{}, ...series],
    };
    new uPlot(options, [times, ...columns], place);
  }

  function stat(box, panel) {
    const { unit, thresholds } = panel.fieldConfig.defaults;
    const { values = [] } = panel.series[0] ?? {};
    const value = last(values) ?? 0;
    const { color } = thresholds.steps.findLast((step) => step.value === null || value >= step.value);
    const tone = { blue: '#5794f2', green: '#73bf69', orange: '#ff9830', red: '#f2495c' }[color];
    const wide = element(box, 'div', 'wide');
    element(wide, 'div', 'stat', formatOf(unit)(value)).style.color = tone;
    const spark = element(wide, 'div', 'spark');
    const options = {
      width: wide.clientWidth,
      height: wide.clientHeight * 0.6,
      cursor: { show: false },
      legend: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { y: { range: [0, Math.max(...values, 1e-9) * 1.1] } },
      series: [{}, { stroke: tone, fill: `${tone}33`, points: { show: false } }],
    };
    new uPlot(options, [times, values], spark);
  }

  /** Cells of increments between the bounds `le`, darker for more. */
  function heatmap(box, panel) {
    const place = element(box, 'div', 'chart');
    const bounds = panel.series
      .map(({ legend, values }) => ({ le: legend === '+Inf' ? Infinity : Number(legend), values }))
      .sort((a, b) => a.le - b.le);
    const cells = bounds.map(({ le, values }, index) => ({
      le,
      counts: values.map((value, at) => Math.max(0, (value ?? 0) - (bounds[index - 1]?.values[at] ?? 0))),
    }));
    const most = Math.max(...cells.flatMap(({ counts }) => counts), 1e-9);
    const hook = (plot) => {
      const { left, top, width, height } = plot.bbox;
      const high = height / cells.length;
      const wide = width / times.length;
      for (const [row, { counts }] of cells.entries())
        for (const [at, count] of counts.entries()) {
          if (count <= 0) continue;
          plot.ctx.fillStyle = `rgba(255, 152, 48, ${0.15 + 0.85 * Math.sqrt(count / most)})`;
          plot.ctx.fillRect(left + at * wide, top + height - (row + 1) * high + 1, Math.max(1, wide - 1), high - 1);
        }
    };
    const label = (split) =>
      cells[split - 1]?.le === Infinity ? '+Inf' : cells[split - 1] ? formats.s(cells[split - 1].le) : '';
    const options = {
      ...size(place),
      cursor: { show: false },
      legend: { show: false },
      scales: { y: { range: [0, cells.length] } },
      axes: [
        {
          ...axis,
          space: 64,
          size: 26,
          values: (_, splits) => splits.map((at) => new Date(at * 1000).toISOString().slice(11, 19)),
        },
        {
          ...axis,
          size: 86,
          splits: () => cells.map((_, index) => index + 1).filter((index) => index % 3 === 0),
          values: (_, splits) => splits.map(label),
        },
      ],
      series: [{}, { show: false }],
      hooks: { draw: [hook] },
    };
    new uPlot(options, [times, times.map(() => 0)], place);
  }

  const grid = document.getElementById('grid');
  for (const panel of panels) {
    const { x, y, w, h } = panel.gridPos;
    const box = element(grid, 'section', panel.type === 'row' ? 'row' : 'panel');
    box.style.gridArea = `${y + 1} / ${x + 1} / span ${h} / span ${w}`;
    element(box, 'h2', '', panel.type === 'row' ? `▾ ${panel.title}` : panel.title);
    if (panel.type === 'timeseries') graph(box, panel);
    else if (panel.type === 'stat') stat(box, panel);
    else if (panel.type === 'heatmap') heatmap(box, panel);
  }
}

/** The page; drawn is { times, panels } as draw() takes it, `heading` is text. */
export function previewPage(heading, drawn) {
  const data = JSON.stringify(drawn).replaceAll('<', '\\u003c');
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>preview</title>
<style>${uplot('uPlot.min.css')}${style}</style></head><body>
<header><b></b><span></span></header><div id="grid"></div>
<script>${uplot('uPlot.iife.min.js')}</script>
<script>
const [title, note] = ${JSON.stringify(heading).replaceAll('<', '\\u003c')};
document.querySelector('header b').textContent = title;
document.querySelector('header span').textContent = note;
(${draw})(${data});
</script></body></html>`;
}
