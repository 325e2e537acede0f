// Runs of top from end to end in this process: sources, flags, exit.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { mock, test } from 'node:test';
import type { ProbeEnvironment } from '../../../src/app.js';
import { type TopIo, topCommand } from '../../../src/cli/top_run.js';
import { parseArguments } from '../../../src/config/argv.js';
import type { Options } from '../../../src/config/options.js';
import { describeError } from '../../../src/errors.js';
import type { Fields } from '../../../src/top/reading.js';
import { collectSource } from '../../../src/top/sources.js';
import { createLog } from '../../../src/telemetry/log.js';
import { record } from '../../support/top_flows.js';

function world() {
  const out = new PassThrough();
  const err = new PassThrough();
  const signals = new EventEmitter();
  let options: Options | undefined;
  let stopped = 0;
  const io: TopIo = {
    stdout: out as unknown as NodeJS.WriteStream,
    stderr: err as unknown as NodeJS.WriteStream,
    onSignal: (signal, handler) => {
      signals.on(signal, handler);
      return () => signals.off(signal, handler);
    },
    exit: () => {},
    setTimer: () => () => {},
    startProbe: async (given, { stdout }: ProbeEnvironment) => {
      options = given;
      stdout.write(`${JSON.stringify(record())}\n${JSON.stringify(record())}\n`);
      let end: (status: number) => void = () => {};
      const finished = new Promise<number>((resolve) => {
        end = resolve;
      });
      return {
        finished,
        stop: async () => {
          stopped++;
          end(0);
        },
        reload: async () => {},
        reopen: () => {},
        status: () => '',
        stalled: () => [],
        snapshot: () =>
          ({ meter: { kernelDrops: 5, recordsDropped: 0 }, sinks: [{ dropped: { queueFull: 7 } }] }) as never,
      };
    },
  };
  return {
    io,
    signals,
    out: () => String(out.read() ?? ''),
    err: () => String(err.read() ?? ''),
    options: () => options!,
    stopped: () => stopped,
  };
}

const run = (io: TopIo, ...argv: string[]) => topCommand(parseArguments(['top', ...argv]), {}, io);

test('its own probe: short timeouts unless given, its own sink, a table when the time is over', async () => {
  const { io, out, options, stopped } = world();
  assert.equal(await run(io, '-i', 'eth0', '--for', '100ms', '--json', '--by', 'user', '--active-timeout', '7s'), 0);
  const { activeTimeout, idleTimeout, sinks, observationPoints, dpi } = options();
  assert.deepEqual([activeTimeout, idleTimeout, dpi], [7000, 2000, 'auto']);
  assert.deepEqual([sinks.length, sinks[0]!.scheme, sinks[0]!.parameters.template], [1, 'stdout', 'top']);
  assert.equal(observationPoints[0]!.names[0], 'eth0');
  assert.equal(stopped(), 1);
  const { rows, dropped } = JSON.parse(out()) as { rows: Fields[]; dropped: Fields };
  assert.deepEqual([rows.length, rows[0]!.key, rows[0]!.connections], [1, 'alice', 2]);
  assert.deepEqual(dropped, { kernel: 5, recordRing: 0, queue: 7, malformed: 0, notUnderstood: 0 });
});

test('the last table of --every is about no less time than its records', async () => {
  const { io, out, signals } = world();
  const ended = run(io, '-i', 'eth0', '--every', '1h', '--json');
  while (signals.listenerCount('SIGINT') === 0) await new Promise((resolve) => setImmediate(resolve));
  signals.emit('SIGINT');
  await ended;
  const { rows, window } = JSON.parse(out()) as { rows: Fields[]; window: { seconds: number } };
  assert.ok(window.seconds >= 1, `${window.seconds}`);
  assert.ok((rows[0]!.inPerSecond as number) <= 2000);
});

