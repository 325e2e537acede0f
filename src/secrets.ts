// Secrets that this process was given: passwords, tokens, keys. Whoever reads one keeps it here, so that no line of the
// log and no error shows it, whoever wrote that: weir itself, a library, or a collector that echoes what it was sent.

const shortest = 6; // characters: less would blank out ordinary words
export const hiddenSecret = '***';

const known = new Set<string>();
let longestFirst: string[] = [];

/** Remembers the text, and how it looks percent-encoded and in base64. */
export function keepSecret(text: string): void {
  const before = known.size;
  for (const form of [text, encodeURIComponent(Buffer.from(text).toString()), Buffer.from(text).toString('base64')])
    if (form.length >= shortest) known.add(form);
  if (known.size > before) longestFirst = [...known].sort((a, b) => b.length - a.length);
}

/** The text with every secret in it as ***. */
export function hideSecrets(text: string): string {
  return longestFirst.reduce((shown, secret) => shown.replaceAll(secret, hiddenSecret), text);
}
