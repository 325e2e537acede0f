import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseObservationPoint } from '../../../src/config/observation_point.js';
import { WeirError, WeirErrors } from '../../../src/errors.js';
import { type Asked, search } from '../../../src/identity/container_search.js';
import { resolveTargets } from '../../../src/identity/resolve_targets.js';
import type { Labels } from '../../../src/identity/container_facts.js';
import type { SeenContainer } from '../../../src/identity/runtime_client.js';

function container(id: string, name: string, pod = '', more: Partial<SeenContainer> = {}): SeenContainer {
  const [namespace, podName] = pod.split('/');
  const labels: Labels =
    pod === ''
      ? {}
      : {
          'io.kubernetes.pod.name': podName!,
          'io.kubernetes.pod.namespace': namespace!,
          'io.kubernetes.pod.uid': `uid-${pod}`,
        };
  const full = id.padEnd(64, '0');
  return { id: full, name, image: '', runtime: 'docker', labels, running: true, sandbox: false, ...more };
}

function asked(path: string, seen: SeenContainer[], reason = ''): Asked {
  return { socket: { kind: 'docker', path }, client: undefined as never, seen, reason };
}

const all = [
  asked('/run/docker.sock', [
    container('ab1', 'web'),
    container('ab2', 'cd9'),
    container('cd3', 'over', '', { running: false }),
    container('cd9e', 'by-id'),
  ]),
  asked('/run/cri.sock', [
    container('e1', 'POD', 'shop/web-0', { sandbox: true }),
    container('e2', 'main', 'shop/web-0'),
    container('e3', 'main', 'other/web-0'),
  ]),
  asked('/run/none.sock', [], 'no such socket'),
];

const foundBy = (kind: 'container' | 'pod', name: string): string[] =>
  search(kind, name, all).map(({ container: one }) => one.id.replace(/0+$/, ''));

test('full id before name before the beginning of an id', () => {
  assert.deepEqual(foundBy('container', 'web'), ['ab1']);
  assert.deepEqual(foundBy('container', 'cd9'), ['ab2']);
  assert.deepEqual(foundBy('container', 'cd9e'), ['cd9e']);
  assert.deepEqual(foundBy('container', 'e1'.padEnd(64, '0')), ['e1']);
  assert.deepEqual(foundBy('container', 'shop/web-0/main'), ['e2']);
  assert.deepEqual(foundBy('pod', 'shop/web-0'), ['e1', 'e2']);
});

test('two sockets of one engine show one container', () => {
  const twice = [asked('/a', [container('ab1', 'web')]), asked('/b', [container('ab1', 'web')])];
  assert.equal(search('container', 'web', twice).length, 1);
});

test('what is ambiguous names the candidates, what is nowhere the runtimes that were asked', () => {
  const cases: ['container' | 'pod', string, RegExp][] = [
    ['container', 'ab', /'ab' may be any of docker web ab1000000000, docker cd9 ab2000000000; name one by its id$/],
    ['container', 'main', /may be any of docker shop\/web-0\/main e20+, docker other\/web-0\/main e30+;/],
    [
      'container',
      'over',
      /^no container 'over' runs here; asked \/run\/docker.sock \(3 running\), \/run\/cri.sock \(2 running\), \/run\/none.sock \(no such socket\)$/,
    ],
    ['pod', 'shop/web', /^no pod 'shop\/web' runs here/],
  ];
  for (const [kind, name, message] of cases) {
    assert.throws(
      () => search(kind, name, all),
      (error) => error instanceof WeirError && error.code === 'WEIR_CONTAINER' && message.test(error.message),
      name,
    );
  }
  assert.throws(() => search('container', 'x', []), /no container runtime was asked/);
});

test('targets become network namespaces; all that cannot be had is said at once', async () => {
  const identity = {
    resolve: async (_: string, name: string) => {
      if (name === 'none' || name === 'no/pod') throw new WeirError('WEIR_CONTAINER', `no '${name}'`);
      return { processId: name === 'far' ? 2 ** 30 : process.pid, containerId: '', runtime: 'docker', name };
    },
  };
  const points = (...texts: string[]) => texts.map(parseObservationPoint);
  const [plain, inside] = await resolveTargets(points('eth0@netns:blue', 'eth0@container:web'), identity);
  assert.equal(plain?.netns, '/run/netns/blue');
  assert.equal(inside?.netns, `/proc/${process.pid}/ns/net`);
  await assert.rejects(
    resolveTargets(points('eth0@container:none', 'eth0@pod:no/pod', 'eth0@container:far'), identity),
    (error) =>
      error instanceof WeirErrors &&
      error.errors.length === 3 &&
      /docker says its process is 1073741824, which weir does not see; .*--pid=host/.test(error.message),
  );
});
