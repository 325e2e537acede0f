// Pictures of weir top: a real one in tmux, on the traffic of setup/screen_top_traffic.mjs. topPictures() is one of
// `npm run screens`; `node setup/screen_top.mjs` takes them alone. Needs root.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { buildProbe, ensurePackages, output, packages, root, say } from './steps.mjs';

const netns = 'weir-screen-top';
const size = { width: 112, height: 26 };

/** What is typed before each picture, and how long the screen is left alone then. */
const views = [
  { name: 'top', keys: [] },
  { name: 'top-failing', keys: ['7'] },
  { name: 'top-talker', keys: ['1', 'Down', 'Enter'] },
];
const settleMs = 12_000;
const turnMs = 2_500;

// Colours of a terminal: 30 to 37 and 90 to 97 as SGR numbers them.
const palette = ['#3b4252', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d8dee9'];
const shades = ['#3b4252', '#8f3f46', '#4f6f42', '#8a6d3b', '#2f5d8a', '#70407f', '#7fd1de', '#d8dee9'];
const plain = { colour: '#d8dee9', background: '#1e222a', bold: false, dim: false, underline: false, inverse: false };

/** The look after one SGR parameter. */
function looked(look, code) {
  if (code === 0) return { ...plain };
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 4) return { ...look, underline: true };
  if (code === 7) return { ...look, inverse: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 24) return { ...look, underline: false };
  if (code === 27) return { ...look, inverse: false };
  if (code === 39) return { ...look, colour: plain.colour };
  if (code === 49) return { ...look, background: plain.background };
  if (code % 10 < 8 && [3, 9].includes(Math.floor(code / 10))) return { ...look, colour: palette[code % 10] };
  if (code % 10 < 8 && [4, 10].includes(Math.floor(code / 10))) return { ...look, background: shades[code % 10] };
  return look;
}

function span(text, { colour, background, bold, dim, underline, inverse }) {
  const [front, back] = inverse ? [background, colour] : [colour, background];
  const style = [
    `color:${front}`,
    back === plain.background ? '' : `background:${back}`,
    bold ? 'font-weight:bold' : '',
    dim ? 'opacity:.55' : '',
    underline ? 'text-decoration:underline' : '',
  ];
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<span style="${style.filter(Boolean).join(';')}">${safe}</span>`;
}

/** A page that looks like the terminal; screen is what `tmux capture-pane -e` gives. */
export function terminalPage(screen) {
  let look = { ...plain };
  const parts = screen.split(/\p{Cc}\[([\d;]*)m/u);
  const spans = parts.map((part, index) => {
    if (index % 2 === 0) return part === '' ? '' : span(part, look);
    for (const code of part.split(';')) look = looked(look, Number(code));
    return '';
  });
  return `<!doctype html><meta charset="utf-8"><style>body{margin:0;background:${plain.background}}
    pre{margin:0;padding:14px 16px;display:inline-block;font:15px/1.3 'DejaVu Sans Mono',monospace}</style><pre>${spans.join('')}</pre>`;
}

async function startTraffic(folder, undo) {
  spawnSync('ip', ['netns', 'del', netns], { stdio: 'ignore' }); // of a run that was killed
  output('ip', ['netns', 'add', netns]);
  undo.push(() => spawnSync('ip', ['netns', 'del', netns]));
  const script = join(root, 'setup', 'screen_top_traffic.mjs');
  const child = spawn('ip', ['netns', 'exec', netns, process.execPath, script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  undo.push(async () => {
    const closed = once(child, 'close');
    child.stdin.end();
    await closed;
  });
  await once(child.stdout, 'data');
}

/** tmux with a server of its own. */
function startTop(folder, undo) {
  const tmux = (...args) => spawnSync('tmux', ['-S', join(folder, 'tmux'), ...args], { encoding: 'utf8' }).stdout;
  undo.push(() => tmux('kill-server'));
  const command = `env CI=false CONTINUOUS_INTEGRATION=false ${process.execPath} ${join(root, 'dist', 'src', 'cli.js')} top -i lo@netns:${netns}`;
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(size.width), '-y', String(size.height), command);
  return tmux;
}

/** Writes docs/top*.png and docs/top.txt. */
export async function topPictures({ browser }) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-screen-top-'));
  chmodSync(folder, 0o755); // its servers are of many users
  const undo = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    await startTraffic(folder, undo);
    const tmux = startTop(folder, undo);
    await delay(settleMs);
    mkdirSync(join(root, 'docs'), { recursive: true });
    for (const { name, keys } of views) {
      for (const key of keys) {
        tmux('send-keys', key);
        await delay(turnMs / 5);
      }
      await delay(turnMs);
      if (name === 'top') writeFileSync(join(root, 'docs', 'top.txt'), tmux('capture-pane', '-p'));
      await photograph(browser, terminalPage(tmux('capture-pane', '-p', '-e')), join(root, 'docs', `${name}.png`));
    }
    tmux('send-keys', 'q');
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function photograph(browser, page, path) {
  const view = await browser.newPage({ viewport: { width: 1600, height: 800 } });
  await view.setContent(page);
  await view.locator('pre').screenshot({ path });
  await view.close();
  say(`wrote ${path.slice(root.length + 1)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensurePackages([...packages.screens, ...packages.screenTop], { required: true });
  buildProbe();
  const { launchBrowser } = await import(join(root, 'dist', 'test', 'support', 'browser.js'));
  const browser = await launchBrowser();
  try {
    await topPictures({ browser });
  } finally {
    await browser.close();
  }
}
