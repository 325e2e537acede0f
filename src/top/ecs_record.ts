// A line of naming=ecs back to element names, by the same table that writes it.
import { ecs } from '../fields/documents.js';

type Line = Readonly<Record<string, unknown>>;

const places = ecs.flatMap(({ key, source, form }) =>
  'element' in source && form !== 'nanoseconds' ? [{ path: key.split('.'), element: source.element }] : [],
);

function at(line: Line, path: readonly string[]): unknown {
  let found: unknown = line;
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Line)[name];
  }
  return found;
}

export function isEcs(line: Line): boolean {
  return typeof line.ecs === 'object' && line.ecs !== null;
}

/** The elements that the line tells, and its type: ECS has events beside flows. */
export function ecsElements(line: Line): Line {
  const elements: Record<string, unknown> = {};
  if (at(line, ['event', 'action']) !== 'network_flow') elements.eventName = at(line, ['event', 'action']);
  for (const { path, element } of places) elements[element] ??= at(line, path);
  return elements;
}
