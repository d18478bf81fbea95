import { closest, distance } from 'fastest-levenshtein';

const LENGTH_MAX = 64;
const STEM = 4;

/** The known word that was probably meant; undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || word.length > LENGTH_MAX) return undefined;
  const plain = word.toLowerCase().replaceAll('-', '_');
  const found = closest(plain, known);
  if (distance(plain, found) <= Math.max(2, Math.floor(found.length / 3))) return found;
  // `retries` for `retry`: the same stem, another ending.
  return known.find((one) => plain.length >= STEM && one.slice(0, STEM) === plain.slice(0, STEM));
}
