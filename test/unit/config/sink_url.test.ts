import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sinkParameters, sinkParametersMarkdown } from '../../../src/config/sink_parameters.js';
import { defaultFormat, maySpool, parseSinkUrl } from '../../../src/config/sink_url.js';
import { WeirError } from '../../../src/errors.js';

test('forms of network sinks', () => {
  const cases: [string, string, number][] = [
    ['udp://collector', 'collector', 4739],
    ['udp://collector/', 'collector', 4739],
    ['tcp://192.0.2.1:9995', '192.0.2.1', 9995],
    ['udp://[2001:db8::1]', '2001:db8::1', 4739],
    ['TCP://[::1]:65535', '::1', 65535],
    ['udp://[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
  ];
  for (const [text, host, port] of cases) {
    const url = parseSinkUrl(text);
    assert.deepEqual([url.host, url.port, url.path, url.text], [host, port, '', text]);
    assert.equal(url.scheme, text.slice(0, 3).toLowerCase());
  }
});

test('files, stdout and none', () => {
  const { text, scheme, host, port, path, parameters } = parseSinkUrl('-');
  assert.deepEqual([text, scheme, host, port, path, parameters], ['-', 'stdout', '', 0, '', {}]);
  assert.deepEqual(parseSinkUrl('-?format=json').parameters, { format: 'json' });
  assert.equal(parseSinkUrl('none').scheme, 'none');
  for (const [text, path] of [
    ['file:///var/log/flows.json', '/var/log/flows.json'],
    ['file:flows.json', 'flows.json'],
    ['file://./flows.json', './flows.json'],
    ['file:///a%20b%3F.json', '/a b?.json'],
  ] as const) {
    assert.equal(parseSinkUrl(text).path, path);
    assert.equal(parseSinkUrl(text).scheme, 'file');
  }
});

test('every parameter is read into its type', () => {
  assert.deepEqual(
    parseSinkUrl(
      'udp://c?format=ipfix&template=tcp&biflow=off&profile=nfdump&mtu=1400&domain=9&refresh=60' +
        '&refresh-messages=20&template-id=300&rate=1000&queue=16M&send-buffer=1M&bind=192.0.2.9',
    ).parameters,
    {
      format: 'ipfix',
      template: 'tcp',
      biflow: false,
      profile: 'nfdump',
      mtu: 1400,
      domain: 9,
      refresh: 60_000,
      refreshMessages: 20,
      templateId: 300,
      rate: 1000,
      queue: 16 * 1024 ** 2,
      sendBuffer: 1024 ** 2,
      bind: '192.0.2.9',
    },
  );
  assert.deepEqual(parseSinkUrl('file:///f.json?rotate=1h&size=100M&compress=gzip&naming=nprobe&time=ms').parameters, {
    rotate: 3_600_000,
    size: 100 * 1024 ** 2,
    compress: 'gzip',
    naming: 'nprobe',
    time: 'ms',
  });
  assert.equal(parseSinkUrl('-?template=%25IN_BYTES%20%25OUT_BYTES').parameters.template, '%IN_BYTES %OUT_BYTES');
  assert.equal(parseSinkUrl('file:///f?append=on').parameters.append, true);
  const { keep, keepSize } = parseSinkUrl('file:///f?rotate=1h&keep=24&keepsize=1G').parameters;
  assert.deepEqual([keep, keepSize], [24, 1024 ** 3]);
});

test('brokers, requests and sockets', () => {
  const kafka = parseSinkUrl('kafka://a:1,b,[::1]:3/flows?messagekey=host&linger.ms=7&sasl.password=s%26t&acks=1');
  assert.deepEqual(
    [kafka.brokers, kafka.topic, kafka.host, kafka.port],
    [['a:1', 'b:9092', '[::1]:3'], 'flows', 'a', 1],
  );
  assert.deepEqual(kafka.properties, { 'linger.ms': '7', 'sasl.password': 's&t' });
  assert.deepEqual(kafka.parameters, { messageKey: 'host', acks: '1' });
  assert.equal(kafka.name, 'kafka://a:1,b,[::1]:3/flows?messagekey=host&linger.ms=7&sasl.password=***&acks=1');
  assert.equal(parseSinkUrl('kafka-ssl://a/t').scheme, 'kafka+tls');
  const request = parseSinkUrl('https://eva:p%40ss@[::1]:9200/a/_bulk?bulk=flows&headers=X-A:1,X-B:2');
  assert.deepEqual(
    [request.host, request.port, request.path, request.user, request.password],
    ['::1', 9200, '/a/_bulk', 'eva', 'p@ss'],
  );
  assert.equal(request.name, 'https://eva:***@[::1]:9200/a/_bulk?bulk=flows&headers=***');
  assert.deepEqual(request.parameters, { bulk: 'flows', headers: ['X-A:1', 'X-B:2'] });
  assert.deepEqual([parseSinkUrl('http://h').path, parseSinkUrl('http://h').port], ['/', 80]);
  assert.equal(parseSinkUrl('unix:///run/v.sock').path, '/run/v.sock');
  assert.deepEqual(
    ['tls://h?cert=a&key=b', 'syslog://h', 'syslog+tls://h', 'sctp://h'].map((text) => parseSinkUrl(text).port),
    [4740, 514, 6514, 4739],
  );
  assert.deepEqual(
    ['udp://h', 'tcp://h', 'kafka://h/t', '-', 'file:///f'].map((text) => maySpool(parseSinkUrl(text).scheme)),
    [false, true, true, false, false],
  );
});

test('an error does not show a password', () => {
  assert.throws(
    () => parseSinkUrl('https://u:secret@h/?sasl.password=secret&mtu=1'),
    (error: Error) => !error.message.includes('secret'),
  );
});

test('default format by scheme, file name and terminal', () => {
  const format = (text: string, terminal = false): string => defaultFormat(parseSinkUrl(text), terminal);
  assert.equal(format('udp://c'), 'ipfix');
  assert.equal(format('tcp://c'), 'ipfix');
  assert.equal(defaultFormat(parseSinkUrl('udp://c'), false, '9'), 'netflow9');
  assert.equal(defaultFormat(parseSinkUrl('tcp://c'), false, '5'), 'ipfix');
  assert.equal(format('kafka://c/t'), 'json');
  assert.equal(format('file:///a.ipfix'), 'ipfix');
  assert.equal(format('file:///a.log'), 'json');
  assert.equal(format('-', true), 'text');
  assert.equal(format('-', false), 'json');
});

test('mistakes are WEIR_SINK, name the sink and the nearest', () => {
  const cases: [string, RegExp][] = [
    ['', /expected SCHEME:\/\/..., for example udp:\/\/collector/],
    ['collector:4739', /for example udp:\/\/collector:4739/],
    ['./flows.json', /for example file:\/\/\.\/flows\.json/],
    ['udq://c', /unknown scheme 'udq'; weir has .*, did you mean udp\?/],
    ['kafka://a:1,b:2', /expected BROKER:PORT,BROKER:PORT\/TOPIC/],
    ['kafka://a/t u', /'t u' is not a Kafka topic/],
    ['kafka://a/t?messagekey=flow&batch=9', /messagekey=flow is for batch=1/],
    ['kafka://a/t?messagekey=host&format=ipfix', /an IPFIX message holds many flows/],
    ['kafka://a/t?mtu=9', /'mtu' is not for kafka/],
    ['tls://c', /IPFIX over tls needs cert=FILE and key=FILE/],
    ['tls://c?cert=a', /cert and key go together/],
    ['dtls://c', /no maintained DTLS implementation/],
    ['sctp://c?format=json', /format=json is not for sctp/],
    ['https://h/x?format=ipfix', /format=ipfix is not for https, which carries json/],
    ['unix:///', /no file name/],
    ['udp://c?spool=on', /'spool' is not for udp/],
    ['tcp://c?format=netflow9', /format=netflow9 is for udp and file/],
    ['udp://c?format=netflow5&biflow=on', /it has no biflows/],
    ['udp://c?format=netflow5&profile=goipfix', /profile=goipfix is for format=ipfix, not netflow5/],
    ['udp://', /no host/],
    ['udp://:99', /no host/],
    ['udp://c:0', /expected a port from 1 to 65535, found '0'/],
    ['udp://c:65536', /found '65536'/],
    ['udp://c:', /found ''/],
    ['udp://2001:db8::1', /stands in brackets/],
    ['udp://[nonsense]', /./],
    ['udp://a,b', /repeat --to for several/],
    ['udp://c/x', /nothing may follow the port, found '\/x'/],
    ['udp://c?rotate=1h', /'rotate' is not for udp; it goes with file/],
    ['udp://c?templat=x', /unknown parameter 'templat', did you mean template\?/],
    ['udp://c?biflow', /'biflow' needs a value: biflow=on\|off/],
    ['udp://c?mtu=9&mtu=9', /'mtu' is given twice/],
    ['udp://c?mtu=big', /mtu: expected a whole number from 0 to 65535, found 'big'/],
    ['udp://c?format=ipfx', /format: expected one of ipfix, netflow9, .*, found 'ipfx', did you mean ipfix\?/],
    ['udp://c?format=text', /format=text is not for udp/],
    ['udp://c?format=json', /use tcp/],
    ['udp://c?naming=nprobe', /naming is for format=json, not ipfix/],
    ['udp://c?profile=nfdump&biflow=on', /profile=nfdump needs biflow=off/],
    ['tcp://c?profile=nfdump&format=json', /profile=nfdump is for format=ipfix/],
    ['udp://c?bind=eth0', /bind: expected a local address, found 'eth0'/],
    ['file:///', /no file name/],
    ['file://', /no file name/],
    ['file:///a%zz', /not valid percent-encoding/],
    ['file:///a?compress=gzip', /add rotate=TIME or size=SIZE/],
    ['file:///a?keep=3', /keep and keepsize are for finished files/],
    ['file:///a?append=on&rotate=1h', /append=on is not for rotated files/],
    ['file:///a.ipfix?append=on', /append=on is not for format=ipfix/],
    ['none?format=json', /none takes no parameters/],
    ['-?__proto__=1', /unknown parameter '__proto__'/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseSinkUrl(text),
      (error) => {
        assert.ok(error instanceof WeirError, text);
        assert.equal(error.code, 'WEIR_SINK');
        assert.ok(error.message.startsWith(`sink '${text}': `), error.message);
        assert.match(error.message, message);
        return true;
      },
      text,
    );
  }
});

test('the Markdown table has every parameter', () => {
  const table = sinkParametersMarkdown();
  for (const name of Object.keys(sinkParameters)) assert.ok(table.includes(`| \`${name}\` |`), name);
  const widths = new Set(
    table
      .trim()
      .split('\n')
      .map((line) => line.replaceAll('\\|', '').split('|').length),
  );
  assert.deepEqual([...widths], [6]);
});
