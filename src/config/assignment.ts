// One value given to one option, and where it stood. Files, environment and flags all become lists of these.
import { type ErrorCode, WeirError } from '../errors.js';
import { FormatError } from './format.js';
import { type OptionName, optionOf } from './options.js';

export interface Assignment {
  name: OptionName;
  /** Text or a YAML scalar, not yet read; of options that may be repeated one item. */
  value: unknown;
  /** `weir.yaml:3:7`, `WEIR_TO`, `--to`: what messages begin with. */
  place: string;
  /** Code of errors in this layer. */
  code: ErrorCode;
}

/** Values and places of one layer, after reading. */
export interface Layer {
  values: Map<OptionName, unknown>;
  places: Map<OptionName, string>;
  errors: WeirError[];
}

function readOne({ name, value, place, code }: Assignment, errors: WeirError[]): { value: unknown } | undefined {
  const { kind } = optionOf(name);
  try {
    return { value: (kind.item ?? kind).parse(value) };
  } catch (error) {
    if (error instanceof FormatError) errors.push(new WeirError(code, `${place}: ${error.message}`));
    else if (error instanceof WeirError) errors.push(new WeirError(error.code, `${place}: ${error.message}`));
    else throw error;
    return undefined;
  }
}

/** Reads a layer: repeated options collect their items, others take the last value; mistakes are collected. */
export function readLayer(assignments: readonly Assignment[]): Layer {
  const layer: Layer = { values: new Map(), places: new Map(), errors: [] };
  for (const assignment of assignments) {
    const { name, place } = assignment;
    const read = readOne(assignment, layer.errors);
    layer.places.set(name, place);
    if (!read) continue;
    if (!optionOf(name).kind.item) layer.values.set(name, read.value);
    else layer.values.set(name, [...((layer.values.get(name) as unknown[] | undefined) ?? []), read.value]);
  }
  return layer;
}