test('what its log held back is said at the end', async () => {
  const { io, err } = world();
  const start = io.startProbe!;
  io.startProbe = (options, environment) => {
    for (let i = 0; i < 100; i++) environment.log.notice('meter', 'warning', 'eth0 flaps');
    return start(options, environment);
  };
  assert.equal(await run(io, '-i', 'eth0', '--for', '100ms', '--json'), 0);
  assert.match(err(), /eth0 flaps repeats=94$/m);
});

test('a reader that has left ends the run, and so does a disk that is full', async () => {
  for (const [code, status, said] of [
    ['EPIPE', 0, /^$/],
    ['ENOSPC', 1, /error stdout: it failed/],
  ] as const) {
    const { io, err, stopped } = world();
    const broken = Object.assign(new Error('it failed'), { code });
    io.stdout = new Writable({ write: (_chunk, _encoding, done) => done(broken) }) as unknown as NodeJS.WriteStream;
    io.stdout.on('error', () => {}); // as main does
    assert.equal(await run(io, '-i', 'eth0', '--every', '100ms', '--json'), status);
    assert.match(err(), said);
    assert.equal(stopped(), 1);
  }
});

test('a reader that takes nothing: tables are left out, and a signal ends the run', async () => {
  const { io, err, signals } = world();
  let chunks = 0;
  const stuck = new Writable({ highWaterMark: 1, write: () => void chunks++ });
  io.stdout = stuck as unknown as NodeJS.WriteStream;
  const exits: number[] = [];
  io.exit = (status) => void exits.push(status);
  io.setTimer = (call) => {
    call();
    return () => {};
  };
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    const ended = run(io, '-i', 'eth0', '--every', '1s', '--json');
    while (signals.listenerCount('SIGINT') === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(1000);
    const one = stuck.writableLength;
    assert.ok(one > 0);
    mock.timers.tick(60_000);
    assert.deepEqual([stuck.writableLength, chunks], [one, 1]);
    signals.emit('SIGINT');
    assert.equal(await ended, 1);
  } finally {
    mock.timers.reset();
  }
  assert.deepEqual(exits, [1]);
  assert.match(err(), /its reader takes nothing/);
});

test('a file keeps the timeouts of a run', async () => {
  const { io, options, signals } = world();
  const ended = run(io, '-r', '/dev/null', '--once');
  while (signals.listenerCount('SIGINT') === 0) await new Promise((resolve) => setImmediate(resolve));
  signals.emit('SIGINT');
  assert.equal(await ended, 0);
  assert.deepEqual([options().activeTimeout, options().idleTimeout], [60_000, 15_000]);
});

test('no terminal: one table, and that is said', async () => {
  const { io, out, err, signals } = world();
  const ended = run(io, '--for', '1h');
  while (signals.listenerCount('SIGTERM') === 0) await new Promise((resolve) => setImmediate(resolve));
  signals.emit('SIGTERM');
  await ended;
  assert.match(out(), /^process by octets.*\n\nPROCESS.*\n|dropped: kernel 5, queue 7/);
  assert.equal(err(), '');
  const other = world();
  const plain = run(other.io);
  while (other.signals.listenerCount('SIGHUP') === 0) await new Promise((resolve) => setImmediate(resolve));
  other.signals.emit('SIGHUP');
  await plain;
  assert.match(other.err(), /no terminal for a screen/);
});

test('NDJSON on stdin to its end, a table each time with --every', async () => {
  const { io, out } = world();
  const stdin = new PassThrough();
  stdin.end(`${JSON.stringify(record())}\nnonsense\n{}\n`);
  io.stdin = stdin as unknown as NodeJS.ReadStream;
  assert.equal(await run(io, '-', '--json', '--by', 'port'), 0);
  const { rows, dropped, window } = JSON.parse(out()) as { rows: Fields[]; dropped: Fields; window: Fields };
  assert.deepEqual(
    [rows[0]!.key, rows[0]!.in, dropped, window.seconds],
    ['443/tcp', 1000, { malformed: 1, notUnderstood: 1 }, 1],
  );
  const open = new PassThrough();
  open.write(`${JSON.stringify(record())}\n`);
  io.stdin = open as unknown as NodeJS.ReadStream;
  await run(io, '-', '--json', '--every', '100ms', '--for', '350ms');
  const tables = out()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { records: number });
  assert.ok(tables.length >= 2);
  assert.equal(
    tables.reduce((sum, { records }) => sum + records, 0),
    1,
  );
});

