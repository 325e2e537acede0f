import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sinkLabel, sinkLabels, sinkScheme } from '../../../src/telemetry/sink_label.js';

test('address without parameters; user and password are masked', () => {
  const cases: [string, string][] = [
    ['udp://collector:4739?template=a@b&format=ipfix', 'udp://collector:4739'],
    ['https://elastic:p@ss@host:9200/_bulk?header=x', 'https://***@host:9200/_bulk'],
    ['https://token@host', 'https://***@host'],
    ['kafka://u:p@b1:9092,b2:9092/topic', 'kafka://***@b1:9092,b2:9092/topic'],
    ['file:///var/log/a@b.json', 'file:///var/log/a@b.json'],
    ['tcp://[2001:db8::1]:4739', 'tcp://[2001:db8::1]:4739'],
    ['-', '-'],
    ['none', 'none'],
  ];
  for (const [name, label] of cases) assert.equal(sinkLabel(name), label);
});

test('schemes', () => {
  const names = ['-', 'none', 'UDP://x', 'kafka-ssl://b/t', 'file:x.json', ''];
  assert.deepEqual(names.map(sinkScheme), ['stdout', 'none', 'udp', 'kafka-ssl', 'file', 'unknown']);
});

test('sinks of one address are numbered', () => {
  assert.deepEqual(sinkLabels(['-', 'udp://a', 'udp://a?x=1', 'udp://b', 'udp://a']), [
    '-',
    'udp://a',
    'udp://a#2',
    'udp://b',
    'udp://a#3',
  ]);
});
