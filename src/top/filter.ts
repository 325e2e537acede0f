// The filter of the screen: words that stand anywhere in a flow, and field=value (value may have *); all must hold.
import { didYouMean } from '../config/nearest.js';
import { type Dimension, dimensionNames, type DimensionName, dimensionOf, eachKey } from './dimensions.js';
import type { Observation } from './observation.js';

export type Predicate = (observation: Observation) => boolean;

export interface Filter {
  /** As typed. */
  text: string;
  accepts: Predicate;
}

/** What stands before `=`; address is either end's. */
const fieldNames = [...dimensionNames, 'address'];

/** The filter, or what is wrong with it. */
export function parseFilter(text: string): Filter | { problem: string } {
  const terms: Predicate[] = [];
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const [, name, value = ''] = /^([a-zA-Z]+)=(.*)$/.exec(word) ?? [];
    if (name === undefined) terms.push(anywhere(word.toLowerCase()));
    else if (!fieldNames.includes(name)) return { problem: `no field '${name}'${didYouMean(name, fieldNames)}` };
    else terms.push(fieldIs(name, value));
  }
  return { text, accepts: (observation) => terms.every((term) => term(observation)) };
}

/** The parts between the *, each as early as it can stand: however many there are, nothing is tried twice. */
function glob(value: string): (text: string) => boolean {
  const [first = '', ...rest] = value.toLowerCase().split('*');
  const last = rest.pop();
  return (text) => {
    const name = text.toLowerCase();
    if (last === undefined) return name === first;
    if (!name.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return name.length - last.length >= at && name.endsWith(last);
  };
}

function fieldIs(name: string, value: string): Predicate {
  const matches = glob(value);
  if (name === 'address') return ({ ends }) => ends.some(({ address }) => matches(address));
  const dimension: Dimension = dimensionOf(name as DimensionName);
  // port=443 means the number, whatever the protocol.
  const isOne = (key: string): boolean => matches(key) || (name === 'port' && matches(key.split('/')[0] ?? ''));
  return (observation) => {
    let found = false;
    eachKey(dimension, observation, (key) => {
      found ||= isOne(key);
    });
    return found;
  };
}

function anywhere(wanted: string): Predicate {
  return ({ flow, application, interface: point, ends }) =>
    [
      flow.text,
      application,
      point,
      ...ends.flatMap(({ process, user, container, pod }) => [process, user, container, pod]),
    ].some((one) => one.toLowerCase().includes(wanted));
}
