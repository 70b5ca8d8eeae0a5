// What comes of converting one value. Invariant: the reason of a refusal is one of a closed set, never the value.

/** Closed: shown to people and counted. */
export type Refusal =
  | 'other_type'
  | 'empty'
  | 'no_decimal_number'
  | 'no_whole_number'
  | 'too_many_digits'
  | 'no_yes_or_no'
  | 'no_iso_date'
  | 'no_such_day'
  | 'no_offset'
  | 'has_a_time'
  | 'not_allowed'
  | 'outside_limits'
  | 'too_large'
  | 'too_many';

export type Converted =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: Refusal };

export const taken = (value: unknown): Converted => ({ ok: true, value });
export const refused = (refusal: Refusal): Converted => ({ ok: false, refusal });
