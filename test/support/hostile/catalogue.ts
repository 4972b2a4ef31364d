import type { Family } from './case.ts';
import { audience, issuer, time, type } from './claims.ts';
import { duplicates, encryption, shape } from './form.ts';
import { algorithm, headerInjection, signatures } from './header.ts';
import { groups, identity, replay } from './identity.ts';

/** The catalogue of tokens that must not pass, family by family. */
export const HOSTILE_TOKENS: readonly Family[] = [
  shape,
  duplicates,
  algorithm,
  signatures,
  headerInjection,
  encryption,
  issuer,
  audience,
  time,
  type,
  identity,
  groups,
  replay,
];
