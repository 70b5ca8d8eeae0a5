// Who becomes one profile, and who never does. Invariants held here: withheld and shared identifiers join nobody, the order
// of the records does not matter, and whatever is told apart stays apart.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PEOPLE, partition, resolved } from './people.ts';

const of = (...persons: readonly string[]) => PEOPLE.filter(({ person }) => persons.includes(person));

test('the small world falls into its people', () => {
  const persons = [...new Set(PEOPLE.map(({ person }) => person))];
  const expected = persons.map((person) =>
    of(person)
      .map(({ id }) => id)
      .join(' '),
  );
  expect(partition(resolved(PEOPLE))).toEqual(expected.toSorted());
});

describe('never one person by', () => {
  test.each([
    ['a withheld number', [{ phone: 'anonymous' }, { phone: 'anonymous' }]],
    ['a number that spells ANONYMOUS', [{ phone: '+266696687' }, { phone: '+266696687' }]],
    ['a placeholder', [{ name: 'WIRELESS CALLER' }, { name: 'WIRELESS CALLER' }]],
    ['a name alone', [{ name: 'Ines Corvalan' }, { name: 'Ines Corvalan' }]],
    [
      'a name and a town',
      [
        { name: 'Ines Corvalan', city: 'Lund' },
        { name: 'Ines Corvalan', city: 'Lund' },
      ],
    ],
    [
      'a household’s telephone',
      [
        { name: 'Otto Brandvold', phone: '+4722123456' },
        { name: 'Runa Brandvold', phone: '+4722123456' },
      ],
    ],
    [
      'an office’s mailbox',
      [
        { name: 'Mira Falk', email: 'info@falk.example' },
        { name: 'Piet Dam', email: 'info@falk.example' },
      ],
    ],
    ['a mailbox for whoever writes', [{ email: 'info@falk.example' }, { email: 'info@falk.example' }]],
    [
      'accounts that conflict',
      [
        { name: 'Ada Byron', phone: '+4722123456', externalIds: [{ source: 'crm', value: '1' }] },
        { name: 'Ada Byron', phone: '+4722123456', externalIds: [{ source: 'crm', value: '2' }] },
      ],
    ],
    [
      'first letters that fit',
      [
        { name: 'J. Smith', email: 'joan.smith@x.example' },
        { name: 'John Smith', email: 'john.smith@x.example' },
      ],
    ],
  ])('%s', (_, records) => {
    expect(partition(resolved(records.map((record, index) => ({ id: `r${index}`, ...record }))))).toHaveLength(2);
  });
});

test('a crowd on one telephone is nobody, however many guests it has', () => {
  const guest = (index: number) => ({
    id: `g${index}`,
    phone: '+4722123456',
    externalIds: [{ source: 'cookie', value: `k${index}` }],
  });
  const crowd = Array.from({ length: 40 }, (_, index) => guest(index));
  expect(partition(resolved(crowd))).toHaveLength(40);
  // The control: as few as one person may have
  expect(partition(resolved(crowd.slice(0, 3)))).toHaveLength(1);
});

test('a telephone that two accounts use joins no third', () => {
  const phone = '+4722123456';
  const account = (id: string, value: string) => ({ id, phone, externalIds: [{ source: 'crm', value }] });
  expect(partition(resolved([account('a', '1'), account('b', '2'), { id: 'c', phone }]))).toHaveLength(3);
  expect(partition(resolved([account('a', '1'), { id: 'c', phone }]))).toHaveLength(1);
});

test('half a name at an office’s mailbox is not enough, a whole one is', () => {
  const email = 'info@falk.example';
  const at = (id: string, name: string) => ({ id, name, email });
  expect(partition(resolved([at('a', 'Mira Falk'), at('b', 'Mira')]))).toHaveLength(2);
  expect(partition(resolved([at('a', 'Mira Falk'), at('b', 'Falk, Mira')]))).toHaveLength(1);
});

