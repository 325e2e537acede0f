import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideQuotes, keepSinkSecrets, maskedProperty, maskedSink } from '../../../src/config/sink_secrets.js';
import { hideSecrets } from '../../../src/secrets.js';

test('passwords, tokens, headers and credentials of a sink are masked, the rest stays readable', () => {
  for (const [sink, shown] of [
    ['udp://collector:4739?template=tcp', 'udp://collector:4739?template=tcp'],
    ['https://u:p@h/x', 'https://u:***@h/x'],
    ['https://u:p/w@h/x', 'https://u:***@h/x'],
    ['https://u:p?w@h/x', 'https://u:***@h/x'],
    ['https://u:p@w@h/x', 'https://u:***@h/x'],
    ['https://token@h/x', 'https://***@h/x'],
    ['https://h/a@b', 'https://h/a@b'],
    ['https://h:9200/?headers=X:a@b', 'https://h:9200/?headers=***'],
    ['https://h/?token=/etc/weir/token', 'https://h/?token=/etc/weir/token'],
    ['https://h/?token=abcdef', 'https://h/?token=***'],
    ['file:///var/log/a:b@c.json', 'file:///var/log/a:b@c.json'],
    [
      'kafka+tls://b1/t?sasl.mechanism=PLAIN&sasl.username=u&sasl.password=p&ssl.ca.location=/ca&ssl.key.pem=k',
      'kafka+tls://b1/t?sasl.mechanism=PLAIN&sasl.username=u&sasl.password=***&ssl.ca.location=/ca&ssl.key.pem=***',
    ],
    ['kafka://b1/t?sasl.pasword=p', 'kafka://b1/t?sasl.pasword=***'],
    ['-', '-'],
  ] as const)
    assert.equal(maskedSink(sink), shown);
});

test('of token= only what is plainly a file is shown: tokens have dots and slashes in them too', () => {
  const readable = ['/etc/weir/token', './token', '../weir/token', '%2Fetc%2Fweir%2Ftoken', 'package.json'];
  const tokens = ['eyJhbGciOi.eyJzdWIi.SflKxw', 'a/b+c/d==', '.eyJ/x', 'eyJ%', 'no-such-folder/token', 'token.txt'];
  for (const path of readable) assert.equal(maskedSink(`https://h/?token=${path}`), `https://h/?token=${path}`);
  for (const token of tokens) {
    assert.equal(maskedSink(`https://h/?token=${token}&bulk=x`), 'https://h/?token=***&bulk=x', token);
    assert.equal(maskedSink(`https://h/?To_ken=${token}`), 'https://h/?To_ken=***');
  }
});

test('what a failed open quotes of a token that stands where a file is expected is hidden', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ3ZWlyIn0.SflKxw/RJSMeKKF2';
  keepSinkSecrets(`https://h/?token=${token}`);
  assert.equal(hideSecrets(`token: ENOENT: no such file, open '${token}'`), "token: ENOENT: no such file, open '***'");
});

test('properties of librdkafka', () => {
  assert.equal(maskedProperty('sasl.password=x'), 'sasl.password=***');
  assert.equal(maskedProperty('sasl.oauthbearer.client.secret = x'), 'sasl.oauthbearer.client.secret=***');
  assert.equal(maskedProperty('compression.codec=lz4'), 'compression.codec=lz4');
  assert.equal(maskedProperty('ssl.key.location=/k'), 'ssl.key.location=/k');
});

test('what is remembered of a sink is hidden elsewhere', () => {
  keepSinkSecrets('https://admin:hunter%2022@h/?headers=Authorization:Bearer abcdefghi,X-Key:zyxwvuts');
  const echo = 'was hunter 22, hunter%2022, abcdefghi and zyxwvuts of admin';
  assert.equal(hideSecrets(echo), 'was ***, ***, *** and *** of admin');
  assert.equal(hideSecrets(Buffer.from('admin:hunter 22').toString('base64')), '***');
});

test('what an error quotes of a secret is hidden', () => {
  assert.equal(hideQuotes("a port, found 'hunt'; unknown 'x'", ['hunter']), "a port, found '***'; unknown 'x'");
});
