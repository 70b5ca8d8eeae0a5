// How digits are said, in the languages that callers speak most. Invariant: a word has one meaning here; the words that
// mean something else as well ("one", "six", "un") only count in a run, which number-runs.ts asks to be long.

/** Ten words each, from zero to nine; alternatives by a stroke. */
const LANGUAGES = [
  'zero|oh|o|nought|naught one two three four five six seven eight nine|niner',
  'null eins|ein zwei|zwo drei vier fünf|fuenf sechs sieben acht neun',
  'cero uno|una dos tres cuatro cinco seis siete ocho nueve',
  'zéro un|une deux trois quatre cinq six sept huit neuf',
  'zero uno|una due tre quattro cinque sei sette otto nove',
  'zero um|uma dois|duas três|tres quatro cinco seis|meia sete oito nove',
  'nul een|één twee drie vier vijf zes zeven acht negen',
  'zero jeden|jedna dwa|dwie trzy cztery pięć sześć siedem osiem dziewięć',
  'nul en|et|ett to|två|tva tre fire|fyra fem seks|sex syv|sju otte|åtte|åtta ni',
];

export const DIGIT_WORDS: ReadonlyMap<string, string> = new Map(
  LANGUAGES.flatMap((language) =>
    language.split(' ').flatMap((words, digit) => words.split('|').map((word) => [word, String(digit)] as const)),
  ),
);

const numbered = (words: string, first: number, step: number): ReadonlyMap<string, string> =>
  new Map(words.split(' ').map((word, at) => [word, String(first + at * step)]));

const merged = (...maps: readonly ReadonlyMap<string, string>[]): ReadonlyMap<string, string> =>
  new Map(maps.flatMap((map) => [...map]));

export const TEENS = merged(
  numbered('ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen', 10, 1),
  numbered('zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn', 10, 1),
  numbered('dix onze douze treize quatorze quinze seize', 10, 1),
  numbered('diez once doce trece catorce quince', 10, 1),
);
export const TENS = merged(
  numbered('twenty thirty forty fifty sixty seventy eighty ninety', 20, 10),
  numbered('zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig', 20, 10),
  numbered('vingt trente quarante cinquante soixante', 20, 10),
  numbered('veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa', 20, 10),
);

export const REPEATS: ReadonlyMap<string, number> = new Map([
  ['double', 2],
  ['doppel', 2],
  ['doble', 2],
  ['triple', 3],
  ['treble', 3],
]);

/** Said between digits without ending the number. */
export const FILLERS: ReadonlySet<string> = new Set([
  'uh',
  'um',
  'er',
  'erm',
  'äh',
  'dash',
  'hyphen',
  'space',
  'then',
  'y',
]);
