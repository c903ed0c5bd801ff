import {
  type EscalationLevel,
  levelRank,
  type NoticeOccasion,
  type Severity,
  severityRank,
} from './notice-occasion.ts';
import { type QuietHours, quietUntilMs } from './notification.ts';

/** Who is told of what. */
export interface RecipientRule {
  readonly id: number;
  readonly enabled: boolean;
  readonly level: EscalationLevel;
  /** Set for a recipient of a district. */
  readonly districtCode: string | null;
  /** Set for a recipient of a division. */
  readonly division: string | null;
  readonly minSeverity: Severity;
  readonly quiet: QuietHours | null;
  /** The on-call roster: none means always, else only within one of them. */
  readonly shifts: readonly { readonly fromMs: number; readonly toMs: number }[];
}

export interface RoutedNotice {
  readonly recipientId: number;
  /** Not before then: quiet hours. */
  readonly notBeforeMs: number;
}

/**
 * The recipients that an occasion is for. Quiet hours put off everything that is not critical; a
 * recipient who is not on call is left out. The level that a person asked for help hears at once,
 * whatever the severity: somebody decided that it has to. When somebody ought to be told and the roster of that
 * level has nobody on call, everyone of the level is told: an empty roster must not swallow an alert.
 */
export function routeNotice(
  occasion: NoticeOccasion,
  recipients: readonly RecipientRule[],
  nowMs: number,
): readonly RoutedNotice[] {
  const concerned = recipients.filter(
    (recipient) => recipient.enabled && concerns(occasion, recipient),
  );
  const onCall = concerned.filter((recipient) => isOnCall(recipient, nowMs));
  const levelsOnCall = new Set(onCall.map((recipient) => recipient.level));
  const told = concerned.filter(
    (recipient) => onCall.includes(recipient) || !levelsOnCall.has(recipient.level),
  );
  return told.map((recipient) => ({
    recipientId: recipient.id,
    notBeforeMs:
      occasion.severity === 'critical' || isAsked(occasion, recipient)
        ? nowMs
        : (quietUntilMs(recipient.quiet, nowMs) ?? nowMs),
  }));
}

/** By a person, by hand. */
function isAsked({ byHand }: NoticeOccasion, recipient: RecipientRule): boolean {
  return byHand?.level === recipient.level;
}

function concerns(occasion: NoticeOccasion, recipient: RecipientRule): boolean {
  if (levelRank(recipient.level) > levelRank(occasion.level)) return false;
  const isGrave = severityRank(occasion.severity) >= severityRank(recipient.minSeverity);
  if (!isGrave && !isAsked(occasion, recipient)) return false;
  switch (recipient.level) {
    case 'district':
      return occasion.districtCode === null || recipient.districtCode === occasion.districtCode;
    case 'division':
      return occasion.division === null || recipient.division === occasion.division;
    case 'province':
      return true;
  }
}

function isOnCall(recipient: RecipientRule, nowMs: number): boolean {
  const { shifts } = recipient;
  return shifts.length === 0 || shifts.some(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs);
}
