import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { StatusPage } from '../../../../src/telemetry/status_page/page.js';
import { escapeHtml, statusMarkup } from '../../../../src/telemetry/status_page/view.js';
import { noDrops } from '../../../../src/exporting/exporter_counters.js';
import type { StatusSources } from '../../../../src/telemetry/status.js';
import { attributionStatus, exporterCounters, meterCounters } from '../../../support/counter_readings.js';
import { namedEnds, oneSink, someRates, statusDocument } from '../../../support/status_documents.js';

const render = (change: Partial<StatusSources> = {}) => new StatusPage().render(statusDocument(change));
/** Text of the page without its tags, white space made single. */
const textOf = (change: Partial<StatusSources> = {}): string =>
  statusMarkup(statusDocument(change))
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

const hostile = `"><img src=x onerror=alert(1)><script>alert('x')</script>&amp;\u202e\u0000`;

test('HTML: every character that means something is escaped', () => {
  assert.equal(escapeHtml(`<a href="x">&'`), '&lt;a href=&quot;x&quot;&gt;&amp;&#39;');
  assert.equal(escapeHtml('a\u202eb\nc\ud800'), 'a\\u202eb\\nc\\ud800');
});

test('hostile names of sinks, interfaces, hosts, runtimes and reasons stay text', () => {
  const { body } = render({
    host: hostile,
    version: hostile,
    points: () => [{ name: hostile, interface: 1, netns: hostile }],
    sinks: () => [oneSink({ name: `file:///${hostile}` })],
    configuration: () => ({
      files: [hostile],
      filter: true,
      workers: 1,
      packetSampling: 10,
      flowSampling: 1,
      activeTimeoutMs: 1,
      idleTimeoutMs: 1,
    }),
    attribution: () => ({
      ...namedEnds(),
      status: { ...attributionStatus(), reason: hostile },
      identity: { ...namedEnds().identity!, runtimes: [{ socket: hostile, state: hostile }] },
    }),
  });
  assert.equal(body.match(/<script/g)?.length, 1);
  assert.doesNotMatch(body, /<img|alert\('x'\)/);
  assert.doesNotMatch(body, /[\u202e\0]/);
  assert.match(body, /&lt;img src=x onerror=alert\(1\)&gt;/);
});

test('self-contained: nothing is loaded, and the policy allows its own style and script alone', () => {
  const { body, headers } = render();
  assert.doesNotMatch(body, /https?:\/\/(?!collector)|@import|url\(|style="| on\w+="/);
  const policy = headers['Content-Security-Policy'] ?? '';
  for (const [tag, directive] of [
    ['style', 'style-src'],
    ['script', 'script-src'],
  ] as const) {
    const inside = new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`).exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(inside).digest('base64');
    assert.ok(inside.length > 1000, tag);
    assert.ok(policy.includes(`${directive} 'sha256-${hash}'`), policy);
  }
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*/);
});

test('the first values stand in it, and it loads itself anew without script', () => {
  const { body } = render();
  assert.match(body, /<noscript><meta http-equiv="refresh" content="5"><\/noscript>/);
  assert.match(body, /<b>502<\/b>/);
  assert.match(textOf(), /edge1 metering weir 0\.1\.0, up 1 h 0 min 04:04:06 UTC/);
});

test('drops by cause: what is 0 is folded', () => {
  const text = textOf();
  assert.match(
    text,
    /Of 2,004 frames .*metered 990 49\.4 % dropped by the kernel the capture ring was full 1,003 50\.0 %/,
  );
  assert.match(text, /not IP 7 0\.3 % truncated link 4 0\.2 %/);
  const none = textOf({ meter: () => meterCounters({ outcomes: { metered: 5, notIp: 0 }, kernelDrops: 0 }) });
  assert.match(none, /2 other causes, all 0 .*dropped by the kernel the capture ring was full 0 not IP 0/);
});

/** The table under a caption: its shares in percent. */
function shares(caption: string): number[] {
  const [table = ''] = textOf().split(caption).slice(1);
  return [...(table.split(/Troubles|Ends of flow/)[0] ?? '').matchAll(/ ([\d.]+) %/g)].map(([, share]) =>
    Number(share),
  );
}

test('shares are of one whole, and add up to it', () => {
  for (const [caption, rows] of [
    ['Of 2,004 frames', 4],
    ['Of 3,168 flow records', 8],
  ] as const) {
    const found = shares(caption);
    assert.equal(found.length, rows, caption);
    const total = found.reduce((sum, share) => sum + share, 0);
    assert.ok(Math.abs(total - 100) < 0.5, `${caption}: ${found.join(' + ')} = ${total}`);
  }
  assert.match(textOf(), /lost the record ring was full 1,016 32\.1 % left out by flow sampling 1,017 32\.1 %/);
});

test('what is counted in times, sources or datagrams has no share', () => {
  const text = textOf();
  assert.match(
    text,
    /Troubles of capture trouble count read errors sources 1,005 interfaces lost times 1,006 fragments/,
  );
  assert.match(text, /without their first metered with ports 0 1,009 fragments evicted datagrams 1,010 (?!\S+ %)/);
});

test('loss is said aloud, none too', () => {
  assert.match(textOf(), /Lost 0 \/s 2,019 since the start/);
  assert.match(
    textOf({ meter: () => meterCounters({ kernelDrops: 0, recordsDropped: 0 }) }),
    /Lost 0 \/s nothing so far/,
  );
});

test('sinks: a word for the state, causes of drops, what waits', () => {
  const sinks = () => [
    oneSink({ name: '-', counters: exporterCounters({ dropped: noDrops() }) }),
    oneSink({ session: false, spooling: true }),
    oneSink({ session: false }),
  ];
  const text = textOf({ sinks });
  assert.match(text, /- \(stdout\)/);
  assert.match(text, /up 506 507 B 2,002/);
  assert.match(text, /udp:\/\/collector:4739 queue full 31, socket error 32, spool full 33, unconfirmed 2,009/);
  assert.match(text, /away, spooling .* away 506/);
});

test('the tier, and its reason where it is not the best one', () => {
  assert.match(textOf(), /bpf by BPF programs 2 of 2 programs attached/);
  const diag = () => ({ ...namedEnds(), status: attributionStatus({ tier: 'diag', reason: 'no BTF' }) });
  assert.match(textOf({ attribution: diag }), /diag by sock_diag and \/proc, which miss short-lived processes no BTF/);
  const off = () => ({ status: attributionStatus({ tier: 'off', reason: 'not asked for', programs: [] }) });
  assert.match(textOf({ attribution: off, dpi: false }), /off not named not asked for Applications off/);
});

test('unknown rates are a dash, never 0', () => {
  const fresh = statusMarkup(statusDocument({}, { ...someRates, seconds: 0 }));
  assert.match(fresh, /<b>–<\/b>/);
  assert.doesNotMatch(fresh, /NaN|undefined|Infinity/);
});
