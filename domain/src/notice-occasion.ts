import type { AlertSeverity } from './api/alert-types.ts';
import type { PollPhase } from './election-phase.ts';

/** As alerts have them; here from the least to the gravest. */
export const severities = [
  'info',
  'minor',
  'major',
  'critical',
] as const satisfies readonly AlertSeverity[];
export type Severity = AlertSeverity;

/** Whom an alert concerns: it begins in its district and climbs while nobody acknowledges it. */
export const escalationLevels = ['district', 'division', 'province'] as const;
export type EscalationLevel = (typeof escalationLevels)[number];

export type NoticeStep = 'opened' | 'reopened' | 'worsened' | 'escalated' | 'closed';

/** Something that people may have to be told. */
export interface NoticeOccasion {
  /** The same occasion always has the same key, however often it is delivered. */
  readonly key: string;
  readonly subject: NoticeSubject;
  readonly step: NoticeStep;
  readonly severity: Severity;
  readonly level: EscalationLevel;
  /** Null: of more than one district. */
  readonly districtCode: string | null;
  /** Null: of more than one division. */
  readonly division: string | null;
  readonly phase: PollPhase;
  readonly atMs: number;
  readonly facts: NoticeFacts;
  /** A person escalated it; left out where nobody did. */
  readonly byHand?: EscalatedByHand;
}

/** Who asked which level for help, and why. */
export interface EscalatedByHand {
  /** The name of the person, to show. */
  readonly name: string;
  readonly reason: string;
  readonly level: EscalationLevel;
}

export interface NoticeSubject {
  readonly kind: 'alert' | 'incident';
  readonly id: number;
}

/** What a message says of it, in both languages where names have both. */
export interface NoticeFacts {
  /** Polling station code, or what the incident is about (a feeder, a district). */
  readonly place: string;
  readonly placeName: string;
  readonly placeNameUr: string;
  readonly district: string;
  readonly districtUr: string;
  /** `BLIND`, `PARTIAL`, `TAMPERED` of an alert; the likeliest cause of an incident. */
  readonly what: string;
  readonly stations: number;
  readonly cameras: number;
  readonly down: number;
  readonly openedAtMs: number;
}

export function severityRank(severity: Severity): number {
  return severities.indexOf(severity);
}

export function levelRank(level: EscalationLevel): number {
  return escalationLevels.indexOf(level);
}
