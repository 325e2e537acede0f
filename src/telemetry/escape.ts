// Text from the wire or from users, made safe for a terminal and a log: it cannot move the cursor or fake a line.

// C0 and C1 controls, DEL, line and paragraph separators, bidirectional controls, lone surrogates.
// (With the flag u, a surrogate of a pair is no character of its own.)
const unsafe = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with every unsafe character written as \n, \r, \t or \uXXXX. */
export function escapeText(text: string): string {
  return text.replace(
    unsafe,
    (character) => named[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JSON text with every unsafe character inside its strings as \\uXXXX: it still parses to the same. */
export function escapeJson(json: string): string {
  const end = json.endsWith('\n') ? '\n' : '';
  return `${json
    .slice(0, json.length - end.length)
    .replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}${end}`;
}

const longest = 4096; // characters: nobody reads more in one line

/** At most so much of a text; what is cut off is said. */
export function boundedText(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}... (${text.length - longest} characters more)`;
}
