// The string scores, by rapidfuzz in WebAssembly. Invariant: only strings that normalisation has been through come here:
// the scorers heed case and marks, and anything but a string could stop the module's memory.
import { damerau_levenshtein, tokenSortRatio as tokenSort } from 'rapidfuzz-wasm';

/** Insertions, deletions, substitutions and swaps between two normalised strings. */
export function edits(one: string, other: string): number {
  if (one === other) return 0;
  return damerau_levenshtein(one, other);
}

/** 0 to 100: how alike two normalised names are, whatever the order of their words. */
export const tokenSortRatio = (one: string, other: string): number => tokenSort(one, other);

/** 1 for the same, 0 for nothing alike. */
export function likeness(one: string, other: string): number {
  const longest = Math.max(one.length, other.length);
  return longest === 0 ? 1 : 1 - edits(one, other) / longest;
}
