// Names that people give themselves or that stand in a field called so. Invariant: nobody's name is guessed from its look:
// a third person's name in free text stays (README.md), the customer's own is known from the profile (dictionary.ts).
import { fieldType } from './fields.ts';
import type { Span } from './pii.ts';

const NAME = String.raw`\p{Lu}[\p{L}\p{M}'’.-]{0,30}(?: (?:(?:van|von|de|der|den|del|della|da|dos|du|la|le|el|bin|al|ter|ten|zu|y|e|af) ){0,2}\p{Lu}[\p{L}\p{M}'’.-]{0,30}){0,3}`;
const INTRODUCED = new RegExp(
  String.raw`(?<=(?<![\p{L}])(?:[Mm]y (?:full |first |last |maiden )?name is|[Nn]ame on (?:the|my) (?:card|account) is|[Tt]his is|[Mm]e llamo|[Mm]i nombre es|[Ii]ch heiße|[Mm]ein Name ist|[Jj]e m['’]appelle|[Mm]on nom est|[Mm]i chiamo|[Mm]eu nome é|[Cc]hamo-me|[Mm]ijn naam is|[Nn]azywam się|[Jj]ag heter|[Jj]eg hedder|[Jj]eg heter|[Hh]ola,? soy) )${NAME}`,
  'gu',
);
/** "This is Unacceptable": said with a capital, and no name. One word alone needs a stronger cue. */
const WEAK = /[Tt]his is $/;
const FIELD = new RegExp(
  String.raw`(?<=(?<![\p{L}_])(?:(?:full|first|last|maiden|customer|contact|patient|employee|claimant|cardholder)?[ _-]?name|claimant|employee|cardholder|patient|surname|vorname|nachname|nombre|apellidos?|nom|prénom|cognome|naam)["']?\s{0,3}[:=|]\s{0,3}["']?)${NAME}`,
  'giu',
);
const SIGNED = new RegExp(
  String.raw`(?<=(?:regards|sincerely|best wishes|cheers|grüßen|saludos|cordialement|saluti),?[ ]{0,2}\n{1,2})${NAME}(?=\s*(?:\n|$))`,
  'giu',
);
const LABELS =
  /name|claimant|employee|cardholder|patient|this is|llamo|nombre|apellido|heiße|appelle|nom |chiamo|nome|naam|nazywam|heter|hedder|soy|regards|sincerely|wishes|cheers|grüßen|saludos|cordialement|saluti/i;

export function findNames(text: string): Span[] {
  if (!LABELS.test(text)) return [];
  return [INTRODUCED, FIELD, SIGNED].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(({ index, 0: match }) => {
      const name = match.replace(/[.'’-]+$/u, '');
      const isWeak = WEAK.test(text.slice(Math.max(0, index - 8), index)) && !name.includes(' ');
      // with the flag i a capital is any letter: ask for it here
      // and in a table the next column's name stands where a value would
      if (isWeak || !/^\p{Lu}/u.test(name) || fieldType(name) !== undefined) return [];
      return [{ start: index, end: index + name.length, type: 'NAME' as const }];
    }),
  );
}
