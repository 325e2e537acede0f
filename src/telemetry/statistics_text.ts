// The statistics file as text: `name: value`, one value a line, always in the same order, for grep and awk.
import { escapeText } from './escape.js';

function valueText(value: string | number | boolean | null): string {
  if (value === null) return 'unknown';
  return typeof value === 'string' ? escapeText(value) : String(value);
}

/** `sinks` holds sink.1, sink.2 ... */
const single = (name: string): string => name.replace(/s$/, '');

function* lines(name: string, value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    yield `${name}: ${value.length}`;
    for (const [index, item] of value.entries()) yield* lines(`${single(name)}.${index + 1}`, item);
  } else if (typeof value === 'object' && value !== null) {
    const prefix = name === '' ? '' : `${name}.`;
    for (const [key, member] of Object.entries(value)) if (member !== undefined) yield* lines(prefix + key, member);
  } else {
    yield `${name}: ${valueText(value as string | number | boolean | null)}`;
  }
}

/** Members of objects are joined by dots; a list says how many it has, then its items by number, from 1. */
export function statisticsText(reading: object): string {
  return `${[...lines('', reading)].join('\n')}\n`;
}
