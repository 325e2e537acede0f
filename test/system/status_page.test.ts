// The status page in a real browser: its figures, its updates, hostile names, a probe that goes and comes back.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { StatusDocument } from '../../src/telemetry/status.js';
import { launchBrowser, needsChromium, openPage } from '../support/browser.js';
import { LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { temporaryFolder } from '../support/weir.js';

let browser: Browser | undefined;
const options = needsChromium();
before(async () => {
  if (options.skip === undefined) browser = await launchBrowser();
});
after(() => browser?.close());

async function serving(t: TestContext, args: readonly string[], port = 0): Promise<{ weir: LiveWeir; url: string }> {
  const weir = await LiveWeir.metering(t, ['--metrics', `127.0.0.1:${port}`, ...args]);
  const address = /serving \S+ .* on (127\.0\.0\.1:\d+)/.exec(weir.stderr)?.[1];
  return { weir, url: `http://${address}` };
}

/** Some datagrams over loopback. */
async function talk(count: number): Promise<void> {
  const socket = createSocket('udp4');
  for (let turn = 0; turn < count; turn++) {
    socket.send('x', 9, '127.0.0.1');
    if (turn % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.close();
  await once(socket, 'close');
}

const full = (value: number): string => value.toLocaleString('en-US');

/** The next answer that the page gets, once the page shows it. */
async function nextReading(page: Page): Promise<StatusDocument> {
  const response = await page.waitForResponse((one) => one.url().endsWith('/status.json'));
  const reading = (await response.json()) as StatusDocument;
  await page.waitForFunction(
    (time) =>
      (globalThis as never as { document: { querySelector(q: string): { dateTime: string } } }).document.querySelector(
        'header time',
      ).dateTime >= time,
    reading.time,
  );
  return reading;
}

const rowOf = async (page: Page, name: string): Promise<string[]> =>
  page.locator('table.cards tbody tr', { hasText: name }).locator('td').allInnerTexts();

test('the page shows what /status.json says, and goes on', options, async (t) => {
  const folder = temporaryFolder(t);
  const sinks = ['--to', `file://${folder}/flows.json`, '--to', 'tcp://127.0.0.1:1'];
  const { weir, url } = await serving(t, ['-i', 'lo', '--idle-timeout', '1s', '-T', 'full', ...sinks]);
  const { page, complaints, requests } = await openPage(t, browser!, `${url}/`);
  assert.equal(page.url(), `${url}/status`);
  const before = await nextReading(page);
  await talk(300); // answered by as many ICMP messages: under 1,000 packets a second the statistics line is exact
  await weir.until(() => weir.packets >= 300, 'saw the datagrams');
  let now = await nextReading(page);
  while (now.meter.packets < before.meter.packets + 300 || now.sinks[1]!.spooled === 0) now = await nextReading(page);
  const tiles = await page.locator('.tile').allInnerTexts();
  assert.match(tiles[0]!, new RegExp(`${full(now.meter.packets)} metered`));
  assert.match(tiles[2]!, new RegExp(`${full(now.cache.flowsCreated)} begun`));
  assert.match(tiles[3]!, /nothing so far/);
  const [file, away] = now.sinks;
  const cells = await rowOf(page, file!.name);
  assert.equal(cells[0], 'up');
  assert.equal(cells[3]!.split('\n')[0], full(file!.exported));
  const gone = await rowOf(page, away!.name);
  assert.deepEqual([gone[0], gone[6]!.split('\n')[0]], ['away, spooling', full(away!.spooled)]);
  assert.equal(await page.locator('.spark').count(), 4);
  assert.match((await page.locator('.spark polyline').first().getAttribute('points')) ?? '', /^[\d., ]+$/);
  assert.match(
    await page.locator('#status').innerText(),
    new RegExp(`Of ${full(now.meter.frames + now.meter.kernelDrops)} frames`),
  );
  assert.deepEqual(complaints, []);
  assert.deepEqual([...new Set(requests.map((one) => new URL(one).origin))], [url]);
});

test('what is unfolded and selected stays so', options, async (t) => {
  const { url } = await serving(t, ['-i', 'lo', '--to', 'none']);
  const { page } = await openPage(t, browser!, `${url}/status`);
  await page.locator('#frames-zero summary').click();
  await nextReading(page);
  await nextReading(page);
  assert.equal(await page.locator('#frames-zero').getAttribute('open'), '');
  assert.match(await page.locator('#frames-zero').innerText(), /unsupported link type\s+0/);
});

test('a probe that is gone is said to be gone, and is found again', options, async (t) => {
  const { weir, url } = await serving(t, ['-i', 'lo', '--to', 'none']);
  const { page } = await openPage(t, browser!, `${url}/status`);
  await nextReading(page);
  const alarm = page.getByRole('alert');
  assert.equal(await alarm.isVisible(), false);
  weir.child.kill('SIGKILL');
  await alarm.waitFor({ state: 'visible' });
  assert.match(await alarm.innerText(), /^No answer from the probe since \d\d:\d\d:\d\d/);
  await weir.ended;
  await serving(t, ['-i', 'lo', '--to', 'none'], Number(new URL(url).port));
  await alarm.waitFor({ state: 'hidden' });
  await nextReading(page);
});

test('hostile names of interfaces and sinks stay text', { ...options, ...mergeSkips() }, async (t) => {
  const { far } = new Network(t);
  const device = '"><svg><b>';
  far.ip('link', 'add', 'name', device, 'up', 'type', 'veth', 'peer', 'name', 'peer0');
  const folder = join(temporaryFolder(t), '<img src=x onerror=document.title=1>');
  mkdirSync(folder);
  const { url } = await serving(t, ['-i', `${device}@netns:${far.netns}`, '--to', `file://${folder}/<script>x.json`]);
  const { page, complaints, requests } = await openPage(t, browser!, `${url}/status`);
  await nextReading(page);
  const text = await page.locator('#status').innerText();
  assert.ok(text.includes(device), text);
  assert.ok(text.includes('<img src=x onerror=document.title=1>/<script>x.json'), text);
  assert.equal(await page.locator('#status img, #status script, #status svg b').count(), 0);
  assert.match(await page.title(), /^weir on /);
  assert.deepEqual(complaints, []);
  assert.deepEqual([...new Set(requests.map((one) => new URL(one).pathname))].sort(), ['/status', '/status.json']);
});

test('without script the first values stand there, and the page loads itself anew', options, async (t) => {
  const { url } = await serving(t, ['-i', 'lo', '--to', 'none']);
  const { page, complaints } = await openPage(t, browser!, `${url}/status`, { javaScriptEnabled: false });
  assert.match(await page.locator('#status').innerText(), /metering\s+weir \d/);
  const again = page.waitForEvent('framenavigated');
  await again;
  assert.deepEqual(complaints, []);
});

test('on a phone nothing is wider than the screen; dark where the reader wants it', options, async (t) => {
  const sinks = ['--to', 'none'];
  const { url } = await serving(t, ['-i', 'lo', '-T', 'full', ...sinks]);
  const look = async (colorScheme: 'light' | 'dark'): Promise<{ wide: boolean; back: string }> => {
    const viewport = { width: 360, height: 740 };
    const { page } = await openPage(t, browser!, `${url}/status`, { viewport, colorScheme });
    return page.evaluate(
      'const root = document.documentElement; ({ wide: root.scrollWidth > root.clientWidth, back: getComputedStyle(document.body).backgroundColor })',
    );
  };
  const light = await look('light');
  const dark = await look('dark');
  assert.deepEqual([light.wide, dark.wide], [false, false]);
  assert.notEqual(light.back, dark.back);
});

function mergeSkips(): { skip?: string } {
  const { skip } = needsNetwork();
  return skip === undefined ? {} : { skip };
}
