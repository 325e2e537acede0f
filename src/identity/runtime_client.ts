// What Identity asks of a container runtime, whatever its API.
import type { RawContainer } from './container_facts.js';

export interface SeenContainer extends RawContainer {
  /** False: exited, or only made. */
  running: boolean;
  /** The pause container of a pod. */
  sandbox: boolean;
}

/** changed: look at it again; gone: it will not come back. */
export interface ContainerChange {
  id: string;
  kind: 'changed' | 'gone';
  /** As far as the event itself tells, for containers that are gone before they are asked about. */
  seen?: SeenContainer;
}

export interface RuntimeClient {
  /** For example { name: 'docker', version: '20.10.24' }. Rejects when the socket is absent or speaks something else. */
  version(): Promise<{ name: string; version: string }>;
  /** Containers that run, and sandboxes of pods. */
  list(): Promise<SeenContainer[]>;
  /** The container of exactly this id, running or not. */
  container(id: string): Promise<SeenContainer | undefined>;
  /** Process id of a running container or sandbox, 0 = none. */
  processOf(container: SeenContainer): Promise<number>;
  /**
   * Calls onChange for changes after `sinceMs` (ms since 1970) until aborted; rejects when the stream ends. Resolves at
   * once when the runtime has no events: it is polled then.
   */
  watch(sinceMs: number, onChange: (change: ContainerChange) => void, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** A socket that cannot be had or is no container runtime; the message is one line for the user. */
export class RuntimeError extends Error {}

/** Ids of containers are 64 hex digits everywhere; anything else a runtime would take for a name. */
export const isContainerId = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** Octets of one answer at most. */
export const maxAnswerOctets = 64 << 20;
