// A choice of event types as users write it (--events, ?events=): connect,exec,exit, or all; off is none.
import { type EventTypeName, eventTypes } from '../fields/event_types.js';
import { type Format, words } from './format.js';

/** In the order of the table, each once. */
export const eventListFormat: Format<EventTypeName[]> = words(eventTypes, 'event types');
