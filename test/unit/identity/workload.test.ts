import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workloadOf } from '../../../src/identity/workload.js';

test('what the name of a pod is made of', () => {
  const cases: [string, string][] = [
    ['web-7d9f8b6c5-abcde', 'web'],
    ['web-7d9f8b6c5-kp9xq', 'web'],
    ['my-redis-cache-66b9c7d4f8-zx2wv', 'my-redis-cache'],
    ['kube-proxy-kp9xq', 'kube-proxy'],
    ['backup-29384756-kp9xq', 'backup'],
    ['web-0', 'web'],
    ['web-12', 'web'],
    ['kube-apiserver-node', 'kube-apiserver-node'],
    ['nginx-proxy', 'nginx-proxy'],
    ['web', 'web'],
    ['', ''],
  ];
  for (const [pod, workload] of cases) assert.equal(workloadOf(pod, {}), workload, pod);
});

test('labels say it better', () => {
  const app = { app: 'a', 'app.kubernetes.io/name': 'b', 'pod-template-hash': '7d9f8b6c5' };
  assert.equal(workloadOf('web-7d9f8b6c5-kp9xq', app), 'b');
  assert.equal(workloadOf('web-7d9f8b6c5-kp9xq', { app: 'a' }), 'a');
  assert.equal(workloadOf('web-eins-zwei1', { 'pod-template-hash': 'eins' }), 'web');
  assert.equal(workloadOf('eins-zwei1', { 'pod-template-hash': 'eins' }), 'eins-zwei1');
  assert.equal(workloadOf('', { 'com.docker.compose.service': 'db' }), 'db');
});
