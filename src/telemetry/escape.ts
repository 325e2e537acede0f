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
