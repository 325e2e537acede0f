// Cgroups that engines leave behind, in every hierarchy of this host.
import { readdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const root = '/sys/fs/cgroup';

function folders(path: string, found: string[] = []): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    // gone in between
  }
  for (const name of names) {
    found.push(join(path, name));
    folders(join(path, name), found);
  }
  return found;
}

function removed(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

export class CgroupTraces {
  readonly #marks = new Set<string>();
  readonly #parents = new Set<string>();

  /** A container's id, or another name in the paths of its cgroups that no other has. */
  add(mark: string): void {
    this.#marks.add(mark);
  }

  /** A path that engines share: removed with what is above it, unless another container is in it. */
  parent(path: string): void {
    for (let one = path; one !== '/'; one = dirname(one)) this.#parents.add(one);
  }

  async remove(): Promise<void> {
    // A process that was killed a moment ago still holds its cgroup.
    for (let tries = 0; tries < 50 && !this.#removeMarked(); tries++) await delay(20);
    for (let tries = 0; tries < 10 && !this.#removeParents(); tries++) await delay(20);
  }

  #removeParents(): boolean {
    const deepestFirst = [...this.#parents].sort((a, b) => b.length - a.length);
    const hierarchies = [root, ...readdirSync(root).map((name) => join(root, name))];
    const all = deepestFirst.flatMap((parent) => hierarchies.map((hierarchy) => join(hierarchy, parent)));
    return all.filter((path) => !removed(path)).length === 0;
  }

  #removeMarked(): boolean {
    const marks = [...this.#marks];
    const ours = folders(root).filter((path) => marks.some((mark) => path.includes(mark)));
    return ours.reverse().filter((path) => !removed(path)).length === 0;
  }
}
