// The words that are known about names. Invariant: all are folded (lower case, no accents, no signs).

export const HONORIFICS: ReadonlySet<string> = new Set(
  (
    'mr mrs ms miss mx dr prof sir madam dame herr frau hr fr fru monsieur madame mme mlle senor senora sr sra srta ' +
    'signor signora sig dhr mevr mevrouw pan pani rev fr ing mag dipl phd md esq'
  ).split(' '),
);

export const JUNIOR: ReadonlySet<string> = new Set(['jr', 'junior', 'jnr', 'ii', 'iii', 'iv', 'filho', 'neto']);
export const SENIOR: ReadonlySet<string> = new Set(['senior', 'snr']);

/** Joined to the word that follows: `O Brien` and `OBrien` are one. */
export const JOINED: ReadonlySet<string> = new Set(['o', 'mc', 'mac']);

/** What exchanges and chat widgets put where a name would be. */
export const PLACEHOLDER_WORDS: ReadonlySet<string> = new Set(
  (
    'wireless caller call toll free unknown anonymous private restricted blocked withheld unavailable guest visitor ' +
    'customer user client webchat chat name number cell phone mobile out of area no na none null test id caller ' +
    'anonym anonyme anonimo unbekannt inconnu desconocido gast invite invitado onbekend not available payphone'
  ).split(' '),
);

/** Exchanges tell the place where they know no name. */
export const PLACES: ReadonlySet<string> = new Set([
  ...(
    'london manchester birmingham liverpool leeds glasgow edinburgh dublin paris lyon marseille berlin hamburg ' +
    'munich munchen frankfurt cologne koln vienna wien zurich geneva geneve rome roma milan milano madrid barcelona ' +
    'lisbon lisboa amsterdam rotterdam brussels bruxelles copenhagen kobenhavn oslo stockholm helsinki warsaw ' +
    'warszawa prague praha budapest bucharest athens istanbul moscow kyiv chicago boston houston dallas seattle ' +
    'denver phoenix philadelphia atlanta miami detroit toronto montreal vancouver sydney melbourne brisbane perth ' +
    'auckland wellington tokyo singapore mumbai delhi johannesburg nairobi lagos cairo'
  ).split(' '),
  'new york',
  'los angeles',
  'san francisco',
  'san diego',
  'san antonio',
  'las vegas',
  'washington dc',
  'mexico city',
  'sao paulo',
  'rio de janeiro',
  'buenos aires',
  'cape town',
  'hong kong',
]);

/** At the end of a place's name: `CHICAGO IL`. */
export const STATES: ReadonlySet<string> = new Set(
  (
    'al ak az ar ca co ct dc de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok ' +
    'or pa ri sc sd tn tx ut vt va wa wv wi wy ab bc mb nb nl ns on pe qc sk'
  ).split(' '),
);

/** Short forms, to the name they stand for. */
export const NICKNAMES: ReadonlyMap<string, string> = new Map(
  (
    'bob robert, rob robert, bobby robert, bill william, will william, billy william, liam william, dick richard, ' +
    'rick richard, rich richard, jim james, jimmy james, jamie james, tom thomas, tommy thomas, mike michael, ' +
    'mick michael, dave david, dan daniel, danny daniel, matt matthew, chris christopher, nick nicholas, ' +
    'tony anthony, joe joseph, joey joseph, steve steven, stephen steven, ted edward, ed edward, eddie edward, ' +
    'ben benjamin, sam samuel, alex alexander, andy andrew, drew andrew, greg gregory, jeff jeffrey, ken kenneth, ' +
    'larry lawrence, pete peter, phil philip, phillip philip, ron ronald, charlie charles, chuck charles, ' +
    'fred frederick, freddie frederick, harry henry, hank henry, jack john, johnny john, jon jonathan, ' +
    'liz elizabeth, beth elizabeth, lizzie elizabeth, betty elizabeth, kate katherine, katie katherine, ' +
    'kathy katherine, catherine katherine, peggy margaret, maggie margaret, meg margaret, sue susan, suzie susan, ' +
    'jenny jennifer, jen jennifer, becky rebecca, vicky victoria, patty patricia, debbie deborah, ' +
    'barb barbara, cindy cynthia, mandy amanda, abby abigail, ellie eleanor, nell eleanor, millie emily, ' +
    'hans johannes, sepp josef, pepe jose, paco francisco, pancho francisco, nacho ignacio, sasha aleksandr'
  )
    .split(', ')
    .map((pair) => {
      const [short = '', long = ''] = pair.split(' ');
      return [short, long] as const;
    }),
);
