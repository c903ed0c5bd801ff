import { type Action, actionsOf, can, type Role } from './permissions.ts';

/**
 * What a live view says of its camera's sound. `unsupported`: it sends sound that WebRTC does not carry
 * as it is (AAC, RFC 3640); only G.711 (RFC 3551 §4.5.14) reaches browsers without being encoded anew.
 */
export type LiveSound = 'available' | 'none' | 'unsupported';

/** What administrators decide about listening to cameras. */
export interface ListeningPolicy {
  /** Operators hear live sound too; without it supervisors only. */
  readonly operatorsListen: boolean;
}

/** Voices at a polling station are heard by as few as can be, until somebody decides otherwise. */
export const defaultListeningPolicy: ListeningPolicy = { operatorsListen: false };

/**
 * Whether people of this role may hear cameras. Sound comes with a live view: who gets no pictures
 * hears nothing either, whatever this says.
 */
export function mayListen(role: Role, policy: ListeningPolicy): boolean {
  return can(role, 'live.listen') || (role === 'operator' && policy.operatorsListen);
}

/** All that people of this role may do under the policy. */
export function actionsUnder(role: Role, policy: ListeningPolicy): readonly Action[] {
  const own = actionsOf(role);
  if (own.includes('live.listen') || !mayListen(role, policy)) return own;
  return [...own, 'live.listen'];
}
