// Text from the wire or from users, made safe for a terminal and a log: it cannot move the cursor or fake a line.

// Controls (Cc); format characters (Cf), which nobody sees: bidirectional controls, joiners, zero widths, tags; line and
// paragraph separators; lone surrogates. That an emoji made of several falls apart is the price.
// (With the flag u, a surrogate of a pair is no character of its own.)
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Beyond U+FFFF as JSON has it: two of them. */
function escaped(character: string): string {
  const units = [...Array(character.length).keys()].map((index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with every unsafe character written as \n, \r, \t or \uXXXX. */
export function escapeText(text: string): string {
  return text.replace(unsafe, (character) => named[character] ?? escaped(character));
}

/** JSON text with every unsafe character inside its strings as \\uXXXX: it still parses to the same. */
export function escapeJson(json: string): string {
  const end = json.endsWith('\n') ? '\n' : '';
  return `${json.slice(0, json.length - end.length).replace(unsafe, escaped)}${end}`;
}

const longest = 4096; // characters: nobody reads more in one line

/** At most so much of a text; what is cut off is said. */
export function boundedText(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}... (${text.length - longest} characters more)`;
}
