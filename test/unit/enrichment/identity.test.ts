// By what a customer can be found: addresses read, what was told first kept, sealed in the state, and no crypto for what
// is known already.
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../../src/domain/enrichment/address.ts';
import { identityWith } from '../../../src/domain/enrichment/identity.ts';
import { identityKeeper, unsealIdentity } from '../../../src/enrichment/lookup/identity-keeper.ts';
import { sealWith, type Seal } from '../../../src/runtime/seal.ts';
import { agent, customer, snapshot, tell, tellFrom } from '../domain/build.ts';

describe('an address', () => {
  it.each([
    ['tel:+13175550142', { phone: '+13175550142' }],
    ['sip:+13175550142@192.0.2.10;transport=udp', { phone: '+13175550142' }],
    ['+1 (317) 555-0142', { phone: '+13175550142' }],
    ['0049 30 5550142', { phone: '+49305550142' }],
    ['3175550142', { phone: '3175550142' }],
    ['whatsapp:+13175550142', { phone: '+13175550142' }],
    ['Jane.Roe@Example.com', { email: 'jane.roe@example.com' }],
    ['mailto:jane.roe@example.com', { email: 'jane.roe@example.com' }],
    ['anonymous', undefined],
    ['sip:anonymous@anonymous.invalid', undefined],
    ['tel:7001', undefined],
    ['d6656e75-92d8-5141-befc-a800b5877c55', undefined],
    ['d6656e75-92d8-5141-befc-a800b5877c55@guest.orgspan.com', undefined],
    ['', undefined],
    ['9'.repeat(400), undefined],
    [`${'a'.repeat(300)}@example.com`, undefined],
  ])('%s', (text, expected) => {
    expect(readAddress(text)).toEqual(expected);
  });

  it('is read in a time that grows with its length only', () => {
    const begun = performance.now();
    for (const text of ['('.repeat(300), '@'.repeat(300), `tel:${'1 '.repeat(150)}`]) readAddress(text);
    expect(performance.now() - begun).toBeLessThan(100);
  });
});

describe('an identity', () => {
  const told = [
    agent({ addresses: ['tel:+18005550100'], externalContactId: 'agents-have-none' }),
    customer({ addresses: ['tel:+13175550142', 'other@example.com'], externalContactId: 'contact-1', attributes: { number: 'C-1', other: 'x' } }),
  ]; // prettier-ignore

  it('is of the customer alone, with the attributes asked for', () => {
    expect(identityWith({}, told, {}, ['number', 'missing'])).toEqual({
      phone: '+13175550142',
      email: 'other@example.com',
      externalContactId: 'contact-1',
      attributes: { number: 'C-1' },
    });
  });

  it('keeps what was told first, and is the same object where nothing is new', () => {
    const known = identityWith({}, told, {}, ['number']);
    const later = [customer({ addresses: ['tel:+12125550100'], externalContactId: 'contact-2', attributes: { number: 'C-2' } })]; // prettier-ignore
    expect(identityWith(known, later, {}, ['number'])).toBe(known);
  });

  it('takes no value that is no text, too long, or a member of Object', () => {
    const attributes = { number: 7, long: 'x'.repeat(257), empty: '' };
    const names = ['number', 'long', 'empty', 'constructor', '__proto__'];
    expect(identityWith({}, [customer({ attributes })], {}, names)).toEqual({});
  });

  it('knows a customer by an earlier event where this one does not say', () => {
    const { state } = tell(snapshot(0, customer({})));
    const nameless = { participantId: 'customer-1', externalContactId: 'contact-1' };
    expect(identityWith({}, [nameless], state.participants, [])).toEqual({ externalContactId: 'contact-1' });
    expect(identityWith({}, [nameless], {}, [])).toEqual({});
  });
});

describe('the keeper', () => {
  const seal = sealWith(Buffer.alloc(32, 7).toString('base64'));
  const counting = (): Seal & { work: number } => ({
    work: 0,
    seal(plain) {
      this.work += 1;
      return seal.seal(plain);
    },
    unseal(sealed) {
      this.work += 1;
      return seal.unseal(sealed);
    },
  });
  const called = customer({ addresses: ['tel:+13175550142'] });

  it('seals what is new, and does nothing for what is known', () => {
    const counted = counting();
    const keep = identityKeeper(counted, []);
    const first = keep(tell(snapshot(0, called)), snapshot(0, called));
    expect(first.changed).toBe(true);
    expect(JSON.stringify(first.state)).not.toContain('3175550142');
    expect(unsealIdentity(seal, first.state.identity ?? '')).toEqual({ phone: '+13175550142' });
    expect(counted.work).toBe(1);
    for (let n = 0; n < 100; n += 1) {
      const again = snapshot(n, called);
      expect(keep(tellFrom(first.state, again), again).state.identity).toBe(first.state.identity);
    }
    expect(counted.work).toBe(1);
  });

  it('adds to what another process sealed, and counts that as a change of the state', () => {
    const first = identityKeeper(seal, [])(tell(snapshot(0, called)), snapshot(0, called)).state;
    const named = snapshot(0, { ...called, externalContactId: 'contact-1' });
    const reduction = tellFrom(first, named);
    const { state, changed } = identityKeeper(seal, [])({ ...reduction, changed: false, state: first }, named);
    expect(changed).toBe(true);
    expect(state.version).toBe(first.version + 1);
    expect(unsealIdentity(seal, state.identity ?? '')).toEqual({ phone: '+13175550142', externalContactId: 'contact-1' }); // prettier-ignore
  });

  it('begins anew where the state was sealed with another key', () => {
    const other = sealWith(Buffer.alloc(32, 8).toString('base64'));
    const state = { ...tell(snapshot(0, called)).state, identity: other.seal('{"phone":"+1"}') };
    const kept = identityKeeper(seal, [])(tellFrom(state, snapshot(0, called)), snapshot(0, called));
    expect(unsealIdentity(seal, kept.state.identity ?? '')).toEqual({ phone: '+13175550142' });
  });
});
