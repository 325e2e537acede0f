// Template ids of encoded IPFIX messages changed in place, so that units of another template can be replayed in a
// Transport Session that uses their ids for something else.

import { startOf, type UnitRun } from '../sinks/sink.js';

const version = 10;
const messageHeader = 16;
const setHeader = 4;
const templateSet = 2;
const optionsTemplateSet = 3;
const firstDataSet = 256;
const enterpriseBit = 0x8000;

/**
 * Changes Template ids by `map` in the IPFIX messages [from, to): Set ids of Data Sets, and the ids that (Options)
 * Template Records and withdrawals give (RFC 7011 sections 3.3.2, 3.4 and 8.1). Ids that are not in the map stay.
 * Other units, and what follows a malformed Set, are left as they are; so are ids inside Data Records (templateId,
 * lists of RFC 6313). Units must have no keys.
 */
export function rewriteTemplateIds(run: UnitRun, map: ReadonlyMap<number, number>): void {
  const { buffer, byteOffset } = run.bytes;
  for (let unit = run.from; unit < run.to; unit++) {
    const start = startOf(run, unit);
    rewriteMessage(new DataView(buffer, byteOffset + start, (run.ends[unit] ?? start) - start), map);
  }
}

function rewriteMessage(message: DataView, map: ReadonlyMap<number, number>): void {
  if (message.byteLength < messageHeader || message.getUint16(0) !== version) return;
  const end = Math.min(message.getUint16(2), message.byteLength);
  for (let at = messageHeader; at + setHeader <= end; ) {
    const id = message.getUint16(at);
    const behind = at + message.getUint16(at + 2);
    if (behind < at + setHeader || behind > end) return;
    if (id >= firstDataSet) message.setUint16(at, map.get(id) ?? id);
    else if (id === templateSet || id === optionsTemplateSet)
      rewriteTemplates(message, at + setHeader, behind, id, map);
    at = behind;
  }
}

/** Records of one Template Set or Options Template Set; what cannot hold a Template id any more is padding. */
function rewriteTemplates(
  message: DataView,
  first: number,
  end: number,
  set: number,
  map: ReadonlyMap<number, number>,
): void {
  for (let at = first; at + 4 <= end; ) {
    const id = message.getUint16(at);
    const fields = message.getUint16(at + 2);
    const all = fields === 0 && id === set; // withdrawal of all templates
    if (id < firstDataSet && !all) return;
    if (!all) message.setUint16(at, map.get(id) ?? id);
    at += 4;
    if (fields === 0) continue;
    if (set === optionsTemplateSet) at += 2; // Scope Field Count
    for (let field = 0; field < fields && at + 4 <= end; field++)
      at += (message.getUint16(at) & enterpriseBit) !== 0 ? 8 : 4;
  }
}
