// What --events tells of: the kinds of socket and process events, in the order of native EventType, from 1.

export const eventTypes = [
  'connect',
  'accept',
  'use',
  'listen',
  'close',
  'retransmit',
  'refused',
  'exec',
  'exit',
  'fork',
] as const;
export type EventTypeName = (typeof eventTypes)[number];

/** Bit 1 << n of each type, n from 1: EncoderSpec.eventMask. */
export function eventMask(types: readonly EventTypeName[]): number {
  return types.reduce((mask, type) => mask | (1 << (eventTypes.indexOf(type) + 1)), 0);
}
