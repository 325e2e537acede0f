// The fields of weir's flow records, usable alone (weir-probe/fields): what each is, its number, its JSON keys.
// Nothing here loads native code.

export { type ErrorCode, WeirError } from '../errors.js';
export { catalogue } from './catalogue.js';
export {
  catalogueHash,
  elementByName,
  elementByNumber,
  elements,
  lookupElement,
  nearestNames,
  typeLengths,
  variableLength,
} from './elements.js';
export {
  defaultEnterprise,
  type Element,
  type Enterprise,
  enterpriseNumbers,
  type Field,
  type Place,
  reverseEnterprise,
  type WireType,
} from './field.js';
export * from './flow_types.js';
export { allKeys, jsonKey, type Naming, namings } from './naming.js';
export { jsonSchema } from './schema.js';
