// A segment of kind ipfix is an IPFIX file (RFC 5655): read by weir's own file reader, and by ipfixDump where it is.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { readIpfixFile } from '../../../src/ipfix/read_file.js';
import { message, set, template, u64 } from '../../support/ipfix_bytes.js';
import { unitRun } from '../../support/sink_run.js';
import { SpoolRig } from './spool_rig.js';

const head = message(
  0,
  1,
  set(
    2,
    template(256, [
      [1, 8],
      [2, 8],
    ]),
  ),
);
const data = (sequence: number, octets: number): Buffer =>
  message(sequence, 1, set(256, u64(octets, 1), u64(octets + 1, 2)));

async function spooled(rig: SpoolRig): Promise<string[]> {
  const options = { kind: 'ipfix', head: () => head, segmentOctets: 300 } as const;
  const spool = await rig.open(options);
  for (const [index, octets] of [100, 200, 300, 400].entries()) {
    spool.append(unitRun([data(index * 2, octets)], [2]));
    await spool.flush();
  }
  assert.equal(spool.segments, 2);
  await spool.close();
  return ['000000000001.ipfix', '000000000002.ipfix'].map((name) => join(rig.folder, name));
}

test('each segment of kind ipfix is an IPFIX file of its own', async (context) => {
  const found: number[][] = [];
  for (const path of await spooled(new SpoolRig(context))) {
    const octets: number[] = [];
    for await (const { fields } of readIpfixFile(path)) octets.push(Number(fields.octetDeltaCount));
    found.push(octets);
  }
  assert.deepEqual(found, [
    [100, 101, 200, 201],
    [300, 301, 400, 401],
  ]);
});

const ipfixDump = spawnSync('ipfixDump', ['--version']).status === 0;

test('ipfixDump reads it too', ipfixDump ? {} : { skip: 'not installed: ipfixDump' }, async (context) => {
  const [path] = await spooled(new SpoolRig(context));
  const { status, stdout } = spawnSync('ipfixDump', ['--in', path!, '--data'], { encoding: 'utf8' });
  assert.equal(status, 0);
  assert.equal(stdout.match(/octetDeltaCount\s*:\s*\d+/g)?.length, 4);
});
