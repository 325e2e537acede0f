// bench_restart.mjs TIER SOCKETS: starts attribution beside sockets that are there already and prints {"startMs","sockets"};
// for bench_attribution.mjs.
import { join } from 'node:path';
import { root } from './steps.mjs';

const [tier, wanted] = [process.argv[2], Number(process.argv[3])];
const built = (path) => import(join(root, 'dist', 'src', path));
const { loadAddon } = await built('native/load.js');
const { attributionOptions } = await built('attribution_run.js');
const { defaultOptions } = await built('config/options.js');
const { Attribution } = loadAddon();
const options = attributionOptions({ ...defaultOptions(), attribution: tier, conntrack: false }, []);
const attribution = new Attribution(options, () => {});
const start = performance.now();
attribution.start();
while (attribution.counters().sockets < wanted) {
  if (performance.now() - start > 30_000) throw new Error(`${attribution.counters().sockets} sockets after 30 s`);
  await new Promise((resolve) => setImmediate(resolve));
}
const startMs = performance.now() - start;
process.stdout.write(`${JSON.stringify({ startMs, sockets: attribution.counters().sockets })}\n`);
attribution.close();
