// The statistics file of a live run: there and true while it runs, gone after it, and no reason to end.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { StatusDocument } from '../../src/telemetry/status.js';
import { ethernet, type Pair, pcap, udp } from '../support/frames.js';
import { LiveWeir } from '../support/live_weir.js';
import { type End, needsNetwork, Network } from '../support/network.js';
import { needsNobody } from '../support/nobody.js';
import { temporaryFolder } from '../support/weir.js';

const live = ['-i', 'far0', '--to', 'none'];

/** weir in a namespace of its own, with systemd's RUNTIME_DIRECTORY. */
function run(t: TestContext, far: End, folder: string, ...args: string[]): Promise<LiveWeir> {
  const prefix = [...far.prefix, 'env', `RUNTIME_DIRECTORY=${folder}`];
  return LiveWeir.metering(t, ['--statistics-file', 'auto', ...live, ...args], prefix);
}

const figure = (path: string, name: string): string | undefined =>
  existsSync(path)
    ? new RegExp(`^${name.replaceAll('.', '\\.')}: (.*)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1]
    : undefined;

test(
  'in the runtime directory: right figures, no left-overs, gone after a stop',
  needsNetwork('tcpreplay'),
  async (t) => {
    const { near, far } = new Network(t);
    const folder = join(temporaryFolder(t), 'weir');
    mkdirSync(folder);
    const leftOver = join(folder, `${spawnSync('true').pid}.stats`);
    writeFileSync(leftOver, '');
    const weir = await run(t, far, folder);
    const path = join(folder, `${weir.child.pid}.stats`);
    assert.equal(existsSync(leftOver), false);
    const pair: Pair = [
      { address: '10.9.0.50', port: 1 },
      { address: '10.9.0.60', port: 9 },
    ];
    const capture = join(temporaryFolder(t), 'flow.pcap');
    writeFileSync(capture, pcap(Array.from({ length: 10 }, () => ethernet(0, udp(pair, 100)))));
    near.replay(capture);
    await weir.until(() => figure(path, 'meter.outcomes.metered') === '10', 'wrote the ten packets');
    assert.equal(figure(path, 'configuration.observationPoint.1.name'), 'far0');
    assert.equal(figure(path, 'sink.1.name'), 'none');
    assert.equal(statSync(path).mode & 0o777, 0o644);
    assert.equal((await weir.stop()).status, 0);
    assert.deepEqual(readdirSync(folder), []);
  },
);

test('a folder that goes away, or cannot be made anew, ends nothing', needsNetwork(), async (t) => {
  const { far } = new Network(t);
  const folder = join(temporaryFolder(t), 'weir');
  const weir = await run(t, far, folder);
  const path = join(folder, `${weir.child.pid}.stats`);
  await weir.until(() => existsSync(path), 'wrote the file');
  rmSync(folder, { recursive: true });
  await weir.until(() => existsSync(path), 'made the folder anew');
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
  await weir.said(/"msg":"statistics file .* cannot be written: .*ENOTDIR/);
  rmSync(folder);
  await weir.until(() => existsSync(path), 'wrote the file again');
  assert.equal((await weir.stop()).status, 0);
  assert.equal(weir.stderr.match(/cannot be written/g)?.length, 1);
});

test('--user: the folder is given before privileges go; JSON by name', needsNobody(), async (t) => {
  const { far } = new Network(t);
  const base = temporaryFolder(t);
  chmodSync(base, 0o755);
  const folder = join(base, 'made');
  const weir = await run(t, far, folder, '--user', 'nobody');
  const path = join(folder, `${weir.child.pid}.stats`);
  await weir.until(() => existsSync(path), 'wrote the file');
  assert.notEqual(statSync(path).uid, 0);
  assert.equal((await weir.stop()).status, 0);
  assert.deepEqual(readdirSync(folder), []);
  const json = join(base, 'named', 'status.json');
  const named = await run(t, far, folder, '--user', 'nobody', '--statistics-file', json);
  await named.until(() => existsSync(json), 'wrote the named file');
  const document = JSON.parse(readFileSync(json, 'utf8')) as StatusDocument;
  assert.deepEqual([document.pid, document.sinks[0]?.name], [named.child.pid, 'none']);
  assert.equal((await named.stop()).status, 0);
});