test('what is wrong is said, all at once, with the nearest word', async () => {
  const said = async (...argv: string[]): Promise<string> => {
    try {
      await run(world().io, ...argv);
    } catch (error) {
      return describeError(error).lines.join('\n');
    }
    return 'nothing';
  };
  const all = await said(
    '--by',
    'proces',
    '--sort',
    'octet',
    '--limit',
    '-5',
    '--for',
    '5',
    '--to',
    'udp://x',
    '--nonsense',
  );
  for (const pattern of [
    /--by: expected one of process, .*found 'proces', did you mean process\?/,
    /--sort: .*did you mean octets\?/,
    /--limit: no value given/,
    /--to: top shows flows itself/,
    /unknown option --nonsense/,
  ])
    assert.match(all, pattern);
  assert.match(await said('udp://127.0.0.1:9', '-i', 'eth0'), /-i: is for a probe of top's own; udp:\/\/127/);
  assert.match(await said('-', 'udp://127.0.0.1:9'), /stands alone/);
  assert.match(await said('-r', 'x.pcap', '--for', '3s'), /--for: files are read to their end/);
  assert.match(await said('http://x', '--once'), /is not udp:\/\//);
});

test('flows that a running probe sends, by udp', async () => {
  const log = createLog({ level: 'error', format: 'text', write: () => {} });
  const taken: Fields[] = [];
  const picked = createSocket('udp4').bind(0, '127.0.0.1');
  await once(picked, 'listening');
  const { port } = picked.address();
  picked.close();
  const running = await collectSource([`udp://127.0.0.1:${port}`], log).start((fields) => taken.push(fields));
  const sender = createSocket('udp4');
  // IPFIX: template 256 of octetDeltaCount(8), one record; then a message with a sequence number three ahead.
  const message = (sequence: number, ...sets: number[][]): Buffer => {
    const body = Buffer.from(sets.flat());
    const header = Buffer.alloc(16);
    header.writeUInt16BE(10, 0);
    header.writeUInt16BE(16 + body.length, 2);
    header.writeUInt32BE(sequence, 8);
    return Buffer.concat([header, body]);
  };
  const template = [0, 2, 0, 12, 1, 0, 0, 1, 0, 1, 0, 8];
  const data = [1, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 99];
  sender.send(message(0, template, data), port, '127.0.0.1');
  sender.send(message(4, data), port, '127.0.0.1');
  const end = Date.now() + 10_000;
  while (taken.length < 2 && Date.now() < end) await new Promise((resolve) => setImmediate(resolve));
  sender.close();
  assert.deepEqual(taken, [{ octetDeltaCount: 99 }, { octetDeltaCount: 99 }]);
  assert.equal(running.losses().lostOnTheWay, 3);
  await running.stop();
  await assert.rejects(
    collectSource(['udp://203.0.113.9:4739'], log).start(() => {}),
    /WEIR_SOCKET|collect: udp/,
  );
});

test('strangers that send no IPFIX cannot flood its notices', async (t) => {
  const lines: string[] = [];
  const log = createLog({ level: 'warning', format: 'text', write: (line) => lines.push(line) });
  const picked = createServer().listen(0, '127.0.0.1');
  await once(picked, 'listening');
  const { port } = picked.address() as AddressInfo;
  picked.close();
  await once(picked, 'close');
  const running = await collectSource([`tcp://127.0.0.1:${port}`], log).start(() => {});
  t.after(() => running.stop());
  for (let host = 2; host < 32; host++) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${host}` });
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'close');
  }
  assert.equal(lines.length, 20);
  log.sayHeldBack();
  assert.match(lines.at(-1) ?? '', /does not send IPFIX; connection closed repeats=9$/m);
});
