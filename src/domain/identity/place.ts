// Where a person lives, as it is compared. Invariant: each part is folded text, or missing.
import { fold } from './fold.ts';

export interface Place {
  readonly street: string | undefined;
  readonly city: string | undefined;
  readonly postcode: string | undefined;
  readonly state: string | undefined;
  readonly key: string;
}

type Parts = { readonly [part in 'street' | 'city' | 'postcode' | 'state']?: string | undefined };

export function placeFrom(parts: Parts): Place | undefined {
  const street = folded(parts.street);
  const city = folded(parts.city);
  const postcode = folded(parts.postcode)?.replaceAll(' ', '');
  const state = folded(parts.state);
  const key = [street, city, postcode, state].map((part) => part ?? '').join('|');
  return key === '|||' ? undefined : { street, city, postcode, state, key };
}

function folded(text: string | undefined): string | undefined {
  const plain = text === undefined ? '' : fold(text);
  return plain === '' ? undefined : plain;
}
