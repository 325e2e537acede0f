// The generated flow types: they stand alone and fit lines as they are written (the compiler checks the literals).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EcsFlow, Goflow2Flow, IpfixFlow, NprobeFlow } from '../../../src/fields/flow_types.js';
import { renderFlowTypes } from '../../../src/fields/flow_type_text.js';
import { packageRoot } from '../../../src/native/load.js';

function firstLine<Flow>(golden: string): Flow {
  const text = readFileSync(join(packageRoot(), 'test', 'golden', `${golden}.txt`), 'utf8');
  return JSON.parse(text.split('\n', 1)[0] ?? '') as Flow;
}

test('flow types import nothing and say what each key means', () => {
  const text = renderFlowTypes();
  assert.doesNotMatch(text, /^\s*import/m);
  assert.match(text, /\/\*\* Octets of IP packets, .*\*\/\n {2}octetDeltaCount\?: number \| string;/);
  assert.match(text, /\n {4}type\?: 'ipv4' \| 'ipv6';/);
  assert.match(text, /\n {2}'ntop\.CLIENT_NW_LATENCY_MS'\?: number;/);
  assert.match(text, /\n {2}packetSequenceSizes\?: number\[\];/);
});

test('a consumer reads golden lines through the types', () => {
  const ipfix = firstLine<IpfixFlow>('json_default');
  const nprobe = firstLine<NprobeFlow>('json_nprobe');
  const ecs = firstLine<EcsFlow>('json_ecs');
  const goflow2 = firstLine<Goflow2Flow>('json_goflow2');
  const octets = [ipfix.octetDeltaCount, nprobe.IN_BYTES, ecs.source?.bytes, goflow2.bytes];
  assert.deepEqual(octets, [61, 61, 61, 61]);
  const addresses = [ipfix.sourceIPv4Address, nprobe.IPV4_SRC_ADDR, ecs.source?.ip, goflow2.src_addr];
  assert.deepEqual(new Set(addresses), new Set(['192.0.2.10']));
  const duration: number | undefined = ecs.event?.duration;
  assert.equal(duration, 7_000_000);
});
