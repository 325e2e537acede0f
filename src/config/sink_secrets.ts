// What must not be shown of a sink and of a Kafka property: passwords and tokens in the address, header values, credentials.
// They are remembered (src/secrets.ts), so that nothing else shows them either.
import { existsSync } from 'node:fs';
import { hiddenSecret, keepSecret } from '../secrets.js';

/** Credentials by name, of parameters and of librdkafka's properties. */
const secretName = /pass|secret|credential|jaas|api-?key|private|^(sasl|ssl)\.|oauthbearer/i;
/** Of those the ones that say where or how, not what. */
const plainName =
  /\.(location|mechanisms?|username|algorithms?|protocol|providers?|method|url|scope|name|cmd|time|id|suites|list|ciphers?)$|^ssl\.(engine|endpoint)/i;
const longToken = 16; // a user without a password may be a token; names are shorter

interface Secret {
  /** Where it begins in the text, and its octets as written. */
  at: number;
  text: string;
}

/** USER:PASSWORD@ or TOKEN@ in front of a host. A password with / or ? in it is no address, but is not shown either. */
function secretsOfAddress(sink: string): Secret[] {
  const start = /^[a-z][a-z0-9+.-]*:\/\//i.exec(sink)?.[0] ?? '';
  if (start === '' || /^(file|unix):/i.test(start)) return [];
  const question = sink.indexOf('?');
  const address = sink.slice(start.length, question < 0 ? undefined : question);
  const noPort = /^[^/@:[\]]*:[^/@,]*[^0-9/@,]/.test(address);
  const rest = address.includes('@') || !noPort ? address : sink.slice(start.length);
  const end = rest.lastIndexOf('@');
  if (end < 0) return [];
  const user = rest.slice(0, end);
  const colon = user.indexOf(':');
  if (colon >= 0) return [{ at: start.length + colon + 1, text: user.slice(colon + 1) }];
  return user.includes('/') ? [] : [{ at: start.length, text: user }];
}

function isSecretParameter(name: string, value: string): boolean {
  const plain = name.replaceAll(/[-_]/g, ''); // as sink_url.ts reads it
  if (plain === 'headers') return true;
  if (plain === 'token') return !isPath(decoded(value));
  return secretName.test(name) && !plainName.test(name);
}

/** Of a file. Tokens have dots and slashes in them too: what is not plainly a path is likely the token itself. */
function isPath(value: string): boolean {
  return /^\.{0,2}\//.test(value) || existsSync(value);
}

function secretsOfParameters(sink: string): Secret[] {
  const question = sink.indexOf('?');
  if (question < 0) return [];
  const found: Secret[] = [];
  let at = question + 1;
  for (const part of sink.slice(at).split('&')) {
    const equals = part.indexOf('=');
    const value = part.slice(equals + 1);
    if (equals >= 0 && isSecretParameter(part.slice(0, equals).toLowerCase(), value))
      found.push({ at: at + equals + 1, text: value });
    at += part.length + 1;
  }
  return found;
}

function secretsOf(sink: string): Secret[] {
  const address = secretsOfAddress(sink);
  const end = address[0] === undefined ? 0 : address[0].at + address[0].text.length;
  return [...address, ...secretsOfParameters(sink).filter(({ at }) => at >= end)].filter(({ text }) => text !== '');
}

/** A sink as it may be shown. */
export function maskedSink(sink: string): string {
  return secretsOf(sink).reduceRight(
    (shown, { at, text }) => `${shown.slice(0, at)}${hiddenSecret}${shown.slice(at + text.length)}`,
    sink,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Remembers the secrets of a sink; as they are written. */
export function keepSinkSecrets(sink: string): string[] {
  const texts = secretsOf(sink).map(({ text }) => text);
  for (const text of texts) {
    // User and password together are what HTTP sends.
    const [, user] = /^[a-z+]+:\/\/([^/:@]*):/i.exec(sink) ?? [];
    const plain = decoded(text);
    const isName = sink.includes(`//${text}@`) && text.length < longToken;
    if (!isName) keepSecret(plain);
    if (user !== undefined) keepSecret(`${decoded(user)}:${plain}`);
    // Header values stand behind their names.
    for (const header of plain.split(',')) {
      const value = header.slice(header.indexOf(':') + 1).trim();
      if (header.includes(':')) for (const word of [value, ...value.split(' ').slice(1)]) keepSecret(word);
    }
  }
  return texts;
}

/** What an error says of a sink, with what it quotes of a secret hidden. */
export function hideQuotes(problem: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return problem;
  return problem.replaceAll(/'([^']{2,})'/g, (quote, text: string) =>
    secrets.some((secret) => secret.includes(text) || text.includes(secret)) ? `'${hiddenSecret}'` : quote,
  );
}

/** NAME=VALUE of librdkafka as it may be shown. */
export function maskedProperty(property: string): string {
  const equals = property.indexOf('=');
  const name = property.slice(0, equals).trim();
  return secretName.test(name) && !plainName.test(name) ? `${name}=${hiddenSecret}` : property;
}

/** Remembers the value of a NAME=VALUE that is a secret. */
export function keepPropertySecret(property: string): void {
  if (maskedProperty(property) !== property) keepSecret(property.slice(property.indexOf('=') + 1).trim());
}
