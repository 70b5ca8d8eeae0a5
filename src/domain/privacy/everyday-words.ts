// Words that are names of people too, and the words that a name follows. Invariant: folded, as dictionary.ts compares.

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

export const EVERYDAY_WORDS = words(`
  a about after again all also am an and any are as at back be been before best bill black bless blue brown but by call can
  card case cash chance chase cook could day days do does don done early ease east even ever faith fair fall fine
  fly for free from gay give glad go going good got grace grant gray great green grey guy had hall has have he
  held help her here hi high hill him his home honest hope how i if in is it its joy just keep key king
  know lake lane last law lee let light like line little long look love low lucky made man many mark march may me
  mercy merry mine more most much my name neat need new next nice no north not now of off ok old on
  one or order other our out over page park patience pay piece place please poor pope post price prime quick
  ready rich rock root rose said save say school see she short sky small so sold some south
  spring stack star start stay still stone store street strong summer sun sure swan take than thank that the them then
  there these they thing this time to told too town tree trip true try two under up us use van very want ward was
  water way we wells were west what when where which white who why wide wild will win winter wise with wolf wood work worth
  would yes yet you young your
  august april june january
  alle als am auf aus bin bitte das der die du ein er es hat ich im ist ja klein lang mit nein noch sie und von war wie wir
  zu con da de del di do el en es esta la las le los mas me mi no o para por que se si sin su te tu un una uno y ya
  au aux ce elle est et il je les leur lui mais ne nous on ou pas plus que qui sur un une vous
`);

/** They belong to a name beside one, and are words of their own elsewhere. */
export const PARTICLES = words(
  'van von de der den del della di da dos das du la le el bin ibn al ter ten zu zum y e af av st',
);

/** What comes before somebody's name. */
export const NAME_CUES = words(`
  mr mrs ms miss dr sir madam herr frau senor senora sr sra monsieur madame mme
  name is am im called thank thanks hello hi hey dear soy llamo heisse heter hedder appelle chiamo here its regards
`);
