// npm start: set-up, then the probe live on this host (arguments behind -- are weir's own).
// Without the privilege to capture: a small self-made capture is metered, the enabling command printed, exit status 2.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildProbe, root, say } from './steps.mjs';
import { selfMadeCapture } from './self_made_capture.mjs';

buildProbe();
const cli = join(root, 'dist', 'src', 'cli.js');
const given = process.argv.slice(2);

if (given.length === 0 && spawnSync(process.execPath, [cli, 'doctor'], { stdio: 'ignore' }).status !== 0) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'));
  const file = join(folder, 'self-made.pcap');
  writeFileSync(file, selfMadeCapture());
  say('no privilege to capture here: metering a small self-made capture instead');
  spawnSync(process.execPath, [cli, '-r', file], { stdio: 'inherit' });
  rmSync(folder, { recursive: true });
  spawnSync(process.execPath, [cli, 'doctor'], { stdio: ['ignore', 2, 2] });
  process.exit(2);
}

// Short timeouts, so that the first flows show within seconds. Lines of a terminal name processes as they are, NDJSON when asked.
const live = ['-i', 'any', '--idle-timeout', '5s', '--active-timeout', '10s'];
const args = given.length > 0 ? given : process.stdout.isTTY ? live : [...live, '-T', 'process'];
if (given.length === 0) say(`running: weir ${args.join(' ')}   (Ctrl-C ends it; \`npm start -- --help\` shows more)`);
// In this process: a signal to the group reaches the probe once, and its exit status is ours.
process.argv = [process.execPath, cli, ...args];
await import(pathToFileURL(cli).href);
