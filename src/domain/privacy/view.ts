// A text as the detectors read it: digits, spaces, dashes and letters of other widths and scripts in their ASCII form,
// invisible characters left out. Invariant: each place of the view knows its place in the original, to the UTF-16 unit.

export interface View {
  readonly text: string;
  /** Where the unit at `index` begins in the original. */
  start(index: number): number;
  /** Where the unit before `index` ends in the original. */
  end(index: number): number;
}

const OUTSIDE_ASCII = /[\u0080-\uFFFF]/;
/** Joiners, marks of direction, soft hyphens: what nobody sees between two letters. */
const INVISIBLE = /^\p{Default_Ignorable_Code_Point}$/u;
const SPACE = /^[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]$/;
const DASH = /^[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]$/;
/** The zero of each script whose digits people type: Unicode keeps the ten of a script together. */
const ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x17e0, 0x1810,
];

export function viewOf(original: string): View {
  if (!OUTSIDE_ASCII.test(original)) return { text: original, start: (index) => index, end: (index) => index };
  const pieces: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  for (let at = 0; at < original.length;) {
    const code = original.codePointAt(at) ?? 0;
    const width = code > 0xffff ? 2 : 1;
    const piece = code < 0x80 ? original.charAt(at) : plain(original.slice(at, at + width), code);
    pieces.push(piece);
    if (piece.length === 1) {
      starts.push(at);
      ends.push(at + width);
    } else if (piece.length === 2) {
      starts.push(at, at + 1);
      ends.push(at + 1, at + 2);
    }
    at += width;
  }
  return {
    text: pieces.join(''),
    start: (index) => starts[index] ?? original.length,
    end: (index) => ends[index - 1] ?? 0,
  };
}

/** One ASCII character, nothing, or the character itself. */
function plain(character: string, code: number): string {
  // accented Latin, Greek, Cyrillic: most of what is not ASCII, and as it should be
  if (code >= 0xc0 && code < 0x600 && code !== 0x34f) return character;
  if (INVISIBLE.test(character)) return '';
  if (SPACE.test(character)) return ' ';
  if (DASH.test(character)) return '-';
  const zero = ZEROS.find((one) => code >= one && code < one + 10);
  if (zero !== undefined) return String(code - zero);
  const compatible = character.normalize('NFKC');
  return compatible.length === 1 && compatible.charCodeAt(0) < 0x80 ? compatible : character;
}
