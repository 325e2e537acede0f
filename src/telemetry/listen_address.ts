// Where the health listener listens, as users write it.
import { WeirError } from '../errors.js';

export type ListenAddress = { kind: 'tcp'; host: string; port: number } | { kind: 'unix'; path: string };

/** Only this host, unless an address is given. */
const defaultHost = '127.0.0.1';

function fail(text: string, problem: string): never {
  throw new WeirError(
    'WEIR_OPTION',
    `listener '${text}': ${problem}; expected PORT, HOST:PORT, [IPV6]:PORT or unix:PATH`,
  );
}

/** PORT (on 127.0.0.1), HOST:PORT, [IPV6]:PORT, unix:PATH or /PATH. Port 0 = any free one. Throws WEIR_OPTION. */
export function parseListenAddress(text: string): ListenAddress {
  const unix = /^(?:unix:(?:\/\/)?(.+)|(\/.*))$/s.exec(text);
  if (unix) {
    const path = unix[1] ?? unix[2] ?? '';
    if (path.includes('\0') || path.endsWith('/')) fail(text, 'no name of a socket');
    return { kind: 'unix', path };
  }
  const tcp = /^(?:(?:\[([0-9a-f:.]+(?:%\w+)?)\]|([^\s:@/[\]]+)):)?(\d{1,5})$/i.exec(text);
  if (!tcp) return fail(text, text.startsWith(':') ? 'no host (0.0.0.0 or [::] for all)' : 'this is no address');
  const port = Number(tcp[3]);
  if (port > 65535) fail(text, 'a port is at most 65535');
  return { kind: 'tcp', host: tcp[1] ?? tcp[2] ?? defaultHost, port };
}

/** As it is written in messages and URLs. */
export function listenAddressText(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
