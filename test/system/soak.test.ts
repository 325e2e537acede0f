// A short soak: ten compressed minutes of traffic and faults, one of every kind. `npm run soak` is hours of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { needsNetwork } from '../support/network.js';

const program = join(packageRoot(), 'dist', 'test', 'soak', 'main.js');

test('ten compressed minutes of soak: every law holds', needsNetwork('tcpreplay', 'unshare', 'nsenter'), async (t) => {
  const args = ['--hours', String(10 / 60), '--seed', '1'];
  const child = spawn('unshare', ['-n', '-m', process.execPath, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => void child.kill('SIGTERM'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  assert.equal(status, 0, said);
});
