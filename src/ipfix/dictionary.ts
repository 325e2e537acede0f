// Names and types of Information Elements by number: weir's catalogue, IANA's registry, RFC 5103 reverse elements.

import { elementByNumber } from '../fields/elements.js';
import { defaultEnterprise, reverseEnterprise } from '../fields/field.js';
import { ianaElements, type NamedElement } from './iana_elements.js';

export interface Dictionary {
  /** The element with this number on the wire (enterprise 0 = IANA), undefined when unknown. */
  find(enterprise: number, id: number): NamedElement | undefined;
}

/** own: the enterprise number that weir's own elements are exported under. */
export function newDictionary(own: number = defaultEnterprise): Dictionary {
  return {
    find(enterprise, id) {
      if (enterprise === 0) return ianaElements.get(id);
      if (enterprise === reverseEnterprise) return reversed(ianaElements.get(id));
      const element = elementByNumber(enterprise, id, own);
      return element && { name: element.name, type: element.type };
    },
  };
}

function reversed(element: NamedElement | undefined): NamedElement | undefined {
  if (element === undefined) return undefined;
  return { name: `reverse${element.name.charAt(0).toUpperCase()}${element.name.slice(1)}`, type: element.type };
}
