// bench_restart.mjs TIER SOCKETS: starts attribution beside sockets that are there already and prints {"startMs","sockets"};
// for bench_attribution.mjs.
import { join } from 'node:path';
import { root } from './steps.mjs';

const [tier, wanted] = [process.argv[2], Number(process.argv[3])];
const { loadAddon } = await import(join(root, 'dist', 'src', 'native', 'load.js'));
const { Attribution } = loadAddon();
const attribution = new Attribution(
  {
    tier,
    flows: false,
    packets: true,
    events: [],
    activeTimeoutMs: 60_000,
    idleTimeoutMs: 15_000,
    lingerMs: 2000,
    sockets: 1 << 19,
    processes: 1 << 16,
    commandLine: 'redacted',
    ancestors: 0,
    sends: false,
    stateTimes: false,
    conntrack: false,
    nodeName: '',
  },
  () => {},
);
const start = performance.now();
attribution.start();
while (attribution.counters().sockets < wanted) {
  if (performance.now() - start > 30_000) throw new Error(`${attribution.counters().sockets} sockets after 30 s`);
  await new Promise((resolve) => setImmediate(resolve));
}
const startMs = performance.now() - start;
process.stdout.write(`${JSON.stringify({ startMs, sockets: attribution.counters().sockets })}\n`);
attribution.close();
