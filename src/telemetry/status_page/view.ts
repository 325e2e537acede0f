// The status page's content from one reading. Pure, and run twice: by the probe for the first answer, and in the browser
// for all later ones (page.ts takes this file and what it imports into the page). Nothing of Node or the DOM is used.
import { escapeText } from '../escape.js';
import { short } from '../short_number.js';
import type { SinkStatus, StatusDocument } from '../status.js';

/** HTML that is safe as it stands. */
class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

function part(value: Part): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(part).join('');
  return escapeHtml(String(value));
}

/** Every value that is put in is escaped, but markup made by this function. */
function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(strings.map((text, index) => text + part(values[index] ?? '')).join(''));
}

/** 1234567 -> 1,234,567 */
const full = (value: number): string => value.toLocaleString('en-US');
const plural = (count: number, one: string, many = `${one}s`): string => `${full(count)} ${count === 1 ? one : many}`;
/** A rate a second. */
const rate = (value: number): string => (value > 0 && value < 10 ? value.toFixed(1) : short(value));
/** 12300 and B -> 12.3, kB */
function scaled(value: number, unit: string): { number: string; unit: string } {
  const [, number = '', prefix = ''] = /^([\d.]+)(\D*)$/.exec(rate(value)) ?? [];
  return { number, unit: `${prefix}${unit}` };
}

/** 1.5 MB */
function bytesText(value: number): string {
  const { number, unit } = scaled(value, 'B');
  return `${number} ${unit}`;
}

/** The same, with the exact number in a title. */
const octets = (value: number): Markup => html`<span title="${full(value)} octets">${bytesText(value)}</span>`;
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** truncatedLink -> truncated link; the words of /metrics as people say them. */
function spoken(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.replace(/\bip\b/, 'IP').replace(/^end of flow$/, 'end of flow (FIN, RST)');
}

