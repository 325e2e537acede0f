// From what a user calls a container or pod to one container of one runtime.
import { WeirError } from '../errors.js';
import type { RuntimeClient, SeenContainer } from './runtime_client.js';
import type { RuntimeSocket } from './runtimes.js';
import { reasonOf } from './unix_http.js';

export type TargetKind = 'container' | 'pod';

/** A runtime's answer to the question what runs. */
export interface Asked {
  socket: RuntimeSocket;
  client: RuntimeClient;
  seen: SeenContainer[];
  /** '' = it answered. */
  reason: string;
}

export interface Found {
  asked: Asked;
  container: SeenContainer;
}

const podOf = ({ labels }: SeenContainer): string =>
  `${labels['io.kubernetes.pod.namespace'] ?? ''}/${labels['io.kubernetes.pod.name'] ?? ''}`;

/** NS/POD/NAME in a pod, else the name. */
export function fullName(container: SeenContainer): string {
  const pod = podOf(container);
  return pod === '/' ? container.name : `${pod}/${container.name}`;
}

export async function ask(socket: RuntimeSocket, client: RuntimeClient): Promise<Asked> {
  try {
    await client.version(); // it also tells the engine's name
    return { socket, client, seen: await client.list(), reason: '' };
  } catch (error) {
    return { socket, client, seen: [], reason: reasonOf(error) };
  }
}

/** A container that two sockets of one engine show (Docker and cri-dockerd) is one. */
function distinct(found: readonly Found[]): Found[] {
  return [...new Map(found.map((one) => [one.container.id, one])).values()];
}

/** As docker takes it: the full id, else the name, else the beginning of an id. */
function containersOf(all: readonly Found[], name: string): Found[] {
  const ways: ((container: SeenContainer) => boolean)[] = [
    ({ id }) => id === name,
    (container) => !container.sandbox && (container.name === name || fullName(container) === name),
    ({ id, sandbox }) => !sandbox && /^[0-9a-f]+$/.test(name) && id.startsWith(name),
  ];
  for (const way of ways) {
    const found = distinct(all.filter(({ container }) => way(container)));
    if (found.length > 0) return found;
  }
  return [];
}

const described = ({ container }: Found): string =>
  `${container.runtime} ${fullName(container)} ${container.id.slice(0, 12)}`;

export function describeAsked(asked: readonly Asked[]): string {
  if (asked.length === 0) return 'no container runtime was asked';
  return `asked ${asked
    .map(({ socket, seen, reason }) => {
      const running = seen.filter((container) => container.running && !container.sandbox).length;
      return `${socket.path} (${reason || `${running} running`})`;
    })
    .join(', ')}`;
}

/**
 * The containers that a target may be entered by, best first: one container, or the sandbox and containers of one pod.
 * Throws WeirError when there is none, or more than one is meant.
 */
export function search(kind: TargetKind, name: string, asked: readonly Asked[]): Found[] {
  const running = asked.flatMap((one) =>
    one.seen.filter((container) => container.running).map((container) => ({ asked: one, container })),
  );
  const found =
    kind === 'container'
      ? containersOf(running, name)
      : distinct(running.filter(({ container }) => podOf(container) === name));
  if (found.length === 0)
    throw new WeirError('WEIR_CONTAINER', `no ${kind} '${name}' runs here; ${describeAsked(asked)}`);
  const meant = new Set(
    found.map(({ container }) => (kind === 'pod' ? container.labels['io.kubernetes.pod.uid'] : container.id)),
  );
  if (meant.size > 1) {
    const candidates = found.slice(0, 10).map(described).join(', ');
    const more = found.length > 10 ? ` and ${found.length - 10} more` : '';
    throw new WeirError('WEIR_CONTAINER', `${kind} '${name}' may be any of ${candidates}${more}; name one by its id`);
  }
  return found.sort((a, b) => Number(b.container.sandbox) - Number(a.container.sandbox));
}
