// Observation Points as users write them: eth0, any, veth*, eth0,eth1, each with @netns:NAME, @pid:N, @container:NAME or
// @pod:NS/NAME.
import { FormatError, type Format } from './format.js';

/** Whose network namespace is meant; the container runtimes tell (src/identity/resolve_targets.ts). */
export interface ObservationTarget {
  kind: 'container' | 'pod';
  /** Name, id or unique beginning of an id; of a pod NAMESPACE/NAME. */
  name: string;
}

export interface ObservationPointOption {
  /** As written. */
  text: string;
  /** Interface names; `any` and globs are resolved natively, in the network namespace. */
  names: string[];
  /** '' = the probe's own namespace, else the path to open for setns(2). With a target: '' until it is resolved. */
  netns: string;
  target?: ObservationTarget;
}

/** The name of flows from socket events alone. */
export const socketsName = 'ebpf:';

/** True for -i ebpf:, which captures no packet. */
export function isSockets({ names }: Pick<ObservationPointOption, 'names'>): boolean {
  return names.length === 1 && names[0] === socketsName;
}

const ifNameSize = 15; // IFNAMSIZ less its terminator, linux/if.h

type Place = Pick<ObservationPointOption, 'netns' | 'target'>;

/** What stands behind the @. */
const places: Readonly<Record<string, (name: string) => Place>> = {
  netns(name) {
    if (name.startsWith('/')) return { netns: name };
    if (name !== '' && !name.includes('/') && name !== '.' && name !== '..') return { netns: `/run/netns/${name}` };
    throw new FormatError(
      `expected the name of a network namespace (see ip netns) or a path after '@netns:', found '${name}'`,
    );
  },
  pid(name) {
    if (/^[1-9]\d{0,9}$/.test(name)) return { netns: `/proc/${name}/ns/net` };
    throw new FormatError(`expected a process id after '@pid:', found '${name}'`);
  },
  container(name) {
    if (/^[\w][\w./-]*$/.test(name)) return { netns: '', target: { kind: 'container', name } };
    throw new FormatError(`expected the name or id of a container after '@container:', found '${name}'`);
  },
  pod(name) {
    if (/^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9.-]*$/.test(name)) return { netns: '', target: { kind: 'pod', name } };
    throw new FormatError(`expected NAMESPACE/NAME of a pod after '@pod:', found '${name}'`);
  },
};

function placeOf(suffix: string): Place {
  const colon = suffix.indexOf(':');
  const kind = colon < 0 ? suffix : suffix.slice(0, colon);
  if (Object.hasOwn(places, kind)) return places[kind]!(colon < 0 ? '' : suffix.slice(colon + 1));
  throw new FormatError(`expected @netns:NAME, @pid:N, @container:NAME or @pod:NS/NAME, found '@${suffix}'`);
}

function checkName(name: string, whole: string): void {
  if (name.startsWith(socketsName)) {
    throw new FormatError(
      `ebpf: stands alone, found '${whole}': it tells of all sockets of this host, whatever their interface and namespace; ` +
        'repeat -i for interfaces beside it',
    );
  }
  if (name === '') throw new FormatError(`empty interface name in '${whole}'`);
  if (/^(zc|nt|mlx|xdp|nf|nflog|dag|myri|fbcard):/.test(name)) {
    throw new FormatError(
      `interface '${name}': capture by '${name.slice(0, name.indexOf(':') + 1)}' is not in this version`,
    );
  }
  if (/[\s/:\0]/.test(name)) {
    throw new FormatError(
      `'${name}' cannot be the name of an interface${name.includes('/') ? '; to read a capture file use -r' : ''}`,
    );
  }
  if (new TextEncoder().encode(name).length > ifNameSize && !/[*?[]/.test(name)) {
    throw new FormatError(`interface name '${name}' is longer than ${ifNameSize} bytes`);
  }
}

/** Reads one -i value; throws FormatError. */
export function parseObservationPoint(text: string): ObservationPointOption {
  if (text === socketsName) return { text, names: [socketsName], netns: '' };
  const at = text.indexOf('@');
  const names = (at < 0 ? text : text.slice(0, at)).split(',').map((name) => name.trim());
  for (const name of names) checkName(name, text);
  return { text, names, ...(at < 0 ? { netns: '' } : placeOf(text.slice(at + 1))) };
}

export const observationPointFormat: Format<ObservationPointOption> = {
  placeholder: 'INTERFACE',
  expects:
    'an interface such as eth0, any, veth*, eth0,eth1, eth0@netns:NAME, eth0@pid:N or eth0@container:NAME, or ebpf:',
  parse(value) {
    if (typeof value !== 'string') throw new FormatError(`expected ${this.expects}, found ${JSON.stringify(value)}`);
    return parseObservationPoint(value);
  },
  print: (value) => value.text,
};
