// What the benches share: programs pinned to core 0 with all their threads, the UDP receiver to core 1.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** bench_receiver of a native build; stop() says what it counted. */
export function startReceiver(native, port) {
  const child = spawn('taskset', ['-c', '1', join(native, 'bench_receiver'), String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const ready = new Promise((resolve) =>
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('ready')) resolve();
    }),
  );
  const done = new Promise((resolve) =>
    child.on('close', () => resolve(JSON.parse(text.split('\n').find((line) => line.startsWith('{')) ?? '{}'))),
  );
  const stop = () => {
    child.kill('SIGTERM');
    return done;
  };
  return { ready, stop };
}

/** Runs a command on core 0: what it said, wall and CPU seconds, peak memory in kB. */
export function execute(command) {
  return new Promise((resolve) => {
    const start = process.hrtime.bigint();
    const child = spawn('taskset', ['-c', '0', '/usr/bin/time', '-f', 'TIME %U %S %M', ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    const timer = setTimeout(() => child.kill('SIGTERM'), 300_000);
    child.on('close', (status) => {
      clearTimeout(timer);
      const [, user, system, rss] = /TIME ([\d.]+) ([\d.]+) (\d+)/.exec(err) ?? [0, 0, 0, 0];
      resolve({
        status,
        out,
        err,
        seconds: Number(process.hrtime.bigint() - start) / 1e9,
        cpu: Number(user) + Number(system),
        rss: Number(rss),
      });
    });
  });
}

/** What a weir with --log-format json says of what it exported; undefined when it did not. */
export function weirSent(stderr) {
  const done = stderr
    .split('\n')
    .filter((line) => line.includes('"exported"'))
    .map((line) => JSON.parse(line))
    .at(-1);
  return done && { records: done.exported, flows: done.records, drops: done.dropped };
}

/** Why a run of weir is void, or undefined: all that it sent is at the receiver, and what it dropped it says. */
export function weirVoid(stderr, received) {
  const sent = weirSent(stderr);
  if (sent && sent.records === received.records && sent.records + sent.drops === sent.flows) return undefined;
  return `void: sent ${JSON.stringify(sent)}, received ${received.records}`;
}

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)];
