// Container ids -> names. Follows the container runtimes of this host and answers what the Attribution asks about. All of it is
// off the packet path; nothing here throws but resolve().
import { existsSync } from 'node:fs';
import { WeirError } from '../errors.js';
import type { ContainerFacts, WantedContainer } from '../native/boundary.js';
import type { Logger } from '../telemetry/log.js';
import { type Clock, unreferencedClock } from './clock.js';
import { factsOf } from './container_facts.js';
import { ask, type Asked, fullName, search, type TargetKind } from './container_search.js';
import { isContainerId, type RuntimeClient, type SeenContainer } from './runtime_client.js';
import { RuntimeFollower, type RuntimeState, type RuntimeStatus } from './runtime_follower.js';
import {
  clientOf,
  findRuntimeSockets,
  findUserSockets,
  type RuntimeSocket,
  socketsOfUser,
  userOf,
} from './runtimes.js';

export interface IdentityOptions {
  log: Logger;
  /** Sockets beside the usual ones. */
  sockets?: readonly RuntimeSocket[];
  /** Name of this Kubernetes node, given to containers of pods. */
  nodeName?: string;
  clock?: Clock;
  /** All sockets of the system, and the folder of users' ones; tests give their own. */
  findSockets?: (configured: readonly RuntimeSocket[]) => RuntimeSocket[];
  usersFolder?: string;
  proc?: string;
  /** Containers remembered. */
  capacity?: number;
}

export interface IdentityStatus {
  runtimes: RuntimeStatus[];
  /** Containers known now, and those forgotten to make room. */
  containers: number;
  evicted: number;
  /** Asked by lookUp(): answered, no runtime knows it, not asked because too many wait. */
  answered: number;
  unanswered: number;
  refused: number;
  /** Labels that did not fit into the facts of their container. */
  labelsLeftOut: number;
}

/** A process in the network namespace of a container or pod. */
export interface Resolved {
  processId: number;
  containerId: string;
  runtime: string;
  /** NS/POD/NAME in a pod, else the name. */
  name: string;
}

interface Known {
  facts: ContainerFacts;
  /** The socket it is known from; the CRI knows the pod, so it wins over the REST API of the same engine. */
  rank: number;
}

const maxWanted = 4096;
const lookUpsAtOnce = 8;

export class Identity {
  readonly #options: Required<IdentityOptions>;
  readonly #followers: RuntimeFollower[];
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<(facts: ContainerFacts[]) => void>();
  readonly #wanted = new Map<string, WantedContainer>();
  #fresh = new Map<string, ContainerFacts>();
  #busy = 0;
  #closed = false;
  #evicted = 0;
  #answered = 0;
  #unanswered = 0;
  #refused = 0;
  #labelsLeftOut = 0;

