// A choice of event types as users write it (--events, ?events=): connect,exec,exit, or all; off is none.
import { type EventTypeName, eventTypes } from '../fields/event_types.js';
import { FormatError, type Format } from './format.js';
import { didYouMean } from './nearest.js';

function eventType(word: string): EventTypeName {
  const found = eventTypes.find((known) => known === word);
  if (found !== undefined) return found;
  throw new FormatError(
    `expected event types of ${eventTypes.join(', ')}, or all, found '${word}'${didYouMean(word, eventTypes)}`,
  );
}

/** In the order of the table, each once. */
export const eventListFormat: Format<EventTypeName[]> = {
  placeholder: 'LIST|all|off',
  expects: `all, off, or some of ${eventTypes.join(', ')}, separated by commas`,
  parse(value) {
    if (value === false) return []; // YAML 1.1 habit: off
    if (typeof value !== 'string') throw new FormatError(`expected ${this.expects}, found ${JSON.stringify(value)}`);
    const words = value
      .split(/[\s,]+/)
      .filter((word) => word !== '')
      .map((word) => word.toLowerCase());
    if (words.length === 1 && words[0] === 'all') return [...eventTypes];
    if (words.length === 0 || (words.length === 1 && words[0] === 'off')) return [];
    const chosen = words.map(eventType);
    return eventTypes.filter((type) => chosen.includes(type));
  },
  print: (value) => (value.length === eventTypes.length ? 'all' : value.length === 0 ? 'off' : value.join(',')),
};
