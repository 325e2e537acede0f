import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, isDigest, labelText, maxLabelOctets } from '../../../src/identity/container_facts.js';

test('labels are one JSON object, in order, as many as fit', () => {
  assert.deepEqual(labelText({}), { text: '{}', leftOut: 0 });
  assert.deepEqual(labelText({ b: '2', a: '"1"' }), { text: '{"a":"\\"1\\"","b":"2"}', leftOut: 0 });
  assert.deepEqual(labelText({ a: '1', b: 'x'.repeat(30), c: '3' }, 20), { text: '{"a":"1","c":"3"}', leftOut: 1 });
  const exact = { a: '1', b: '2' };
  assert.equal(labelText(exact, 17).leftOut, 0);
  assert.equal(labelText(exact, 16).leftOut, 1);
});

test('a huge or strange label leaves valid JSON of bounded size', () => {
  const labels: Record<string, string> = {
    huge: 'x'.repeat(10_000_000),
    wide: '\u{1f600}'.repeat(500),
    none: 7 as never,
  };
  for (let n = 0; n < 5000; n++) labels[`label-${n}`] = '\u0001é"\\';
  const { text, leftOut } = labelText(labels);
  assert.ok(Buffer.byteLength(text) <= maxLabelOctets);
  const kept = Object.keys(JSON.parse(text) as object);
  assert.equal(kept.length + leftOut, Object.keys(labels).length);
  assert.ok(kept.length > 50);
});

test('pod facts come from labels and are no labels of the pod', () => {
  const raw = {
    id: 'i',
    name: 'main',
    image: 'box:1',
    runtime: 'containerd',
    labels: { 'io.kubernetes.pod.name': 'web-0', 'io.kubernetes.pod.namespace': 'shop', 'io.kubernetes.pod.uid': 'u' },
    podLabels: { 'io.kubernetes.pod.name': 'web-0', tier: 'front' },
  };
  const { facts, labelsLeftOut } = factsOf(raw, 'node-1');
  assert.equal(labelsLeftOut, 0);
  assert.deepEqual(facts, {
    id: 'i',
    name: 'main',
    image: 'box:1',
    runtime: 'containerd',
    labels: JSON.stringify(Object.fromEntries(Object.entries(raw.labels).sort())),
    podName: 'web-0',
    podNamespace: 'shop',
    podUid: 'u',
    podLabels: '{"tier":"front"}',
    workload: 'web',
    nodeName: 'node-1',
  });
  assert.equal(factsOf({ ...raw, labels: {}, podLabels: undefined }, 'node-1').facts.nodeName, '');
  assert.equal(factsOf({ ...raw, name: 'n'.repeat(5000) }, '').facts.name.length, 512);
});

test('images that are named by their content alone', () => {
  for (const image of ['', 'sha256:0123456789abcdef', '0123456789ab']) assert.ok(isDigest(image), image);
  for (const image of ['box', 'docker.io/library/box:1', 'box@sha256:0123456789abcdef'])
    assert.ok(!isDigest(image), image);
});
