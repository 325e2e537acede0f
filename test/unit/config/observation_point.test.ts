import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../../../src/config/format.js';
import { isSockets, parseObservationPoint } from '../../../src/config/observation_point.js';

test('interfaces, globs, lists and network namespaces', () => {
  const cases: [string, string[], string][] = [
    ['eth0', ['eth0'], ''],
    ['any', ['any'], ''],
    ['veth*', ['veth*'], ''],
    ['eth0,eth1', ['eth0', 'eth1'], ''],
    ['eth0.100', ['eth0.100'], ''],
    ['eth0@netns:blue', ['eth0'], '/run/netns/blue'],
    ['any@netns:/proc/7/ns/net', ['any'], '/proc/7/ns/net'],
    ['eth0, eth1@pid:42', ['eth0', 'eth1'], '/proc/42/ns/net'],
    ['veth-a-rather-long-pattern*', ['veth-a-rather-long-pattern*'], ''],
  ];
  for (const [text, names, netns] of cases) assert.deepEqual(parseObservationPoint(text), { text, names, netns });
});

test('containers and pods are targets until the runtimes have told their namespace', () => {
  const cases: [string, 'container' | 'pod', string][] = [
    ['eth0@container:web_1', 'container', 'web_1'],
    ['eth0@container:3f4e5d6c7b8a', 'container', '3f4e5d6c7b8a'],
    ['eth0@container:shop/web-0/nginx', 'container', 'shop/web-0/nginx'],
    ['eth0@pod:shop/web-7d9f8b6c5-abcde', 'pod', 'shop/web-7d9f8b6c5-abcde'],
  ];
  for (const [text, kind, name] of cases) {
    assert.deepEqual(parseObservationPoint(text), { text, names: ['eth0'], netns: '', target: { kind, name } });
  }
});

test('ebpf: is flows of sockets, not an interface', () => {
  const point = parseObservationPoint('ebpf:');
  assert.deepEqual(point, { text: 'ebpf:', names: ['ebpf:'], netns: '' });
  assert.deepEqual([isSockets(point), isSockets(parseObservationPoint('any'))], [true, false]);
});

test('mistakes say what was expected', () => {
  const cases: [string, RegExp][] = [
    ['', /empty interface name/],
    ['eth0,', /empty interface name in 'eth0,'/],
    ['eth0@blue', /expected @netns:NAME, @pid:N, @container:NAME or @pod:NS\/NAME, found '@blue'/],
    ['eth0@netns:', /expected the name of a network namespace/],
    ['eth0@netns:../x', /expected the name of a network namespace/],
    ['eth0@pid:x', /expected a process id after '@pid:', found 'x'/],
    ['eth0@pid:0', /expected a process id/],
    ['eth0@container:', /expected the name or id of a container/],
    ['eth0@container:a b', /expected the name or id of a container after '@container:', found 'a b'/],
    ['eth0@pod:web-0', /expected NAMESPACE\/NAME of a pod after '@pod:', found 'web-0'/],
    ['eth0@pod:shop/web/0', /expected NAMESPACE\/NAME/],
    ['eth0@constructor:x', /expected @netns:NAME/],
    ['captures/x', /cannot be the name of an interface; to read a capture file use -r/],
    ['a name', /cannot be the name/],
    ['zc:eth1', /capture by 'zc:' is not in this version/],
    ['ebpf:eth0', /ebpf: stands alone, found 'ebpf:eth0'/],
    ['ebpf:@netns:blue', /ebpf: stands alone/],
    ['eth0,ebpf:', /ebpf: stands alone, .*repeat -i/],
    ['interface0123456', /longer than 15 bytes/],
  ];
  for (const [text, message] of cases) {
    const isOurs = (error: unknown): boolean => error instanceof FormatError && message.test(error.message);
    assert.throws(() => parseObservationPoint(text), isOurs, text);
  }
});
