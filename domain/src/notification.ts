/** Ways in which a person or another system is told. */
export const channelKinds = ['webhook', 'smtp', 'sms', 'push'] as const;
export type ChannelKind = (typeof channelKinds)[number];

/** What a channel carries, already in the reader's language. */
export interface NoticeMessage {
  /** Idempotency key: the same message always has the same. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  /** One line for a telephone. */
  readonly shortText: string;
  /** The facts, for machines. */
  readonly data: Readonly<Record<string, unknown>>;
}

export type DeliveryOutcome =
  | { readonly kind: 'sent'; readonly detail: string }
  /** Not now: another attempt may do it. */
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterMs: number | null }
  /** Never: the receiver says no, or the target is wrong. */
  | { readonly kind: 'refused'; readonly reason: string };

/** After how many attempts a message goes to the dead letters. */
export const deliveryAttempts = 8;

/**
 * Wait before the next attempt, milliseconds: 5 s doubled each time up to 15 min, spread by ±20 % so
 * that a receiver which comes back is not run over. `random` is in [0, 1).
 */
export function deliveryBackoffMs(
  attemptsDone: number,
  retryAfterMs: number | null,
  random: number,
): number {
  const doubledMs = Math.min(5_000 * 2 ** Math.max(0, attemptsDone - 1), 900_000);
  const spreadMs = doubledMs * (0.8 + 0.4 * random);
  return Math.round(Math.max(spreadMs, Math.min(retryAfterMs ?? 0, 3_600_000)));
}

/** Quiet hours in minutes of the day, Asia/Karachi; `from` 1320 and `to` 420 is 22:00 to 07:00. */
export interface QuietHours {
  readonly fromMinute: number;
  readonly toMinute: number;
}

const minuteMs = 60_000;
const dayMinutes = 1_440;
/** Pakistan has no daylight saving time: UTC+5 all year. */
const karachiOffsetMinutes = 300;

/** When the quiet hours that hold now end; null when none hold. */
export function quietUntilMs(quiet: QuietHours | null, nowMs: number): number | null {
  if (quiet === null || quiet.fromMinute === quiet.toMinute) return null;
  const minute = (Math.floor(nowMs / minuteMs) + karachiOffsetMinutes) % dayMinutes;
  const { fromMinute, toMinute } = quiet;
  const holds =
    fromMinute < toMinute
      ? minute >= fromMinute && minute < toMinute
      : minute >= fromMinute || minute < toMinute;
  if (!holds) return null;
  const leftMinutes = (toMinute - minute + dayMinutes) % dayMinutes;
  return Math.floor(nowMs / minuteMs) * minuteMs + leftMinutes * minuteMs;
}

/** At most `messages` in any `windowMs`; what is held back goes out as one summary. */
export interface RateLimit {
  readonly messages: number;
  readonly windowMs: number;
}

/** Clocks of several servers differ by less. */
const clockSlackMs = 60_000;

export type FlushDecision =
  | { readonly kind: 'nothing' }
  /** Look again then. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  /** Each as its own message. */
  | { readonly kind: 'single' }
  /** All of it as one message. */
  | { readonly kind: 'digest' };

/**
 * What is to be done with the notices that wait for one recipient. The first notice waits `gatherMs`
 * for its companions, so that a storm is one message from the start; while quiet hours hold only
 * critical ones go; the last message that the limit allows is always a digest, and what comes after
 * waits for the window to move on. Times far in the future were written before the clock was set back:
 * they hold up nothing.
 */
export function decideFlush(
  input: {
    /** Of the waiting notices that may go now. */
    readonly waiting: number;
    readonly oldestWaitingMs: number | null;
    /** Times of the messages sent within the window, any order. */
    readonly sentAtMs: readonly number[];
    readonly limit: RateLimit;
    readonly gatherMs: number;
  },
  nowMs: number,
): FlushDecision {
  if (input.waiting === 0 || input.oldestWaitingMs === null) return { kind: 'nothing' };
  const dueMs = input.oldestWaitingMs + input.gatherMs;
  const isClockBack = input.oldestWaitingMs > nowMs + clockSlackMs;
  if (nowMs < dueMs && !isClockBack) return { kind: 'wait', untilMs: dueMs };
  const recent = input.sentAtMs.filter(
    (sentMs) => sentMs > nowMs - input.limit.windowMs && sentMs <= nowMs + clockSlackMs,
  );
  const room = input.limit.messages - recent.length;
  if (room <= 0) {
    const sorted = [...recent].sort((a, b) => a - b);
    const freesAt = sorted[sorted.length - input.limit.messages] ?? nowMs;
    return { kind: 'wait', untilMs: freesAt + input.limit.windowMs };
  }
  return input.waiting <= Math.max(1, room - 1) ? { kind: 'single' } : { kind: 'digest' };
}
