// What a comparison says, field by field. Invariant: the bits of the fields and the prior add up to the total.

export type Field = 'name' | 'email' | 'phone' | 'account' | 'device' | 'declared' | 'birth' | 'place';

export interface Contribution {
  readonly field: Field;
  /** How the field compares: see the README of this folder. */
  readonly level: string;
  readonly bits: number;
}

export interface Score {
  readonly bits: number;
  readonly prior: number;
  readonly contributions: readonly Contribution[];
}
