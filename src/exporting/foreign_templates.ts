// Records in the spool may be of a template that an earlier run had. In one Transport Session a template id means one
// thing only (RFC 7011 section 8), so such templates and their data sets get ids of their own.

import { rewriteTemplateIds } from '../spool/index.js';
import type { SpooledUnits } from './backlog.js';
import type { SessionControl } from './session_control.js';
import { asUnits } from './units.js';

/** Ids that are kept free for them: two a template. */
export const foreignTemplateIds = 64;

/** Gives replayed messages of another template ids of their own in this session. */
export class ForeignTemplates {
  #firstId: number;
  #signature: string;
  #maps = new Map<string, Map<number, number>>();
  #control: SessionControl;

  /** signature: of the units that this run makes itself. */
  constructor(firstId: number, signature: string, control: SessionControl) {
    this.#firstId = firstId;
    this.#signature = signature;
    this.#control = control;
  }

  adapt({ run, signature, head }: SpooledUnits): void {
    if (signature === this.#signature || head.length === 0) return;
    let map = this.#maps.get(signature);
    if (map === undefined) {
      map = new Map();
      this.#maps.set(signature, map);
      for (const id of templateIdsOf(head))
        map.set(id, this.#firstId + (((this.#maps.size - 1) * 2 + map.size) % foreignTemplateIds));
    }
    const templates = messagesOf(head);
    rewriteTemplateIds(templates, map);
    this.#control.addForeign(signature, asUnits(templates));
    rewriteTemplateIds(run, map);
  }
}

const messageHeader = 16;
const setHeader = 4;

/** The IPFIX messages in a row of octets as units without records. */
function messagesOf(octets: Uint8Array): SpooledUnits['run'] {
  const bytes = octets.slice();
  const view = new DataView(bytes.buffer);
  const ends: number[] = [];
  for (let at = 0; at + messageHeader <= bytes.length; ) {
    at += Math.max(messageHeader, view.getUint16(at + 2));
    ends.push(at);
  }
  const none = () => new Uint32Array(ends.length);
  return { bytes, ends: Uint32Array.from(ends), records: none(), dataRecords: none(), from: 0, to: ends.length };
}

/** Ids of the templates defined by template messages, one record a set as our encoder writes them. */
function templateIdsOf(octets: Uint8Array): number[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const ids: number[] = [];
  for (let at = 0; at + messageHeader <= octets.length; ) {
    const end = at + Math.max(messageHeader, view.getUint16(at + 2));
    for (let set = at + messageHeader; set + setHeader < end; set += Math.max(setHeader, view.getUint16(set + 2)))
      ids.push(view.getUint16(set + setHeader));
    at = end;
  }
  return ids;
}