describe('one person by', () => {
  test.each([
    ['a personal mailbox', [{ email: 'ada@byron.example' }, { email: 'Ada+news@byron.example' }]],
    [
      'an account',
      [{ externalIds: [{ source: 'crm', value: '1' }] }, { externalIds: [{ source: 'CRM', value: '1' }] }],
    ],
    ['a telephone nobody else claims', [{ phone: '+4722123456' }, { phone: '22 12 34 56', region: 'NO' }]],
    [
      'a mistyped domain',
      [{ email: 'ada.byron@byronmail.example' }, { email: 'ada.byron@byronmial.example', name: 'Ada Byron' }],
    ],
    [
      'a shared telephone and a name',
      [
        { name: 'Ada Byron', phone: '+4722123456' },
        { name: 'Otto Brandvold', phone: '+4722123456' },
        { name: 'BYRON ADA', phone: '+4722123456' },
      ],
    ],
  ])('%s', (_, records) => {
    const profiles = partition(resolved(records.map((record, index) => ({ id: `r${index}`, ...record }))));
    expect(profiles).toHaveLength(records.length - 1);
  });
});

test('what is told apart stays apart, however sure the rest is', () => {
  const ada = of('ada');
  expect(partition(resolved(ada))).toHaveLength(1);
  const { profiles, refused } = resolved(ada, { cannotLink: [['a1', 'a3']] });
  const home = (id: string) => profiles.find(({ ids }) => ids.includes(id));
  expect(home('a1')).not.toBe(home('a3'));
  expect(refused.flatMap(({ decision }) => decision.vetoes)).toContain('cannot-link');
});

test('a stranger with nothing in common changes nothing for the others', () => {
  const before = partition(resolved(PEOPLE));
  expect(partition(resolved([...PEOPLE, { id: 'z', person: 'z', name: 'Wim Zonderland' }]))).toEqual([...before, 'z']);
});

test('the order of the records does not matter', () => {
  const expected = partition(resolved(PEOPLE));
  fc.assert(
    fc.property(fc.shuffledSubarray([...PEOPLE], { minLength: PEOPLE.length }), (shuffled) => {
      expect(partition(resolved(shuffled))).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test('the order does not matter either for people made of noise, and told-apart pairs hold', () => {
  const pick = (...values: readonly string[]) => fc.constantFrom(undefined, ...values);
  const record = fc.record({
    name: pick('Ada Byron', 'Ada Byrn', 'BYRON ADA', 'Otto Byron', 'ada', 'Guest_123'),
    email: pick('ada@byron.example', 'ada.b@byron.example', 'info@byron.example', 'otto@byron.example'),
    phone: pick('+4722123456', '+4722123457', 'anonymous'),
    dob: pick('1981-07-19', '1981-07-18', '1960-01-02'),
    crm: pick('1', '2'),
  });
  fc.assert(
    fc.property(fc.array(record, { minLength: 2, maxLength: 14 }), fc.integer(), (drawn, seed) => {
      const records = drawn.map(({ crm, ...rest }, index) => ({
        id: `r${index}`,
        ...rest,
        externalIds: crm === undefined ? [] : [{ source: 'crm', value: crm }],
      }));
      const turned = records.toSorted(
        (a, b) => ((seed * 31 + a.id.length * 7 + Number(a.id.slice(1)) * seed) % 13) - (Number(b.id.slice(1)) % 13),
      );
      const options = { cannotLink: [['r0', 'r1']] as const };
      const resolution = resolved(records, options);
      expect(partition(resolved(turned, options))).toEqual(partition(resolution));
      expect(resolution.profiles.some(({ ids }) => ids.includes('r0') && ids.includes('r1'))).toBe(false);
      expect(resolution.profiles.flatMap(({ ids }) => ids).toSorted()).toEqual(records.map(({ id }) => id).toSorted());
    }),
    { numRuns: 60 },
  );
});
