// Where container runtimes listen, and what may be believed of whom.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { FormatError } from '../config/format.js';
import { CriApi } from './cri_api.js';
import { DockerApi } from './docker_api.js';
import type { RuntimeClient } from './runtime_client.js';

export type RuntimeKind = 'docker' | 'podman' | 'cri';

export interface RuntimeSocket {
  kind: RuntimeKind;
  path: string;
  /** Set: the socket is this user's, who could tell us anything; only their own processes are looked up there. */
  owner?: number;
  /** Named by the user: that it is absent is said aloud. */
  configured?: boolean;
}

/** Where packages put them; /var/run is /run. */
const usual: readonly RuntimeSocket[] = [
  { kind: 'docker', path: '/run/docker.sock' },
  { kind: 'podman', path: '/run/podman/podman.sock' },
  { kind: 'cri', path: '/run/containerd/containerd.sock' },
  { kind: 'cri', path: '/run/crio/crio.sock' },
  { kind: 'cri', path: '/run/cri-dockerd.sock' },
  { kind: 'cri', path: '/run/k3s/containerd/containerd.sock' }, // k3s, RKE2
  { kind: 'cri', path: '/run/k0s/containerd.sock' },
  { kind: 'cri', path: '/var/snap/microk8s/common/run/containerd.sock' },
];

const rootless: readonly { kind: RuntimeKind; path: string }[] = [
  { kind: 'podman', path: 'podman/podman.sock' },
  { kind: 'docker', path: 'docker.sock' },
];

/** Users with a runtime folder, at most; each costs two looks at the file system now and then. */
const maxUsers = 256;

/** Reads one socket as configured: [docker:|podman:|cri:]PATH. Without a kind the name of the file tells. */
export function parseRuntimeSocket(text: string): RuntimeSocket {
  const [, given, path] = /^(?:(docker|podman|cri):)?(?:unix:\/\/)?(\/\S+)$/.exec(text.trim()) ?? [];
  if (path === undefined) {
    throw new FormatError(
      `expected the path of a container runtime's socket, as docker:PATH, podman:PATH or cri:PATH, found '${text}'`,
    );
  }
  const named = /podman|docker|containerd|crio|cri-/.exec(path.slice(path.lastIndexOf('/') + 1))?.[0];
  const kind = given ?? (named === 'docker' || named === 'podman' ? named : named && 'cri');
  if (kind === undefined)
    throw new FormatError(`which runtime is at '${path}'? Write docker:, podman: or cri: before it`);
  return { kind: kind as RuntimeKind, path, configured: true };
}

/** Sockets that a user's own runtimes may have, there or not. */
export function socketsOfUser(owner: number, runtimeFolder = '/run/user'): RuntimeSocket[] {
  return rootless.map(({ kind, path }) => ({ kind, path: `${runtimeFolder}/${owner}/${path}`, owner }));
}

/** Sockets of users that are there now. */
export function findUserSockets(runtimeFolder = '/run/user'): RuntimeSocket[] {
  let folders: string[] = [];
  try {
    folders = readdirSync(runtimeFolder);
  } catch {
    // no logind here
  }
  return folders
    .filter((name) => /^\d+$/.test(name))
    .slice(0, maxUsers)
    .flatMap((uid) => socketsOfUser(Number(uid), runtimeFolder))
    .filter(({ path }) => existsSync(path));
}

const real = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

/** Sockets of the system: the configured ones and the usual ones, each once. */
export function findRuntimeSockets(configured: readonly RuntimeSocket[]): RuntimeSocket[] {
  const byPath = new Map<string, RuntimeSocket>();
  for (const socket of [...configured, ...usual]) {
    const path = real(socket.path);
    if (!byPath.has(path)) byPath.set(path, socket);
  }
  return [...byPath.values()];
}

export function clientOf({ kind, path }: RuntimeSocket): RuntimeClient {
  return kind === 'cri' ? new CriApi(path) : new DockerApi(path, kind);
}

/**
 * Whose session the process of a container is in, undefined = nobody's or of another container: both stand in its cgroup path,
 * which systemd makes and the user cannot leave.
 */
export function userOf(containerId: string, processId: number, proc = '/proc'): number | undefined {
  let cgroups = '';
  try {
    cgroups = readFileSync(`${proc}/${processId}/cgroup`, 'utf8');
  } catch {
    return undefined; // it has ended
  }
  const line = cgroups.split('\n').find((path) => path.includes(containerId));
  const owner = /\/user-(\d+)\.slice\//.exec(line ?? '')?.[1];
  return owner === undefined ? undefined : Number(owner);
}