  constructor(options: IdentityOptions) {
    this.#options = {
      sockets: [],
      nodeName: '',
      clock: unreferencedClock,
      findSockets: findRuntimeSockets,
      usersFolder: '/run/user',
      proc: '/proc',
      capacity: 16_384,
      ...options,
    };
    const { findSockets, sockets, clock } = this.#options;
    this.#followers = findSockets(sockets).map(
      (socket) =>
        new RuntimeFollower(socket, clientOf(socket), clock, {
          onSeen: (seen) => this.#learn(seen, socket),
          onState: (status, before) => this.#logState(status, before),
        }),
    );
  }

  /** Resolves when every socket was asked for the first time; there is no need to wait for it. */
  async start(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.start()));
  }

  /** Told of every container that is new or changed, and of those asked for. Returns what ends it. */
  onFacts(listener: (facts: ContainerFacts[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks for these containers; what is found comes by onFacts(), what nobody knows does not. */
  lookUp(wanted: readonly WantedContainer[]): void {
    for (const one of wanted) {
      const known = this.#known.get(one.id);
      if (known) {
        this.#answered++;
        this.#tell(known.facts);
      } else if (!isContainerId(one.id)) this.#unanswered++;
      else if (this.#wanted.size < maxWanted) this.#wanted.set(one.id, one);
      else this.#refused++;
    }
    while (this.#busy < lookUpsAtOnce && this.#wanted.size > 0 && !this.#closed) void this.#work();
  }

  /** Throws WeirError: nothing of that name, more than one, or no process in it. */
  async resolve(kind: TargetKind, name: string): Promise<Resolved> {
    const ofUsers = findUserSockets(this.#options.usersFolder).map((socket) => ({ socket, client: clientOf(socket) }));
    try {
      const asked = await Promise.all([...this.#followers, ...ofUsers].map((one) => this.#ask(one)));
      for (const { asked: by, container } of search(kind, name, asked)) {
        const processId = await by.client.processOf(container).catch(() => 0);
        if (processId === 0 || !this.#believable(by, container, processId)) continue;
        return { processId, containerId: container.id, runtime: container.runtime, name: fullName(container) };
      }
    } finally {
      for (const { client } of ofUsers) client.close();
    }
    throw new WeirError('WEIR_CONTAINER', `${kind} '${name}' has no process whose network could be entered`);
  }

  status(): IdentityStatus {
    return {
      runtimes: this.#followers.map((follower) => follower.status()),
      containers: this.#known.size,
      evicted: this.#evicted,
      answered: this.#answered,
      unanswered: this.#unanswered,
      refused: this.#refused,
      labelsLeftOut: this.#labelsLeftOut,
    };
  }

  close(): void {
    this.#closed = true;
    this.#wanted.clear();
    this.#listeners.clear();
    for (const follower of this.#followers) follower.close();
  }

  async #ask({ socket, client }: { socket: RuntimeSocket; client: RuntimeClient }): Promise<Asked> {
    if (!existsSync(socket.path)) return { socket, client, seen: [], reason: 'no such socket' };
    return ask(socket, client);
  }

  #believable({ socket }: Asked, { id }: SeenContainer, processId: number): boolean {
    return socket.owner === undefined || userOf(id, processId, this.#options.proc) === socket.owner;
  }

  async #work(): Promise<void> {
    this.#busy++;
    while (!this.#closed) {
      const next = this.#wanted.values().next().value;
      if (next === undefined) break;
      this.#wanted.delete(next.id);
      if (this.#known.has(next.id) || (await this.#find(next))) this.#answered++;
      else this.#unanswered++;
    }
    this.#busy--;
  }

  /** The runtime that the cgroup path names first, then the others. */
  async #find({ id, runtime, processId }: WantedContainer): Promise<boolean> {
    const hinted = runtime === 'docker' || runtime === 'podman' ? runtime : 'cri';
    const answering = this.#followers.filter((follower) => follower.answers);
    const groups = [
      answering.filter(({ socket }) => socket.kind === hinted),
      answering.filter(({ socket }) => socket.kind !== hinted),
    ];
    for (const group of groups) {
      const answers = await Promise.all(group.map((follower) => this.#inquire(follower.socket, follower.client, id)));
      if (answers.includes(true)) return true;
    }
    const owner = userOf(id, processId, this.#options.proc);
    return owner !== undefined && this.#findOfUser(owner, id);
  }

  async #findOfUser(owner: number, id: string): Promise<boolean> {
    for (const socket of socketsOfUser(owner, this.#options.usersFolder)) {
      if (!existsSync(socket.path)) continue;
      const client = clientOf(socket);
      const found = await this.#inquire(socket, client, id);
      client.close();
      if (found) return true;
    }
    return false;
  }

  async #inquire(socket: RuntimeSocket, client: RuntimeClient, id: string): Promise<boolean> {
    try {
      const seen = await client.container(id);
      if (seen && !this.#closed) this.#learn([seen], socket);
      return seen !== undefined;
    } catch {
      return false; // the follower says what is wrong with the socket
    }
  }

  #learn(seen: readonly SeenContainer[], socket: RuntimeSocket): void {
    const rank = socket.owner !== undefined ? 0 : socket.kind === 'cri' ? 2 : 1;
    for (const container of seen) {
      const before = this.#known.get(container.id);
      if (before && before.rank > rank) continue;
      const { facts, labelsLeftOut } = factsOf(container, this.#options.nodeName);
      if (before && JSON.stringify(before.facts) === JSON.stringify(facts)) continue;
      this.#labelsLeftOut += labelsLeftOut;
      this.#known.delete(container.id); // the one not renewed for longest is the first in the map
      this.#known.set(container.id, { facts, rank });
      this.#tell(facts);
    }
    while (this.#known.size > this.#options.capacity) {
      this.#known.delete(this.#known.keys().next().value!);
      this.#evicted++;
    }
  }

  /** What is learned in one turn is told at once. */
  #tell(facts: ContainerFacts): void {
    if (this.#fresh.size === 0) queueMicrotask(() => this.#flush());
    this.#fresh.set(facts.id, facts);
  }

  #flush(): void {
    const fresh = [...this.#fresh.values()];
    this.#fresh = new Map();
    for (const listener of this.#listeners) {
      try {
        listener(fresh);
      } catch (error) {
        this.#options.log.repeated('identity', 'error', 'container names were not taken', { reason: String(error) });
      }
    }
  }

  #logState({ socket, state, engine, containers, reason, configured }: RuntimeStatus, before: RuntimeState): void {
    const { log } = this.#options;
    if (state === 'following' && before !== 'polling')
      log.info(`container names from ${engine}`, { socket, containers });
    else if (state === 'away')
      log.repeated(socket, 'warning', `no container names from ${engine} now: ${reason}`, { socket });
    else if (state === 'absent' && configured) log.warning(`no container runtime: ${reason}`, { socket });
  }
}
