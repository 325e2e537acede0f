// "Did you mean": the known name nearest to a mistyped one.
import { distance } from 'fastest-levenshtein';

/** The name nearest to `word`, or undefined when none is near enough to be what was meant. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const known = name.toLowerCase();
    // A beginning of a name is nearer than its letters say: `--active` means --active-timeout.
    const found = wanted.length >= 3 && known.startsWith(wanted) ? 1 : distance(wanted, known);
    if (found < bestDistance) {
      best = name;
      bestDistance = found;
    }
  }
  return bestDistance <= Math.max(1, Math.ceil(word.length / 3)) ? best : undefined;
}

/** `, did you mean X?` or nothing, to end a message with. */
export function didYouMean(word: string, names: readonly string[], prefix = ''): string {
  const name = nearest(word, names);
  return name === undefined ? '' : `, did you mean ${prefix}${name}?`;
}
