import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, test } from 'node:test';
import type { Probe, ProbeEnvironment } from '../../src/app.js';
import { type CliIo, main } from '../../src/cli.js';
import { parseArguments } from '../../src/config/argv.js';
import { completionPath, completionShells } from '../../src/config/completion.js';
import { loadOptions } from '../../src/config/load.js';
import { type Options, optionNames } from '../../src/config/options.js';
import { reloadedOptions } from '../../src/cli/live_run.js';
import { filterCheck } from '../../src/cli/checks.js';
import { WeirError } from '../../src/errors.js';
import type { DpiOptions, NativeAddon } from '../../src/native/boundary.js';
import { packageRoot } from '../../src/native/load.js';

const folder = mkdtempSync(join(tmpdir(), 'weir-cli-'));
after(() => rmSync(folder, { recursive: true }));

function output(): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

/** A probe that does nothing, and tells what it was asked for. */
class FakeProbe implements Probe {
  readonly calls: string[] = [];
  readonly finished: Promise<number>;
  options: Options | undefined;
  stopsBy = 0; // exit status, or -1: never
  #end: (status: number) => void = () => {};

  constructor() {
    this.finished = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  end(status: number): void {
    this.#end(status);
  }

  async stop(reason: string): Promise<void> {
    this.calls.push(`stop ${reason}`);
    if (this.stopsBy >= 0) this.#end(this.stopsBy);
  }

  async reload(options: Options): Promise<void> {
    this.calls.push(`reload ${options.activeTimeout} ${options.workers}`);
  }

  reopen(): void {
    this.calls.push('reopen');
  }

  status(): string {
    return 'metering eth0';
  }

  stalled(): string[] {
    return [];
  }

  snapshot(): never {
    throw new Error('nothing is counted here');
  }
}

interface World {
  io: CliIo;
  out: () => string;
  err: () => string;
  signals: EventEmitter;
  exits: number[];
  timers: { call: () => void; ms: number; cancelled: boolean }[];
  probe: FakeProbe;
  /** Arguments of supervised children. */
  children: string[][];
  /** Resolves when the probe was asked to start. */
  started: Promise<ProbeEnvironment>;
}

function world(): World {
  const stdout = output();
  const stderr = output();
  const signals = new EventEmitter();
  const exits: number[] = [];
  const timers: World['timers'] = [];
  const children: string[][] = [];
  const probe = new FakeProbe();
  let begun: (environment: ProbeEnvironment) => void = () => {};
  const started = new Promise<ProbeEnvironment>((resolve) => {
    begun = resolve;
  });
  const io: CliIo = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    host: { nodePath: '/opt/node', nodeVersion: 'v20.0.0', architecture: 'x64', uid: 1000 },
    onSignal(signal, handler) {
      signals.on(signal, handler);
      return () => signals.off(signal, handler);
    },
    exit: (status) => void exits.push(status),
    setTimer(call, ms) {
      const timer = { call, ms, cancelled: false };
      timers.push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
    startChild(args) {
      children.push([...args]);
      return { kill: () => {}, ended: Promise.resolve({ status: 7, signal: null }) };
    },
    now: () => 0,
    monotonicMicroseconds: () => 0n,
    pid: 1,
    supervised: false,
    loadAddon: () => ({ reason: 'no addon in this test' }),
    startProbe: async (options, environment) => {
      probe.options = options;
      begun(environment);
      return probe;
    },
  };
  return { io, out: stdout.text, err: stderr.text, signals, exits, timers, probe, children, started };
}

/** Lets what is already due run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function run(
  argv: string[],
  env: Record<string, string> = {},
): Promise<{ status: number; out: string; err: string }> {
  const { io, out, err } = world();
  const status = await main(argv, env, io);
  return { status, out: out(), err: err() };
}

test('weir spool: a folder that is not there is an error, an empty one is intact', async () => {
  const missing = await run(['spool', join(folder, 'none')]);
  assert.equal(missing.status, 1);
  assert.match(missing.err, /^weir: WEIR_FILE: spool .*none: ENOENT/);
  mkdirSync(join(folder, 'empty'));
  const { status, out } = await run(['spool'], { WEIR_SPOOL: join(folder, 'empty') });
  assert.equal(status, 0);
  assert.match(out, /empty: not in use\n0 segments, 0 units, 0 flow records, 0 octets, all intact\n$/);
});

test('help, version and their flags go to stdout with status 0', async () => {
  for (const argv of [['--help'], ['-h'], ['help'], ['-i', 'eth0', '-h']]) {
    const { status, out, err } = await run(argv);
    assert.deepEqual([status, err], [0, '']);
    assert.match(out, /^weir: flow probe/);
  }
  assert.match((await run(['help', 'spool'])).out, /^weir spool \[FOLDER\]\n[\s\S]*\n--spool FOLDER\n/);
  assert.match((await run(['help', '--to'])).out, /^--to SINK\n/);
  for (const argv of [['version'], ['--version'], ['-v']]) {
    const { status, out } = await run(argv);
    assert.equal(status, 0);
    assert.match(out, /^weir \d+\.\d+\.\d+ \(Node\.js 20\.0\.0, no addon\)\n$/);
  }
  assert.equal(
    (await run(['help', '--tunels'])).err,
    "weir: WEIR_OPTION: there is no option '--tunels', did you mean --tunnels?\n  See `weir --help` for the options.\n",
  );
});

test('all mistakes at once, codes and remedies on stderr, status 2', async () => {
  const { status, out, err } = await run(['-t', 'x', '--to', 'udq://a', '-T', 'no-such-template', '--bogus-one']);
  assert.deepEqual([status, out], [2, '']);
  const lines = err.trimEnd().split('\n');
  assert.deepEqual(lines.map((line) => line.split(': ').slice(0, 2).join(': ')).slice(0, 4), [
    'weir: WEIR_OPTION',
    'weir: WEIR_OPTION',
    'weir: WEIR_SINK',
    'weir: WEIR_TEMPLATE',
  ]);
  assert.equal(lines.length, 7);
  assert.match(err, /-T: `no-such-template` is no template/);
});

test('unknown fields of a template are named with the nearest', async () => {
  const { status, err } = await run(['-T', '%IN_BYTE %OUT_BYTES']);
  assert.equal(status, 2);
  assert.match(err, /WEIR_FIELD: -T: .*IN_BYTE.*IN_BYTES/);
});

test('fields: by name, label, number; as JSON; nothing found', async () => {
  assert.match((await run(['fields'])).out, /^NAME +NUMBER +TYPE +NPROBE +WHAT IT IS\n/);
  assert.match((await run(['fields', '%IPV4_SRC_ADDR'])).out, /\nsourceIPv4Address +8 +ipv4Address +IPV4_SRC_ADDR/);
  const { out } = await run(['fields', 'sourceIPv4Address', '--json']);
  const [first] = JSON.parse(out) as { name: string; id: number; enterprise: number }[];
  assert.deepEqual([first?.name, first?.id, first?.enterprise], ['sourceIPv4Address', 8, 0]);
  const none = await run(['fields', 'sourceIPv4Adress']);
  assert.equal(none.status, 2);
  assert.match(none.err, /WEIR_FIELD: no field is like 'sourceIPv4Adress'; the nearest are sourceIPv4Address/);
});

test('templates: the list, one as a file, one as JSON', async () => {
  const { out } = await run(['templates']);
  for (const name of ['default', 'minimal', 'tcp', 'full', 'nprobe'])
    assert.match(out, new RegExp(`^${name} +\\d+ fields`, 'm'));
  assert.match((await run(['templates', 'minimal'])).out, /^# .*\n(# .*\n)*[\s\S]*sourceIPv4Address\n/);
  const [minimal] = JSON.parse((await run(['templates', 'minimal', '--json'])).out) as {
    name: string;
    fields: string[];
  }[];
  assert.equal(minimal?.name, 'minimal');
  assert.ok(minimal?.fields.includes('sourceIPv4Address'));
  assert.equal((await run(['templates', 'minimol'])).status, 2);
});

test('config prints what is in force, with its place', async () => {
  const { status, out } = await run(['config', '-t', '90'], { WEIR_TO: 'udp://c:1' });
  assert.equal(status, 0);
  assert.match(out, /^activeTimeout: 90s # -t$/m);
  assert.match(out, /^sinks: # WEIR_TO\n {2}- udp:\/\/c:1$/m);
});

test('doctor without the addon says so, and ends with 1', async () => {
  const { status, out } = await run(['doctor']);
  assert.equal(status, 1);
  assert.match(out, /OFF addon +no addon in this test/);
  const report = JSON.parse((await run(['doctor', '--json'])).out) as { canCapture: boolean };
  assert.equal(report.canCapture, false);
  assert.equal((await run(['doctor', '-i', 'a b'])).status, 2);
});

test('a run: options reach the probe, its status is the exit status', async () => {
  for (const expected of [0, 1]) {
    const { io, probe, started } = world();
    const status = main(['-i', 'eth0', '--to', 'none', '--workers', '2'], {}, io);
    await started;
    probe.end(expected);
    assert.equal(await status, expected);
    assert.equal(probe.options?.workers, 2);
    assert.deepEqual(
      probe.options?.sinks.map(({ scheme }) => scheme),
      ['none'],
    );
  }
});

test('what startProbe throws is printed with its code and status', async () => {
  const { io, err } = world();
  io.startProbe = () => Promise.reject(new WeirError('WEIR_PRIVILEGE', 'eth0: Operation not permitted'));
  assert.equal(await main([], {}, io), 1);
  assert.match(err(), /^weir: WEIR_PRIVILEGE: eth0: Operation not permitted\n {2}Run as root/);
  io.startProbe = () => Promise.reject(new Error('boom'));
  assert.equal(await main([], {}, io), 1);
  assert.match(err(), /weir: WEIR_INTERNAL: Error: boom\n/);
});

test('SIGINT and SIGTERM stop the probe; the second signal ends at once', async () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const { io, probe, started, signals, exits, timers } = world();
    probe.stopsBy = -1;
    const status = main([], {}, io);
    await started;
    await settled();
    signals.emit(signal);
    assert.deepEqual(probe.calls, [`stop ${signal}`]);
    signals.emit(signal); // Ctrl-C under npm arrives twice
    assert.deepEqual(exits, []);
    timers.find(({ ms }) => ms === 500)?.call();
    signals.emit(signal);
    assert.deepEqual([exits, probe.calls.length], [[code], 1]);
    probe.end(0);
    assert.equal(await status, 0);
    assert.equal(signals.listenerCount(signal), 0, 'handlers are taken away');
  }
});

test('a stop is bounded: after 10 s the process ends with 1', async () => {
  const { io, probe, started, signals, exits, timers, err } = world();
  probe.stopsBy = -1;
  const status = main([], {}, io);
  await started;
  await settled();
  signals.emit('SIGTERM');
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [10_000, 500],
  );
  timers[0]?.call();
  assert.deepEqual(exits, [1]);
  assert.match(err(), /not stopped within 10 s/);
  probe.end(0);
  await status;
  assert.equal(timers[0]?.cancelled, true);
});

test('a signal during the start stops the probe as soon as it runs', async () => {
  const { io, probe, signals } = world();
  let start: (probe: Probe) => void = () => {};
  io.startProbe = () =>
    new Promise((resolve) => {
      start = resolve;
    });
  const status = main([], {}, io);
  await settled();
  signals.emit('SIGINT');
  assert.deepEqual(probe.calls, []);
  start(probe);
  assert.equal(await status, 0);
  assert.deepEqual(probe.calls, ['stop SIGINT']);
});

test('the service manager is told of start, reload and stop', async () => {
  const file = join(folder, 'service.yaml');
  writeFileSync(file, 'activeTimeout: 60\n');
  const { io, started, signals } = world();
  const told: string[] = [];
  const notifyServiceManager = (socket: string, message: string): string => {
    told.push(...message.split('\n').map((line) => `${socket} ${line}`));
    return '';
  };
  io.loadAddon = () => ({ addon: { notifyServiceManager } as unknown as NativeAddon });
  const status = main(['-c', file], { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '30000000' }, io);
  await started;
  await settled();
  signals.emit('SIGHUP');
  await settled();
  writeFileSync(file, 'activeTimeout: soon\n');
  signals.emit('SIGHUP');
  await settled();
  signals.emit('SIGTERM');
  assert.equal(await status, 0);
  assert.match(told.at(-3)!, /^\/run\/notify STATUS=not reloaded: .*activeTimeout/i);
  assert.deepEqual(
    told.filter((line) => !line.includes('STATUS=not')).map((line) => line.replace('/run/notify ', '')),
    [
      ...['STATUS=starting', 'WATCHDOG=1', 'READY=1', 'STATUS=metering eth0'],
      ...['RELOADING=1', 'MONOTONIC_USEC=0', 'STATUS=reloading', 'READY=1', 'STATUS=metering eth0'],
      ...['RELOADING=1', 'MONOTONIC_USEC=0', 'STATUS=reloading', 'READY=1'],
      ...['STOPPING=1', 'STATUS=stopping: SIGTERM'],
    ],
  );
});

test('SIGHUP reloads what may change, warns of the rest, and reopens', async () => {
  const file = join(folder, 'reload.yaml');
  writeFileSync(file, 'activeTimeout: 60\nworkers: 1\n');
  const { io, probe, started, signals, err } = world();
  const status = main(['-c', file], {}, io);
  await started;
  await settled();
  writeFileSync(file, 'activeTimeout: 90\nworkers: 2\n');
  signals.emit('SIGHUP');
  await settled();
  assert.deepEqual(probe.calls, ['reload 90000 1', 'reopen']);
  assert.match(err(), /warning workers has changed; it takes effect with a restart/);
  writeFileSync(file, 'activeTimeout: soon\n');
  signals.emit('SIGHUP');
  await settled();
  assert.deepEqual(probe.calls.slice(2), ['reopen'], 'a file with mistakes changes nothing');
  assert.match(err(), /error not reloaded: weir: WEIR_CONFIG_FILE: .*reload\.yaml:1:16/);
  probe.end(0);
  assert.equal(await status, 0);
});

test('SIGHUP does not read the key for server names, which --user may not', async () => {
  const key = join(folder, 'key');
  const file = join(folder, 'with-key.yaml');
  writeFileSync(key, 'k'.repeat(32));
  writeFileSync(file, `activeTimeout: 60\nworkers: 1\ndpiPrivacy: server-names\ndpiKey: ${key}\n`);
  const { io, probe, started, signals, err } = world();
  const status = main(['-c', file], {}, io);
  await started;
  await settled();
  rmSync(key);
  writeFileSync(file, `activeTimeout: 90\nworkers: 1\ndpiPrivacy: server-names\ndpiKey: ${key}\n`);
  signals.emit('SIGHUP');
  await settled();
  assert.doesNotMatch(err(), /not reloaded/);
  assert.deepEqual(probe.calls, ['reload 90000 1', 'reopen']);
  probe.end(0);
  assert.equal(await status, 0);
});

test('SIGHUP while the probe starts is followed when it has started', async () => {
  const file = join(folder, 'early.yaml');
  writeFileSync(file, 'activeTimeout: 60\n');
  const { io, probe, signals } = world();
  io.startProbe = async () => {
    writeFileSync(file, 'activeTimeout: 90\n');
    signals.emit('SIGHUP');
    return probe;
  };
  const status = main(['-c', file], {}, io);
  await settled();
  await settled();
  assert.deepEqual(probe.calls, ['reload 90000 1', 'reopen']);
  probe.end(0);
  assert.equal(await status, 0);
});

test('a stdout that is closed ends the run cleanly; a full disk does not', async () => {
  for (const [code, expected] of [
    ['EPIPE', 0],
    ['ENOSPC', 1],
  ] as const) {
    const { io, probe, started, err } = world();
    const status = main([], {}, io);
    await started;
    await settled();
    io.stdout.emit('error', Object.assign(new Error(`write ${code}`), { code }));
    assert.equal(await status, expected);
    assert.deepEqual(probe.calls, ['stop stdout was closed']);
    assert.equal(err().includes('stdout: write ENOSPC'), code === 'ENOSPC');
  }
});

test('warnings of the configuration go to the log', async () => {
  const { io, probe, started, err } = world();
  const status = main([], { WEIR_ACTIV_TIMEOUT: '5' }, io);
  await started;
  probe.end(0);
  await status;
  assert.match(err(), /warning environment variable WEIR_ACTIV_TIMEOUT is unknown, did you mean WEIR_ACTIVE_TIMEOUT\?/);
});

test('the log is JSON when asked for, and as severe as asked for', async () => {
  const { io, probe, started, err } = world();
  const status = main(['--log-format', 'json', '--log-level', 'error'], { WEIR_ACTIV_TIMEOUT: '5' }, io);
  const { log } = await started;
  log.error('x');
  probe.end(0);
  await status;
  assert.equal((JSON.parse(err()) as { msg: string }).msg, 'x');
});

test('collect: places are checked, a signal ends it', async () => {
  const bad = await run(['collect', 'udq://x']);
  assert.equal(bad.status, 2);
  assert.match(bad.err, /WEIR_SINK: collect: udq:\/\/x is not udp:/);
  const { io, signals, err } = world();
  const listening = new Promise<void>((resolve) => {
    const write = io.stderr.write.bind(io.stderr);
    io.stderr.write = ((text: string) => {
      if (text.includes('listening on udp')) setImmediate(resolve);
      return write(text);
    }) as typeof io.stderr.write;
  });
  const status = main(['collect', 'udp://127.0.0.1:0'], {}, io);
  await listening;
  signals.emit('SIGINT');
  assert.equal(await status, 0);
  assert.match(err(), /info collected /);
});

test('applications: all, some, as JSON; without nDPI how to get it', async () => {
  const library = { available: true, version: '4.2.0', reason: '' };
  let checked: string | undefined;
  const addon = {
    dpi: () => library,
    checkDpi: ({ protocolsFile }: DpiOptions) => {
      checked = protocolsFile;
    },
    applications: () => [
      { selector: 91, name: 'TLS', category: 'Web', breed: 'Safe' },
      { selector: 8, name: 'MDNS', category: 'Network', breed: 'Acceptable' },
    ],
  };
  const list = async (...argv: string[]) => {
    const { io, out, err } = world();
    io.loadAddon = () => ({ addon: addon as unknown as NativeAddon });
    return { status: await main(['applications', ...argv], {}, io), out: out(), err: err() };
  };
  assert.equal(
    (await list()).out,
    'NUMBER  APPLICATION  CATEGORY  BREED\n91      TLS          Web       Safe\n8       MDNS         Network   Acceptable\n',
  );
  assert.equal(checked, '');
  assert.match((await list('accept')).out, /\n8 +MDNS/);
  assert.deepEqual((JSON.parse((await list('web', '--json')).out) as { selector: number }[])[0]?.selector, 91);
  assert.match((await list('nothing')).err, /WEIR_DPI_FILTER: no application, category or breed is like 'nothing'/);
  Object.assign(library, { available: false, reason: 'no libndpi' });
  assert.match((await list()).err, /WEIR_DPI_LIBRARY: no libndpi\n {2}Install libndpi, as `weir doctor` says/);
});

test('--supervise starts a child with the same arguments; not for files, and not in the child', async () => {
  const { io, children } = world();
  assert.equal(await main(['-i', 'eth0', '--supervise'], {}, io), 7);
  assert.equal(await main(['-i', 'eth0'], { WEIR_SUPERVISE: 'on' }, io), 7);
  assert.deepEqual(children, [
    ['-i', 'eth0', '--supervise', '--no-supervise'],
    ['-i', 'eth0', '--no-supervise'],
  ]);
  for (const argv of [
    ['-r', 'x.pcap', '--supervise'],
    ['-i', 'eth0', '--supervise', '--no-supervise'],
  ]) {
    const other = world();
    const status = main(argv, {}, other.io);
    await other.started;
    other.probe.end(0);
    assert.equal(await status, 0);
    assert.deepEqual(other.children, []);
  }
  assert.equal((await run(['--supervise', '--bogus-one'])).status, 2);
});

test('--json is not for flows', async () => {
  const { status, err } = await run(['-r', 'x.pcap', '--json']);
  assert.equal(status, 2);
  assert.match(
    err,
    /--json: goes with weir applications, doctor, fields, templates, top; for flows use --to -\?format=json/,
  );
});

test('reloadedOptions takes only what may change', () => {
  const load = (...argv: string[]): Options =>
    loadOptions({ assignments: parseArguments(argv).assignments, env: {} }).options;
  const now = load('-t', '60');
  const { options, restart } = reloadedOptions(
    now,
    load('-t', '30', '--stats', '5', '--workers', '2', '--to', 'udp://c'),
  );
  assert.deepEqual(
    restart,
    ['sinks', 'workers'].sort((a, b) => optionNames.indexOf(a as 'sinks') - optionNames.indexOf(b as 'workers')),
  );
  assert.deepEqual([options.activeTimeout, options.stats, options.workers], [30_000, 5000, 1]);
  assert.deepEqual(options.sinks, now.sinks);
  assert.deepEqual(reloadedOptions(now, load('-t', '60')).restart, []);
});

test('the filter is compiled before anything starts, when the addon is there and the link type is known', () => {
  const options = (...argv: string[]): Options =>
    loadOptions({ assignments: parseArguments(argv).assignments, env: {} }).options;
  const seen: unknown[] = [];
  const check = filterCheck({
    checkFilter(expression, linkType, snapLength) {
      seen.push([expression, linkType, snapLength]);
      if (expression === 'bad') throw Object.assign(new Error('syntax error'), { code: 'WEIR_FILTER' });
    },
  });
  assert.deepEqual(check(options('-f', 'tcp')), []);
  const [found] = check(options('-f', 'bad'));
  assert.deepEqual([found?.name, found?.error.code, found?.error.message], ['filter', 'WEIR_FILTER', 'syntax error']);
  assert.deepEqual(seen, [
    ['tcp', 1, 262144],
    ['bad', 1, 262144],
  ]);
  assert.deepEqual(check(options('-f', 'bad', '-r', 'x.pcap')), []);
  assert.deepEqual(filterCheck(undefined)(options('-f', 'bad')), []);
});

test('weir completion prints the script of a shell', async () => {
  for (const shell of completionShells) {
    const { status, out } = await run(['completion', shell]);
    assert.equal(status, 0);
    assert.equal(out, readFileSync(join(packageRoot(), completionPath(shell)), 'utf8'));
  }
  const { status, err } = await run(['completion', 'csh']);
  assert.equal(status, 2);
  assert.match(err, /weir completion: expected bash, zsh, fish, found 'csh'/);
});

test('what the log of a run held back is said when it ends, however it ends', async () => {
  for (const ends of [0, new WeirError('WEIR_PRIVILEGE', 'eth0: Operation not permitted')]) {
    const { io, probe, err } = world();
    io.startProbe = async (_, { log }) => {
      for (let i = 0; i < 100; i++) log.notice('meter', 'warning', 'eth0 flaps');
      if (ends !== 0) throw ends;
      probe.end(0);
      return probe;
    };
    assert.equal(await main(['-i', 'eth0'], {}, io), ends === 0 ? 0 : 1);
    assert.match(err(), /eth0 flaps repeats=94$/m);
  }
});
