// `weir top` as its users have it: in a real terminal (tmux), on traffic of its own; and a top that takes nothing, beside which
// the meter loses nothing.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startProbe } from '../../src/app.js';
import { parseArguments } from '../../src/config/argv.js';
import { loadOptions } from '../../src/config/load.js';
import { createLog } from '../../src/telemetry/log.js';
import { Intake } from '../../src/top/intake.js';
import { ethernet, type Pair, pcap, udp } from '../support/frames.js';
import { startServer, talk } from '../support/local_talk.js';
import { needsNetwork, Network } from '../support/network.js';
import { cliPath, collectRun, startWeir, temporaryFolder } from '../support/weir.js';

const patienceMs = 60_000;

/** A tmux server of the test's own, with one window. */
class Tmux {
  readonly #socket: string;

  constructor(t: TestContext, command: string, width = 120, height = 30) {
    this.#socket = join(temporaryFolder(t), 'tmux');
    t.after(() => void this.#tmux('kill-server'));
    // ink draws nothing where CI is set; the shell is what is there after top.
    const shell = `env CI=false CONTINUOUS_INTEGRATION=false WEIR_SPOOL= sh -c 'stty -a | grep -o "[-]*icanon"; ${command}; echo "status $?"; stty -a | grep -o "[-]*icanon"; exec cat'`;
    const made = this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(width), '-y', String(height), shell);
    assert.equal(made.status, 0, made.stderr);
  }

  /** What is on the screen. */
  get text(): string {
    return this.#tmux('capture-pane', '-p').stdout;
  }

  keys(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  resize(width: number, height: number): void {
    this.#tmux('resize-window', '-x', String(width), '-y', String(height));
  }

  /** Process id of the program in the window whose command line matches. */
  pid(pattern: string): number {
    return Number(spawnSync('pgrep', ['-n', '-f', pattern], { encoding: 'utf8' }).stdout);
  }

  /** Resolves with the screen when it shows this. */
  async shows(pattern: RegExp, what = String(pattern)): Promise<string> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const { text } = this;
      if (pattern.test(text)) return text;
      assert.ok(Date.now() < end, `the screen never shows ${what}:\n${text}`);
      await delay(100); // tmux tells nobody of what it shows
    }
  }

  #tmux(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8' });
  }
}

const top = (...args: string[]): string => [process.execPath, cliPath, 'top', ...args].join(' ');

/** A web server that somebody asks all the time, until the test ends. */
async function traffic(t: TestContext): Promise<number> {
  const server = createServer((_, response) => response.end(Buffer.alloc(100_000))).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  let on = true;
  t.after(() => {
    on = false;
    server.close();
  });
  void (async () => {
    while (on) {
      await fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.arrayBuffer());
      await delay(20);
    }
  })();
  return port;
}

test('in a terminal: a live probe, keys change the view, q puts the terminal back', needsNetwork('tmux'), async (t) => {
  const port = await traffic(t);
  const window = new Tmux(t, top('-i', 'lo', '-f', `"tcp port ${port}"`));
  const first = await window.shows(/^(node|MainThread)\S*\s+\d/m, 'this process');
  assert.match(first, /^weir top {2}lo {2}/m);
  assert.match(first, /nothing dropped/);
  window.keys('t');
  await window.shows(new RegExp(`^${port}/tcp\\s+[\\d.]+`, 'm'));
  window.keys('7');
  await window.shows(/process by failed/);
  window.keys('?');
  await window.shows(/processes with failing connects/);
  window.keys('x', '/');
  window.keys('-l', 'port=1');
  window.keys('Enter');
  await window.shows(/no flows in the window/);
  window.keys('Escape');
  window.resize(60, 20);
  const narrow = await window.shows(/^(node|MainThread)\S*\s+\d/m);
  assert.doesNotMatch(narrow, /SINCE/);
  for (const line of narrow.split('\n')) assert.ok(line.length <= 60, line);
  window.keys('q');
  const left = await window.shows(/status 0\n.*icanon/);
  assert.doesNotMatch(left, /weir top/, 'the screen before is back');
  const [before, after] = left.match(/-?icanon/g) ?? [];
  assert.equal(after, before);
});

