import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeJson, escapeText } from '../../../src/telemetry/escape.js';

const range = (first: number, last: number): number[] => [...Array(last - first + 1).keys()].map((i) => first + i);
// Bidirectional controls, joiners and zero widths, soft hyphen, Arabic and Mongolian marks, byte order mark, annotations, tags.
const invisible = [
  ...[0xad, 0x61c, 0x70f, 0x180e, 0x2028, 0x2029, 0xfeff, 0xe0001],
  ...[range(0x200b, 0x200f), range(0x202a, 0x202e), range(0x2060, 0x2064), range(0x2066, 0x206f)].flat(),
  ...[range(0xfff9, 0xfffb), range(0x1d173, 0x1d17a), range(0xe0020, 0xe007f)].flat(),
];

test('nothing is left that moves the cursor, turns the direction or cannot be seen', () => {
  for (const code of [...range(0, 0x1f), ...range(0x7f, 0x9f), ...invisible]) {
    const character = String.fromCodePoint(code);
    assert.match(escapeText(`a${character}b`), /^a(\\[nrt]|(\\u[0-9a-f]{4}){1,2})b$/, `U+${code.toString(16)}`);
    if (code < 0x20) continue; // JSON has escaped these itself
    const json = JSON.stringify({ text: character });
    assert.match(escapeJson(json), /^[ -~]+$/);
    assert.deepEqual(JSON.parse(escapeJson(json)), { text: character });
  }
  assert.equal(escapeText('\u061c\u{e0041}'), '\\u061c\\udb40\\udc41');
});

test('texts of all languages stay as they are', () => {
  const text = 'Grüße, \u0645\u0631\u062d\u0628\u0627, 東京, हिन्दी, 🌊 ❤️ e\u0301';
  assert.equal(escapeText(text), text);
  assert.equal(escapeText('👩\u200d💻'), '👩\\u200d💻');
});
