// The words people, queues and topics are made of. Invariant: no real person: domains are example.com, numbers 555-01xx.

export const GIVEN_NAMES = [
  'Ada', 'Amir', 'Anouk', 'Bao', 'Bela', 'Carla', 'Chidi', 'Clara', 'Dario', 'Dina', 'Elio', 'Emre', 'Esra', 'Farid',
  'Freya', 'Gita', 'Hanna', 'Hugo', 'Ines', 'Ivo', 'Jana', 'Jonas', 'Kaya', 'Kofi', 'Lena', 'Luca', 'Mara', 'Milo',
  'Nadia', 'Noor', 'Olga', 'Otis', 'Pia', 'Rafa', 'Rosa', 'Samir', 'Selma', 'Tariq', 'Uma', 'Vera', 'Wanda', 'Yusuf',
] as const; // prettier-ignore

export const SURNAMES = [
  'Abara', 'Alder', 'Baptiste', 'Bergman', 'Castell', 'Cho', 'Danso', 'Dimitrov', 'Ebert', 'Eriksen', 'Falk', 'Ferro',
  'Galvan', 'Grau', 'Haddad', 'Holt', 'Ibarra', 'Ivers', 'Jansen', 'Kaplan', 'Kimura', 'Lindqvist', 'Lomax', 'Marek',
  'Mbeki', 'Nagy', 'Novak', 'Okoro', 'Ostrom', 'Pavlov', 'Quist', 'Reyes', 'Rossi', 'Sato', 'Soler', 'Tanaka', 'Thorne',
  'Urbina', 'Vance', 'Weiss', 'Yilmaz', 'Zeman',
] as const; // prettier-ignore

/** Area codes of the invented customers; each has the hundred numbers 555-0100 to 555-0199. */
export const AREA_CODES = ['206', '212', '312', '317', '404', '415', '503', '617'] as const;

export const CITIES: Readonly<Record<(typeof AREA_CODES)[number], string>> = {
  '206': 'Seattle, WA',
  '212': 'New York, NY',
  '312': 'Chicago, IL',
  '317': 'Indianapolis, IN',
  '404': 'Atlanta, GA',
  '415': 'San Francisco, CA',
  '503': 'Portland, OR',
  '617': 'Boston, MA',
};

export const QUEUE_NAMES = [
  'Support',
  'Billing',
  'Sales',
  'Cards',
  'Deliveries',
  'Claims',
  'Retention',
  'Web',
] as const;
export const SKILLS = [
  'English',
  'Invoices',
  'New customers',
  'Payments',
  'Parcels',
  'Policies',
  'Contracts',
  'Chat',
] as const;
export const WRAP_UP_CODES = ['Resolved', 'Follow-up needed', 'Escalated', 'Wrong department', 'Sold'] as const;
export const INTENTS = ['card_lost', 'invoice_wrong', 'where_is_order', 'cancel_contract', 'new_contract'] as const;
export const SUBJECTS = [
  'Invoice is wrong',
  'Parcel not here yet',
  'Change of address',
  'Contract ends',
  'Thank you',
] as const;
export const NOTES = [
  'Done as asked',
  'Will call again',
  'Sent the form',
  'Explained the bill',
  'Passed to second line',
] as const;
/** What people say in calls. */
export const SENTENCES = [
  'Good morning, how can I help?',
  'I lost my card yesterday.',
  'My last invoice is too high.',
  'Let me look that up for you.',
  'The parcel has not arrived yet.',
  'One moment, please.',
  'Could you say that again?',
  'That is all, thank you.',
] as const;
export const FILES = [
  { name: 'receipt.png', type: 'image/png' },
  { name: 'invoice.pdf', type: 'application/pdf' },
  { name: 'photo.jpg', type: 'image/jpeg' },
] as const;
export const TIERS = ['bronze', 'silver', 'gold'] as const;

/** What customers and agents write in threads of which only ids are told. */
export const QUESTIONS = [
  'Hello, my order has not come yet. Can you look?',
  'I was charged twice this month.',
  'How do I change my address?',
  'The code you sent does not work.',
  'Thank you, that helped.',
] as const;
export const REPLIES = [
  'Good day, I am looking into it for you.',
  'Could you give me the number of your order?',
  'I have corrected it, you will see it tomorrow.',
  'You find it in your account, under Settings.',
  'You are welcome. Is there anything else?',
] as const;