test('a signal puts the terminal back too, and so does a probe that cannot start', needsNetwork('tmux'), async (t) => {
  const window = new Tmux(t, top('-i', 'lo', '-f', '"udp port 3"'));
  await window.shows(/no flows in the window/);
  process.kill(window.pid('top -i lo -f udp port 3'), 'SIGTERM');
  const left = await window.shows(/status 0\n.*icanon/);
  assert.doesNotMatch(left, /weir top/);
  const broken = new Tmux(t, top('-i', 'nosuch0', '-f', '"udp port"'));
  await broken.shows(/WEIR_FILTER[\s\S]*status 2/);
});

test('flows that a running probe sends to it, and one table of them', needsNetwork(), async (t) => {
  const server = await startServer(t);
  const picked = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => picked.once('listening', resolve));
  const { port } = picked.address() as AddressInfo;
  picked.close();
  const probe = startWeir([
    '-i',
    'lo',
    '-f',
    `tcp port ${server.port}`,
    '-t',
    '1s',
    '-d',
    '1s',
    '--to',
    `udp://127.0.0.1:${port}?template=top&refresh=1s`,
  ]);
  const probing = collectRun(probe);
  t.after(() => void probe.kill('SIGKILL'));
  await new Promise<void>((resolve) =>
    probe.stderr?.on('data', (text) => void (/metering lo/.test(String(text)) && resolve())),
  );
  const watching = collectRun(startWeir(['top', `udp://127.0.0.1:${port}`, '--for', '6s', '--by', 'pid', '--json']));
  let over = false;
  void watching.then(() => {
    over = true;
  });
  while (!over) await (await talk(t, server)).leave();
  const { stdout, stderr } = await watching;
  probe.kill('SIGTERM');
  assert.equal((await probing).status, 0);
  const { rows, dropped } = JSON.parse(stdout) as { rows: { key: string; connections: number }[]; dropped: unknown };
  const ours = rows.find(({ key }) => key === `${server.name}(${server.pid})`);
  assert.ok(ours !== undefined && ours.connections >= 1, `${stdout}${stderr}`);
  assert.deepEqual(dropped, { lostOnTheWay: 0, unknownTemplates: 0, malformed: 0, notUnderstood: 0 });
});

test(
  'a top that takes nothing: its sink loses flows and counts them, the meter drops nothing',
  needsNetwork('tcpreplay'),
  async (t) => {
    const { near, far } = new Network(t);
    const count = 12_000;
    const args = [
      '-i',
      far.point,
      '--idle-timeout',
      '1s',
      '--to',
      '-?format=json&template=top&queue=65536',
      '--attribution',
      'off',
    ];
    const { options } = loadOptions({ assignments: parseArguments(args).assignments, env: {} });
    let taken = 0;
    let blocked = true;
    const waiting: (() => void)[] = [];
    const intake = new Intake({
      take: () => void taken++,
      budgetMs: -1,
      nextTurn: (call) => (blocked ? void waiting.push(call) : void setImmediate(call)),
    });
    const log = createLog({ level: 'error', format: 'text', write: () => {} });
    const stdout = intake as unknown as NodeJS.WriteStream;
    const probe = await startProbe(options, { stdout, stderr: process.stderr, log });
    const pair = (number: number): Pair => [
      { address: `10.9.1.${number % 200}`, port: 1000 + Math.floor(number / 200) },
      { address: '10.9.0.60', port: 9 },
    ];
    const file = join(temporaryFolder(t), 'flows.pcap');
    writeFileSync(file, pcap(Array.from({ length: count }, (_, number) => ethernet(0, udp(pair(number), 100)))));
    assert.equal(near.replay(file), count);
    const left = (): number => Object.values(probe.snapshot().meter.records).reduce((sum, one) => sum + one, 0);
    for (const end = Date.now() + patienceMs; left() < count; await delay(50))
      assert.ok(Date.now() < end, `${left()} left`);
    const { meter, sinks } = probe.snapshot();
    const dropped = sinks[0]!.dropped.queueFull!;
    assert.deepEqual([meter.kernelDrops, meter.recordsDropped, meter.wirePackets], [0, 0, count]);
    assert.ok(dropped > 0, 'the queue was too small for all');
    assert.ok(taken < 100, String(taken));
    blocked = false;
    for (const call of waiting.splice(0)) setImmediate(call);
    await probe.stop('the test is over');
    const end = probe.snapshot().sinks[0]!;
    assert.equal(
      taken + Object.values(end.dropped).reduce((sum, one) => sum + one, 0),
      count,
      'each record is taken or counted',
    );
  },
);
