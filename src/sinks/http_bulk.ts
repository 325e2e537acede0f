// Elasticsearch and OpenSearch _bulk: an action line before each document, and an answer with a status for each one.

import { type HeldUnits, unitOf } from './held_units.js';

const lineFeed = Buffer.from('\n');

/** The body for the units, each one document; `create` is what data streams take. */
export function bulkBody(index: string, parts: readonly HeldUnits[]): Buffer {
  const action = Buffer.from(`${JSON.stringify({ create: { _index: index } })}\n`);
  const pieces: Uint8Array[] = [];
  for (const part of parts) {
    for (let unit = 0; unit < part.units; unit++) {
      const line = unitOf(part, unit);
      pieces.push(action, line);
      if (line.at(-1) !== 0x0a) pieces.push(lineFeed);
    }
  }
  return Buffer.concat(pieces);
}

export interface BulkResult {
  /** One for each document, in order. */
  outcomes: ('sent' | 'rejected' | 'again')[];
  /** Why the first document was refused, and why the first one has to be sent again, in the server's words. */
  refusal: string;
  delay: string;
}

interface BulkItem {
  status?: number;
  error?: { type?: string; reason?: string };
}

function outcomeOf(status: number): BulkResult['outcomes'][number] {
  // A conflict says that the document is there already: from an attempt whose answer was lost.
  if ((status >= 200 && status < 300) || status === 409) return 'sent';
  return status === 429 || status >= 500 ? 'again' : 'rejected';
}

export function allSent(documents: number): BulkResult {
  return { outcomes: new Array(documents).fill('sent') as 'sent'[], refusal: '', delay: '' };
}

/** Throws Error for an answer that is not one of _bulk. */
export function bulkResult(body: string, documents: number): BulkResult {
  let answer: { errors?: boolean; items?: Record<string, BulkItem>[] };
  try {
    answer = JSON.parse(body) as typeof answer;
  } catch {
    throw new Error('the answer is no _bulk answer: check the path');
  }
  if (answer.errors === false) return allSent(documents);
  const items = (Array.isArray(answer.items) ? answer.items : []).map((item) => Object.values(item)[0] ?? {});
  if (items.length !== documents)
    throw new Error(`the answer tells of ${items.length} documents instead of ${documents}: check the path`);
  const outcomes = items.map((item) => outcomeOf(item.status ?? 0));
  const reason = (outcome: 'rejected' | 'again'): string => {
    const error = items[outcomes.indexOf(outcome)]?.error;
    return [error?.type, error?.reason].filter(Boolean).join(': ');
  };
  return { outcomes, refusal: reason('rejected'), delay: reason('again') };
}