function duration(seconds: number): string {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Share in percent, as people read it: 0, <0.1, 3.2, 100. */
function percent(value: number, of: number): string {
  if (of === 0 || value === 0) return '0';
  const share = (value / of) * 100;
  return share < 0.1 ? '<0.1' : share.toFixed(share >= 99.95 ? 0 : 1);
}

const sparkWidth = 150;
const sparkHeight = 36;

/** A line and the area below it; the newest value is at the right edge. */
function sparkline(values: readonly number[], seconds: number, what: string): Markup {
  const top = Math.max(...values, 1e-9);
  const y = (value: number): string => (sparkHeight - 2 - (value / top) * (sparkHeight - 6)).toFixed(1);
  const shown = values.slice(-sparkWidth);
  const first = sparkWidth - shown.length;
  const points = shown.map((value, index) => `${first + index + 0.5},${y(value)}`).join(' ');
  const label = `${what}: the last ${duration(Math.round(seconds))}, highest ${short(values.length > 0 ? top : 0)}`;
  const area = shown.length > 1 ? `${first + 0.5},${sparkHeight} ${points} ${sparkWidth - 0.5},${sparkHeight}` : '';
  return html`<svg class="spark" viewBox="0 0 ${sparkWidth} ${sparkHeight}" preserveAspectRatio="none" role="img" aria-label="${label}"><polygon points="${area}"/><polyline points="${points}"/></svg>`;
}

function tile(name: string, value: string, unit: string, below: string, spark: Markup, tone = ''): Markup {
  return html`<div class="tile ${tone}"><h2>${name}</h2><p class="big"><b>${value}</b> <span>${unit}</span></p>${spark}<p class="dim">${below}</p></div>`;
}

/** What was lost before any sink: what the machine was too slow for. */
function lost({ meter, records }: StatusDocument): number {
  return meter.kernelDrops + records.dropped;
}

function tiles(status: StatusDocument): Markup {
  const { rates, meter, cache, history } = status;
  const seconds = (history.packets.length * history.intervalMs) / 1000;
  const one = (
    name: string,
    now: number,
    unit: string,
    below: string,
    past: readonly number[],
    what: string,
    tone = '',
  ) => {
    const value = rates.seconds > 0 ? scaled(now, unit) : { number: '–', unit };
    return tile(name, value.number, value.unit, below, sparkline(past, seconds, what), tone);
  };
  const gone = lost(status);
  const goneText = gone === 0 ? 'nothing so far' : `${full(gone)} since the start`;
  return html`<section class="tiles" aria-label="Rates">${[
    one('Packets', rates.packets, '/s', `${full(meter.packets)} metered`, history.packets, 'packets a second'),
    one('Traffic', rates.bits, 'bit/s', `${bytesText(meter.octets)} of IP`, history.bits, 'bits a second'),
    one('New flows', rates.flows, '/s', `${full(cache.flowsCreated)} begun`, history.flows, 'new flows a second'),
    one('Lost', rates.lost, '/s', goneText, history.lost, 'lost a second', gone === 0 ? 'good' : 'bad'),
  ]}</section>`;
}

interface Count {
  name: string;
  count: number;
  /** Marked when it is not 0. */
  bad?: boolean;
  note?: string;
}

function countRow({ name, count, bad, note }: Count, total: number): Markup {
  const share = total > 0 ? html`<td class="number dim">${percent(count, total)} %</td>` : '';
  const remark = note === undefined ? '' : html` <small>${note}</small>`;
  return html`<tr class="${bad && count > 0 ? 'bad' : ''}"><th scope="row">${name}${remark}</th><td class="number">${full(count)}</td>${share}</tr>`;
}

function countTable(caption: string, head: string, counts: readonly Count[], total: number): Markup {
  const share = total > 0 ? html`<th scope="col" class="number">share</th>` : '';
  return html`<table><caption>${caption}</caption><thead><tr><th scope="col">${head}</th><th scope="col" class="number">count</th>${share}</tr></thead><tbody>${counts.map((one) => countRow(one, total))}</tbody></table>`;
}

/** A table of what is not 0, and the rest folded below it. `always` stay in sight. */
function foldedTable(
  id: string,
  head: string,
  caption: string,
  counts: readonly Count[],
  total = 0,
  always: readonly Count[] = [],
): Markup {
  const shown = [...always, ...counts.filter(({ count }) => count > 0)];
  const zero = counts.filter(({ count }) => count === 0);
  const folded =
    zero.length === 0
      ? ''
      : html`<details id="${id}"><summary>${plural(zero.length, 'other cause')}, all 0</summary>${countTable(`${caption}: none`, head, zero, 0)}</details>`;
  const top = shown.length === 0 ? html`<p class="good">${caption}: none</p>` : countTable(caption, head, shown, total);
  return html`${top}${folded}`;
}

/** Shares are of all frames that came in; what counts times, sources or datagrams has none. */
function framesPart({ meter }: StatusDocument): Markup {
  const { metered = 0, ...ignored } = meter.outcomes;
  const all = meter.frames + meter.kernelDrops;
  const causes: Count[] = [
    { name: 'dropped by the kernel', count: meter.kernelDrops, bad: true, note: 'the capture ring was full' },
    ...Object.entries(ignored).map(([name, count]) => ({ name: spoken(name), count })),
  ];
  const kept = [{ name: 'metered', count: metered }];
  const troubles: Count[] = [
    { name: 'read errors', count: meter.readErrors, bad: true, note: 'sources' },
    { name: 'interfaces lost', count: meter.interfaceLosses, bad: true, note: 'times' },
    { name: 'fragments without their first', count: meter.fragmentsUnmatched, note: 'metered with ports 0' },
    { name: 'fragments evicted', count: meter.fragmentsEvicted, bad: true, note: 'datagrams' },
  ];
  return html`<section aria-labelledby="frames"><h2 id="frames">Frames</h2>${foldedTable('frames-zero', 'became', `Of ${plural(all, 'frame')}`, causes, all, kept)}${foldedTable('troubles-zero', 'trouble', 'Troubles of capture', troubles)}</section>`;
}

/** A bar of 100 units; SVG, since the page allows no style attributes. */
function bar(value: number, of: number, label: string): Markup {
  const share = of > 0 ? Math.min(100, (value / of) * 100) : 0;
  const tone = share >= 95 ? 'bad' : share >= 80 ? 'warn' : 'good';
  const width = value > 0 ? Math.max(0.5, share) : 0;
  return html`<svg class="bar ${tone}" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="${label}: ${percent(value, of)} %"><rect class="track" width="100" height="8"/><rect class="fill" width="${width.toFixed(2)}" height="8"/></svg>`;
}

function gauge(name: string, value: number, of: number, text: Part): Markup {
  return html`<div class="gauge"><p><span>${name}</span> <span class="number">${text} <b>${percent(value, of)} %</b></span></p>${bar(value, of, name)}</div>`;
}

function cachePart({ cache, records, recordRing }: StatusDocument): Markup {
  const made = Object.entries(records.made).map(([name, count]) => ({
    name: spoken(name),
    count,
    bad: name === 'lackOfResources',
    ...(name === 'lackOfResources' ? { note: 'the cache was full' } : {}),
  }));
  // None of these is in `made`: it counts what was taken.
  const left: Count[] = [
    { name: 'lost', count: records.dropped, bad: true, note: 'the record ring was full' },
    { name: 'left out by flow sampling', count: records.notSelected },
    { name: 'left out by --dpi-filter', count: records.notWanted },
  ];
  const rows = [...made, ...left.filter(({ count }) => count > 0)];
  const all = rows.reduce((total, { count }) => total + count, 0);
  return html`<section aria-labelledby="cache"><h2 id="cache">Flow cache</h2>${gauge('Flows', cache.flows, cache.capacity, `${full(cache.flows)} of ${full(cache.capacity)}`)}${gauge('Record ring', recordRing.usedOctets, recordRing.capacityOctets, `${bytesText(recordRing.usedOctets)} of ${bytesText(recordRing.capacityOctets)}`)}${countTable(`Of ${plural(all, 'flow record')}`, 'end reason', rows, all)}</section>`;
}

const stateWords = { up: 'up', spooling: 'away, spooling', down: 'away' } as const;
const stateTones = { up: 'good', spooling: 'warn', down: 'bad' } as const;

/** Marked when it is not 0. */
const marked = (count: number, tone: string): string => (count > 0 ? tone : '');

function sinkRow(sink: SinkStatus): Markup {
  const dropped = sum(sink.dropped);
  const causes = Object.entries(sink.dropped)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${spoken(name)} ${full(count)}`);
  const why = [
    ...causes,
    ...(sink.unconfirmed > 0 ? [`unconfirmed ${full(sink.unconfirmed)}`] : []),
    ...(sink.resent > 0 ? [`sent again ${full(sink.resent)}`] : []),
    ...(sink.recovered > 0 ? [`from an earlier run ${full(sink.recovered)}`] : []),
  ];
  const cell = (label: string, value: Part, tone = '', note: Part = ''): Markup =>
    html`<td class="number ${tone}" data-label="${label}"><span>${value}${note}</span></td>`;
  const below = (count: number): Part => (count > 0 ? html`<small>${octets(count)}</small>` : '');
  return html`<tr><th scope="row"><span class="name">${sink.name === '-' ? '- (stdout)' : sink.name}</span>${why.length > 0 ? html`<small>${why.join(', ')}</small>` : ''}</th><td data-label="state"><span class="pill ${stateTones[sink.state]}">${stateWords[sink.state]}</span></td>${[
    cell('records/s', rate(sink.rates.records)),
    cell('octets/s', bytesText(sink.rates.octets)),
    cell('exported', full(sink.exported), '', below(sink.octets)),
    cell('dropped', full(dropped), marked(dropped, 'bad')),
    cell('queued', full(sink.queued), '', below(sink.queuedOctets)),
    cell('spooled', full(sink.spooled), marked(sink.spooled, 'warn'), below(sink.spooledOctets)),
    cell('sessions', full(sink.sessions)),
    cell('errors', full(sink.socketErrors), marked(sink.socketErrors, 'warn')),
  ]}</tr>`;
}

function sinksPart({ sinks }: StatusDocument): Markup {
  const columns = ['records/s', 'octets/s', 'exported', 'dropped', 'queued', 'spooled', 'sessions', 'errors'];
  const head = columns.map((name) => html`<th scope="col" class="number">${name}</th>`);
  return html`<section class="wide" aria-labelledby="sinks"><h2 id="sinks">Sinks</h2><table class="cards"><caption>Flow records, by sink</caption><thead><tr><th scope="col">sink</th><th scope="col">state</th>${head}</tr></thead><tbody>${sinks.map(sinkRow)}</tbody></table></section>`;
}

const tierWords = {
  bpf: 'by BPF programs',
  diag: 'by sock_diag and /proc, which miss short-lived processes',
  off: 'not named',
} as const;

type Ends = NonNullable<StatusDocument['attribution']['counters']>;

function endsTable(counters: Ends): Markup {
  const { endsMatched } = counters;
  const methods = Object.entries(endsMatched).map(([name, count]) => ({
    name: name === 'none' ? 'not named or elsewhere' : name,
    count,
  }));
  const losses: Count[] = [
    { name: 'events lost: ring full', count: counters.kernelDropped },
    { name: 'changes of user not told', count: counters.kernelRateLimited, note: 'too many', bad: false },
    { name: 'open sockets forgotten', count: counters.socketsEvicted },
    { name: 'ended sockets forgotten early', count: counters.socketsForgottenEarly },
    { name: 'processes forgotten', count: counters.processesEvicted },
    { name: 'processes not read', count: counters.readsDropped },
    { name: 'flow records of sockets lost', count: counters.flowsDropped },
    { name: 'event records lost', count: counters.eventsDropped },
    { name: 'ends left unknown: batch full', count: counters.profilesDropped },
    { name: 'profiles shortened: batch full', count: counters.profilesShortened },
    { name: 'translations forgotten', count: counters.translationsEvicted },
    { name: 'address translation read anew', count: counters.conntrackOverruns },
  ].map((one) => ({ bad: true, ...one }));
  const found = [
    ...methods.filter(({ count }) => count > 0),
    { name: 'of them tentative', count: counters.endsTentative },
  ];
  return html`${countTable('Ends of flow records by how they were matched', 'method', found, sum(endsMatched))}${foldedTable('ends-zero', 'loss', 'Lost on the way', losses)}`;
}

function attributionPart({ attribution }: StatusDocument): Markup {
  const { tier, reason, programsAttached, programsWanted, counters, containers } = attribution;
  const tone = tier === 'bpf' ? 'good' : tier === 'diag' ? 'warn' : 'dim';
  const programs =
    tier === 'bpf' ? html`<p>${full(programsAttached)} of ${full(programsWanted)} programs attached</p>` : '';
  const known = counters
    ? html`<p class="dim">${plural(counters.sockets, 'socket')}, ${plural(counters.processes, 'process', 'processes')}, ${plural(counters.containers, 'container')} known</p>`
    : '';
  const runtimes = (containers?.runtimes ?? []).filter(({ state }) => state !== 'absent');
  const asked =
    runtimes.length === 0
      ? ''
      : html`<p class="dim">container runtimes: ${runtimes.map(({ socket, state }) => `${socket} (${state})`).join(', ')}</p>`;
  return html`<section aria-labelledby="ends"><h2 id="ends">Ends of flows</h2><p><span class="pill ${tone}">${tier}</span> ${tierWords[tier]}</p>${reason === '' ? '' : html`<p class="reason">${reason}</p>`}${programs}${known}${asked}${counters ? endsTable(counters) : ''}</section>`;
}

function applicationsPart({ applications, cache }: StatusDocument): Markup {
  const { on, classified, guessed, givenUp, states, statesMissing } = applications;
  if (!on)
    return html`<section aria-labelledby="applications"><h2 id="applications">Applications</h2><p><span class="pill dim">off</span> no template names what is inside flows, or --dpi off</p></section>`;
  const rows: Count[] = [
    { name: 'classified', count: classified },
    { name: 'guessed', count: guessed },
    { name: 'unknown', count: givenUp },
    { name: 'in work', count: states },
    { name: 'not looked into', count: statesMissing, bad: true, note: '--dpi-states' },
  ];
  return html`<section aria-labelledby="applications"><h2 id="applications">Applications</h2><p><span class="pill good">on</span> ${plural(applications.packets, 'packet')} looked into by nDPI</p>${countTable('Flows by how looking into them ended', 'flows', rows, cache.flowsCreated)}</section>`;
}

function row(name: string, value: Part): Markup {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}

function probePart({ configuration, process, version, pid, started, meter }: StatusDocument): Markup {
  const { observationPoints: points, files } = configuration;
  const names = points.map(({ name, netns }) =>
    netns === '' ? name : `${name} in ${netns.replace('/run/netns/', '')}`,
  );
  const sampling = [
    ...(configuration.packetSampling > 1 ? [`1 of ${full(configuration.packetSampling)} packets`] : []),
    ...(configuration.flowSampling > 1 ? [`1 of ${full(configuration.flowSampling)} flows`] : []),
  ];
  const filter = configuration.filter
    ? `on, ${meter.filtered === null ? 'in the kernel' : `${full(meter.filtered)} frames left out`}`
    : 'off';
  return html`<section aria-labelledby="probe"><h2 id="probe">Probe</h2><dl>${[
    row(files.length > 0 ? 'reads' : 'meters', (files.length > 0 ? files : names).join(', ') || 'no interface yet'),
    row('filter', filter),
    row('sampling', sampling.join(', ') || 'off'),
    row('workers', full(configuration.workers)),
    row(
      'timeouts',
      `active ${duration(configuration.activeTimeoutMs / 1000)}, idle ${duration(configuration.idleTimeoutMs / 1000)}`,
    ),
    row('memory', octets(process.residentBytes)),
    row('processor', `${(process.cpu * 100).toFixed(1)} % of one`),
    row('descriptors', `${full(process.openDescriptors)} open`),
    row('event loop', `${process.eventLoopDelayMs.toFixed(1)} ms late`),
    ...(process.stalledThreads.length > 0 ? [row('standing still', process.stalledThreads.join(', '))] : []),
    row('process', `${pid}, weir ${version}`),
    row('started', started.replace(/\.\d+Z$/, 'Z')),
  ]}</dl></section>`;
}

function header(status: StatusDocument): Markup {
  const state = status.metering
    ? html`<span class="pill good">metering</span>`
    : html`<span class="pill warn">not metering</span>`;
  return html`<header><h1>${status.host}</h1>${state}<p class="dim">weir ${status.version}, up ${duration(status.uptimeSeconds)}</p><p class="dim clock"><time datetime="${status.time}">${status.time.slice(11, 19)} UTC</time></p></header>`;
}

/** All that changes: what stands in <main>. */
export function statusMarkup(status: StatusDocument): string {
  return html`${header(status)}${tiles(status)}${sinksPart(status)}<div class="columns">${framesPart(status)}${cachePart(status)}${attributionPart(status)}${applicationsPart(status)}${probePart(status)}</div>`
    .text;
}
