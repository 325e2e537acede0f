// The librdkafka properties that kafkajs has too, in its own form.

import { readFileSync } from 'node:fs';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { WeirError, WeirErrors } from '../errors.js';

export interface KafkajsSettings {
  clientId: string;
  ssl: NonNullable<KafkaConfig['ssl']>;
  sasl: SASLOptions | undefined;
  acks: number;
  idempotent: boolean;
  gzip: boolean;
  lingerMs: number;
  messageTimeoutMs: number;
  messageOctets: number;
  queueOctets: number;
}

const known: Readonly<Record<string, string>> = {
  'client.id': 'weir',
  acks: 'all',
  'enable.idempotence': 'false',
  'compression.codec': 'none',
  'linger.ms': '50',
  'message.timeout.ms': '120000',
  'message.max.bytes': '1000000',
  'queue.buffering.max.kbytes': '65536',
  'security.protocol': 'plaintext',
  'ssl.ca.location': '',
  'ssl.certificate.location': '',
  'ssl.key.location': '',
  'ssl.key.password': '',
  'enable.ssl.certificate.verification': 'true',
  'sasl.mechanisms': '',
  'sasl.username': '',
  'sasl.password': '',
};

const aliases: Readonly<Record<string, string>> = {
  'request.required.acks': 'acks',
  'compression.type': 'compression.codec',
  'queue.buffering.max.ms': 'linger.ms',
  'delivery.timeout.ms': 'message.timeout.ms',
  'sasl.mechanism': 'sasl.mechanisms',
};

/** Throws WeirErrors with every property that kafkajs does not have or whose value it cannot use. */
export function kafkajsSettings(given: Readonly<Record<string, string>>): KafkajsSettings {
  const errors: WeirError[] = [];
  const wrong = (text: string): void => void errors.push(new WeirError('WEIR_KAFKA', text));
  const values = new Map(Object.entries(known));
  for (const [name, value] of Object.entries(given)) {
    const property = aliases[name] ?? name;
    if (known[property] === undefined) wrong(`the client kafkajs has no property ${name}: use the client librdkafka`);
    else values.set(property, value);
  }
  const text = (name: string): string => values.get(name) ?? '';
  const number = (name: string): number => {
    const value = Number(text(name));
    if (text(name) === '' || !Number.isFinite(value) || value < 0) wrong(`${name}: ${text(name)} is no number`);
    return value;
  };
  const choice = (name: string, allowed: readonly string[]): string => {
    const value = text(name).toLowerCase();
    if (!allowed.includes(value))
      wrong(`${name}: kafkajs has no ${text(name)}, only ${allowed.filter(Boolean).join(', ')}`);
    return value;
  };
  const settings: KafkajsSettings = {
    clientId: text('client.id'),
    ssl: tls(text, choice, wrong),
    sasl: sasl(text, choice),
    acks: { all: -1, '-1': -1, '0': 0, '1': 1 }[choice('acks', ['all', '-1', '0', '1'])] ?? -1,
    idempotent: choice('enable.idempotence', ['true', 'false']) === 'true',
    gzip: choice('compression.codec', ['none', 'gzip']) === 'gzip',
    lingerMs: number('linger.ms'),
    messageTimeoutMs: number('message.timeout.ms'),
    messageOctets: number('message.max.bytes'),
    queueOctets: number('queue.buffering.max.kbytes') * 1024,
  };
  if (settings.idempotent && settings.acks !== -1) wrong(`enable.idempotence needs acks=all, not ${text('acks')}`);
  if (errors.length > 0) throw new WeirErrors(errors);
  return settings;
}

type Text = (name: string) => string;
type Choice = (name: string, allowed: readonly string[]) => string;

function tls(text: Text, choice: Choice, wrong: (text: string) => void): KafkajsSettings['ssl'] {
  const protocol = choice('security.protocol', ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl']);
  if (!protocol.endsWith('ssl')) return false;
  const file = (name: string): string | undefined => {
    if (text(name) === '') return undefined;
    try {
      return readFileSync(text(name), 'utf8');
    } catch (error) {
      wrong(`${name}: ${(error as Error).message}`);
      return undefined;
    }
  };
  const ca = file('ssl.ca.location');
  return {
    ...(ca === undefined ? {} : { ca: [ca] }),
    cert: file('ssl.certificate.location'),
    key: file('ssl.key.location'),
    passphrase: text('ssl.key.password') === '' ? undefined : text('ssl.key.password'),
    rejectUnauthorized: choice('enable.ssl.certificate.verification', ['true', 'false']) === 'true',
  };
}

function sasl(text: Text, choice: Choice): SASLOptions | undefined {
  if (!text('security.protocol').toLowerCase().startsWith('sasl')) return undefined;
  const mechanism = choice('sasl.mechanisms', ['plain', 'scram-sha-256', 'scram-sha-512']);
  const credentials = { username: text('sasl.username'), password: text('sasl.password') };
  if (mechanism === 'scram-sha-256') return { mechanism, ...credentials };
  if (mechanism === 'scram-sha-512') return { mechanism, ...credentials };
  return { mechanism: 'plain', ...credentials };
}
