import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenAddressText, parseListenAddress } from '../../../src/telemetry/listen_address.js';

test('the forms of an address', () => {
  const cases: [string, string, string][] = [
    ['9100', '127.0.0.1', '127.0.0.1:9100'],
    ['0', '127.0.0.1', '127.0.0.1:0'],
    ['localhost:9100', 'localhost', 'localhost:9100'],
    ['0.0.0.0:65535', '0.0.0.0', '0.0.0.0:65535'],
    ['[::]:9100', '::', '[::]:9100'],
    ['[fe80::1%eth0]:9100', 'fe80::1%eth0', '[fe80::1%eth0]:9100'],
  ];
  for (const [text, host, printed] of cases) {
    const address = parseListenAddress(text);
    assert.ok(address.kind === 'tcp');
    assert.equal(address.host, host);
    assert.equal(listenAddressText(address), printed);
  }
  for (const text of ['unix:/run/weir.sock', 'unix:///run/weir.sock', '/run/weir.sock']) {
    assert.deepEqual(parseListenAddress(text), { kind: 'unix', path: '/run/weir.sock' });
  }
  assert.deepEqual(parseListenAddress('unix:weir.sock'), { kind: 'unix', path: 'weir.sock' });
  assert.equal(listenAddressText({ kind: 'unix', path: '/run/weir.sock' }), 'unix:/run/weir.sock');
});

test('what is no address is an error that quotes it and shows the forms', () => {
  const wrong = [
    '',
    ':9100',
    'host',
    'host:',
    'host:x',
    'host:65536',
    '::1:9100',
    'a b:1',
    'http://h:1',
    '/run/',
    'u@h:1',
  ];
  for (const text of wrong) {
    assert.throws(
      () => parseListenAddress(text),
      (error: Error & { code?: string }) =>
        error.code === 'WEIR_OPTION' &&
        error.message.startsWith(`listener '${text}': `) &&
        error.message.endsWith('expected PORT, HOST:PORT, [IPV6]:PORT or unix:PATH'),
      text,
    );
  }
  assert.throws(() => parseListenAddress(':9100'), /0\.0\.0\.0 or \[::\] for all/);
});
