// Words as they are compared: without case, accents and the letters that some keyboards lack. Pure; a token folds itself
// when it is asked, for most never are.

const TOKEN = /[\p{L}\p{M}\p{N}]+/gu;
const ASCII = /^[\x20-\x7E]*$/;
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  đ: 'd',
  ı: 'i',
};
/** Scripts whose names may be one character long. */
const SINGLE = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]+$/u;

export interface Token {
  readonly start: number;
  readonly end: number;
  readonly raw: string;
  folded(): string;
}

export const tokensOf = (text: string): Token[] =>
  [...text.matchAll(TOKEN)].map(({ index, 0: raw }) => {
    let folded: string | undefined;
    return { start: index, end: index + raw.length, raw, folded: () => (folded ??= fold(raw)) };
  });

/** As people type a name who have no such key. */
export const fold = (text: string): string =>
  ASCII.test(text)
    ? text.toLowerCase()
    : text
        .toLowerCase()
        .normalize('NFD')
        .replaceAll(/\p{M}/gu, '')
        .replaceAll(/[ßæœøðþłđı]/g, (letter) => LETTERS[letter] ?? letter);

export const isSingle = (word: string): boolean => SINGLE.test(word);
