// How a word sounds, roughly, in the languages of Europe: the key under which misheard and misspelt names meet. Invariant:
// it only proposes; whether two names agree is for the comparison.

const CLASSES: readonly (readonly [RegExp, string])[] = [
  [/sch|sh|ch|cz|sz|tch|č|š/g, 's'],
  [/ph|v|w/g, 'f'],
  [/ck|qu|[cqgx]/g, 'k'],
  [/th|d/g, 't'],
  [/[zj]/g, 's'],
  [/b/g, 'p'],
  [/m/g, 'n'],
  [/h/g, ''],
];

/** The consonants by class, doubled ones once; vowels only at the start. */
export function soundOf(word: string): string {
  const start = /^[aeiouy]/.test(word) ? 'a' : '';
  const classed = CLASSES.reduce((text, [letters, sound]) => text.replaceAll(letters, sound), word);
  const sound = start + classed.replaceAll(/[aeiouy]/g, '').replaceAll(/(.)\1+/g, '$1');
  return sound.slice(0, 6);
}
