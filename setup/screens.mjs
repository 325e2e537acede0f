// npm run screens: the pictures of docs/, made of a real weir that meters real traffic. Needs root. Arguments are words that
// the names of pictures must contain; WEIR_SCREEN_SECONDS is how long it runs before they are taken.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { previewPage } from './dashboard_preview.mjs';
import { topPictures } from './screen_top.mjs';
import { buildProbe, ensurePackages, output, packages, root, say } from './steps.mjs';

const seconds = Number(process.env.WEIR_SCREEN_SECONDS ?? 310); // the status page shows the last five minutes
const words = process.argv.slice(2);
const support = (file) => import(join(root, 'dist', 'test', 'support', file));

/** What is to be undone at the end, the last first. */
const undo = [];

/** A network namespace with only its loopback, and the site that talks in it. */
async function startTraffic(folder) {
  const netns = 'weir-screens';
  spawnSync('ip', ['netns', 'del', netns], { stdio: 'ignore' }); // of a run that was killed
  output('ip', ['netns', 'add', netns]);
  undo.push(() => spawnSync('ip', ['netns', 'del', netns]));
  output('ip', ['-n', netns, 'link', 'set', 'lo', 'up']);
  const site = join(folder, 'site');
  mkdirSync(site);
  const script = join(root, 'setup', 'screen_traffic.mjs');
  const child = spawn('ip', ['netns', 'exec', netns, process.execPath, script, site], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  undo.push(async () => {
    const closed = once(child, 'close');
    child.stdin.end();
    await closed;
  });
  await once(child.stdout, 'data');
  return netns;
}

/** dist/src/cli.js with these arguments; resolves when its log has said this. */
async function startWeir(args, pattern) {
  // The name of this machine is nobody's business.
  const named = ['--uts', 'sh', '-c', 'hostname edge1 && exec "$@"', 'sh'];
  const child = spawn('unshare', [...named, process.execPath, join(root, 'dist', 'src', 'cli.js'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  undo.push(async () => {
    if (child.exitCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  });
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said += chunk.toString();
      const found = pattern.exec(said);
      if (found) resolve(found);
    });
    child.once('close', () => reject(new Error(`weir ended: ${said}`)));
  });
}

/** The probe of the pictures: one collector that is there, a file, and one collector that is away. */
async function startProbe(folder, netns) {
  const { freePorts } = await support('collectors/process.js');
  const [collector, away] = await freePorts(2);
  await startWeir(['collect', `tcp://127.0.0.1:${collector}`], /listening on/);
  const sinks = [
    `tcp://127.0.0.1:${collector}?template=process`,
    `file://${folder}/flows.json?template=full`,
    `tcp://127.0.0.1:${away}`,
  ];
  const args = [
    '-i',
    `lo@netns:${netns}`,
    '-T',
    'dpi',
    '--metrics',
    '127.0.0.1:0',
    '--idle-timeout',
    '5s',
    '--active-timeout',
    '10s',
  ];
  const spool = ['--spool', join(folder, 'spool'), '--statistics-file', ''];
  const [, address] = await startWeir(
    [...args, ...spool, ...sinks.flatMap((sink) => ['--to', sink])],
    /serving .* on (127\.0\.0\.1:\d+)[\s\S]*metering lo/,
  );
  return address;
}

async function photograph(browser, page, name, { width = 1280, colorScheme = 'light' } = {}) {
  const session = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  const view = await session.newPage();
  const complaints = [];
  view.on('console', (message) => complaints.push(message.text()));
  view.on('pageerror', (error) => complaints.push(String(error)));
  if (page.startsWith('http')) await view.goto(page);
  else await view.setContent(page);
  await delay(3000); // one turn of the page
  if (complaints.length > 0) throw new Error(`${name}: ${complaints.join('\n')}`);
  const path = join(root, 'docs', name);
  await view.screenshot({ path, fullPage: true });
  await session.close();
  say(`wrote docs/${name}`);
}

/** The answers to every query of the dashboard over the last minutes. */
async function answersOf(prometheus, instance, from) {
  const { expand, legendText, readDashboard } = await support('grafana_dashboard.js');
  const { scrapeSeconds } = await support('prometheus.js');
  const to = Math.floor(Date.now() / 1000);
  const stepSeconds = Math.max(scrapeSeconds, Math.ceil((to - from) / 150));
  const times = Array.from(
    { length: Math.floor((to - from) / stepSeconds) + 1 },
    (_, index) => from + index * stepSeconds,
  );
  const panels = [];
  for (const panel of readDashboard().panels) {
    const series = [];
    for (const { expr, legendFormat } of panel.targets ?? []) {
      const query = expand(expr, { instances: [instance], scrapeSeconds, stepSeconds });
      for (const { metric, values } of await prometheus.range(query, from, to, stepSeconds)) {
        const found = new Map(values.map(([at, value]) => [at, Number(value)]));
        const drawn = times.map((at) => (Number.isFinite(found.get(at)) ? found.get(at) : null));
        series.push({ legend: legendText(legendFormat, metric), values: drawn });
      }
    }
    panels.push({ ...panel, series });
  }
  return { times, panels };
}

async function statusPictures({ browser, address }) {
  await photograph(browser, `http://${address}/status`, 'status.png');
  await photograph(browser, `http://${address}/status`, 'status-dark.png', { colorScheme: 'dark' });
}

async function dashboardPicture({ browser, address, prometheus, from }) {
  const note =
    'Preview by npm run screens, not Grafana: the layout and queries of config/grafana.json, real answers of Prometheus, drawn with uPlot.';
  const page = previewPage(['weir', note], await answersOf(prometheus, address, from));
  await photograph(browser, page, 'dashboard.png', { width: 1600, colorScheme: 'dark' });
}

/** Pictures by name: each takes { browser, address, prometheus, from, folder, netns }. */
const pictures = { status: statusPictures, dashboard: dashboardPicture, top: topPictures };

async function take() {
  const folder = mkdtempSync(join(tmpdir(), 'weir-screens-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const netns = await startTraffic(folder);
  const address = await startProbe(folder, netns);
  const { Prometheus } = await support('prometheus.js');
  const { launchBrowser } = await support('browser.js');
  const from = Math.floor(Date.now() / 1000);
  const prometheus = await Prometheus.start(join(folder, 'prometheus'), [address]);
  undo.push(() => prometheus.stop());
  const browser = await launchBrowser();
  undo.push(() => browser.close());
  say(`metering for ${seconds} s`);
  await delay(seconds * 1000);
  mkdirSync(join(root, 'docs'), { recursive: true });
  for (const [name, picture] of Object.entries(pictures)) {
    if (words.length === 0 || words.some((word) => name.includes(word)))
      await picture({ browser, address, prometheus, from, folder, netns });
  }
}

ensurePackages([...packages.screens, ...packages.screenTop], { required: true });
buildProbe();
try {
  await take();
} finally {
  for (const step of undo.reverse()) await step();
}
