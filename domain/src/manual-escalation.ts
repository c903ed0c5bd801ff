import type { IncidentCause, IncidentKind } from './incident.ts';
import { type EscalationLevel, escalationLevels, levelRank } from './notice-occasion.ts';
import { can, type Role } from './permissions.ts';

/** What can be escalated by hand, as far as the rule needs it. */
export interface Escalatable {
  readonly closed: boolean;
  /** Whose it is now. */
  readonly level: EscalationLevel;
}

export type ManualEscalation =
  | { readonly kind: 'climbs'; readonly from: EscalationLevel; readonly to: EscalationLevel }
  /** `top`: the province has it. `role`: this person may not. */
  | { readonly kind: 'refused'; readonly why: 'role' | 'closed' | 'top' };

/**
 * Whether a person may escalate an alert or incident, and to which level: one up. Acknowledged,
 * expected or part of an incident makes no difference: whoever has it in hand may ask for help. Asked
 * in this order: the role, whether it is open, whether there is a level above.
 */
export function decideManualEscalation(subject: Escalatable, role: Role): ManualEscalation {
  if (!can(role, 'alert.escalate')) return { kind: 'refused', why: 'role' };
  if (subject.closed) return { kind: 'refused', why: 'closed' };
  const to = escalationLevels[levelRank(subject.level) + 1];
  if (to === undefined) return { kind: 'refused', why: 'top' };
  return { kind: 'climbs', from: subject.level, to };
}

/** The level that an alert or incident climbed to, by its number (0: its district). */
export function levelOfNumber(escalationLevel: number): EscalationLevel {
  const last = escalationLevels.length - 1;
  return escalationLevels[Math.max(0, Math.min(escalationLevel, last))] ?? 'district';
}

/** Whose an incident is: the wider of what it climbed to and what it reaches. */
export function incidentLevel(incident: {
  readonly kind: IncidentKind;
  readonly cause: IncidentCause;
  readonly escalationLevel: number;
  readonly districts: number;
  readonly divisions: number;
}): EscalationLevel {
  const climbed = levelOfNumber(incident.escalationLevel);
  const reach = reachOf(incident);
  return levelRank(climbed) >= levelRank(reach) ? climbed : reach;
}

/** What spans divisions, or is a fault of our own, is the province's from the start. */
function reachOf(incident: Parameters<typeof incidentLevel>[0]): EscalationLevel {
  const { kind, cause, districts, divisions } = incident;
  if (kind === 'OWN' || cause.kind === 'province' || divisions > 1) return 'province';
  return districts > 1 ? 'division' : 'district';
}

/** Characters of a reason, after {@link cleanReason}. */
export const reasonLength = { least: 3, most: 300 } as const;

/**
 * A reason as it is kept and told: one line without control characters and without those that turn
 * the direction of the text around it (Unicode UAX #9). Null when too little or too much is left.
 */
export function cleanReason(given: string): string | null {
  const text = given
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  const length = [...text].length;
  return length < reasonLength.least || length > reasonLength.most ? null : text;
}
