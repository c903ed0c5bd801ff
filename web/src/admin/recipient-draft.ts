import type {
  RecipientBody,
  RecipientTarget,
  RecipientView,
} from '@nigehban/domain/api/notice-types.ts';
import type { EscalationLevel, Severity } from '@nigehban/domain/notice-occasion.ts';
import type { ChannelKind } from '@nigehban/domain/notification.ts';

/** A recipient as it stands in the form: every field a text or a choice. */
export interface RecipientDraft {
  readonly name: string;
  readonly channel: ChannelKind;
  /** URL, address, number or user name; empty on a known recipient: as it was. */
  readonly target: string;
  readonly secret: string;
  readonly language: 'en' | 'ur';
  readonly level: EscalationLevel;
  readonly districtCode: string;
  readonly division: string;
  readonly minSeverity: Severity;
  /** `22:00`; both empty: no quiet hours. */
  readonly quietFrom: string;
  readonly quietTo: string;
  readonly limitMessages: string;
  readonly limitMinutes: string;
  readonly enabled: boolean;
  readonly shifts: RecipientBody['shifts'];
}

export const emptyDraft: RecipientDraft = {
  name: '',
  channel: 'webhook',
  target: '',
  secret: '',
  language: 'en',
  level: 'district',
  districtCode: '',
  division: '',
  minSeverity: 'minor',
  quietFrom: '',
  quietTo: '',
  limitMessages: '3',
  limitMinutes: '10',
  enabled: true,
  shifts: [],
};

export function draftOf(view: RecipientView): RecipientDraft {
  return {
    ...emptyDraft,
    name: view.name,
    channel: view.channel,
    language: view.language,
    level: view.level,
    districtCode: view.districtCode ?? '',
    division: view.division ?? '',
    minSeverity: view.minSeverity,
    quietFrom: view.quiet === null ? '' : clockOf(view.quiet.fromMinute),
    quietTo: view.quiet === null ? '' : clockOf(view.quiet.toMinute),
    limitMessages: String(view.limitMessages),
    limitMinutes: String(Math.round(view.limitWindowMs / 60_000)),
    enabled: view.enabled,
    shifts: view.shifts,
  };
}

export type DraftProblem =
  | 'name'
  | 'target'
  | 'secret'
  | 'district'
  | 'division'
  | 'quiet'
  | 'limit'
  | 'shift';

/** What keeps a draft from being saved; `known`: the recipient has a target already. */
export function problemsOf(draft: RecipientDraft, known: boolean): readonly DraftProblem[] {
  const problems: DraftProblem[] = [];
  if (draft.name.trim() === '') problems.push('name');
  if (draft.target.trim() === '' && !known) problems.push('target');
  const needsSecret = draft.channel === 'webhook' && draft.target.trim() !== '';
  if (needsSecret && draft.secret.length < 8) problems.push('secret');
  if (draft.level === 'district' && draft.districtCode === '') problems.push('district');
  if (draft.level === 'division' && draft.division === '') problems.push('division');
  const [from, to] = [minuteOf(draft.quietFrom), minuteOf(draft.quietTo)];
  if ((from === null) !== (to === null)) problems.push('quiet');
  if (wholeNumber(draft.limitMessages, 1, 1_000) === null) problems.push('limit');
  else if (wholeNumber(draft.limitMinutes, 1, 1_440) === null) problems.push('limit');
  if (draft.shifts.some(({ fromMs, toMs }) => toMs <= fromMs)) problems.push('shift');
  return problems;
}

/** The draft as the server takes it; null while it has problems. */
export function bodyOf(draft: RecipientDraft, known: boolean): RecipientBody | null {
  if (problemsOf(draft, known).length > 0) return null;
  const [from, to] = [minuteOf(draft.quietFrom), minuteOf(draft.quietTo)];
  return {
    name: draft.name.trim(),
    channel: draft.channel,
    target: draft.target.trim() === '' ? null : targetOf(draft),
    language: draft.language,
    level: draft.level,
    districtCode: draft.level === 'district' ? draft.districtCode : null,
    division: draft.level === 'division' ? draft.division : null,
    minSeverity: draft.minSeverity,
    quiet: from === null || to === null ? null : { fromMinute: from, toMinute: to },
    limitMessages: wholeNumber(draft.limitMessages, 1, 1_000) ?? 3,
    limitWindowMs: (wholeNumber(draft.limitMinutes, 1, 1_440) ?? 10) * 60_000,
    enabled: draft.enabled,
    shifts: draft.shifts,
  };
}

function targetOf(draft: RecipientDraft): RecipientTarget {
  const target = draft.target.trim();
  switch (draft.channel) {
    case 'webhook':
      return { kind: 'webhook', url: target, secret: draft.secret };
    case 'smtp':
      return { kind: 'smtp', address: target };
    case 'sms':
      return { kind: 'sms', number: target.replace(/[\s-]/g, '') };
    case 'push':
      return { kind: 'push', username: target };
  }
}

/** Minutes of the day of `HH:MM`; null when it is none. */
export function minuteOf(clock: string): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(clock);
  return match === null ? null : Number(match[1]) * 60 + Number(match[2]);
}

export function clockOf(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

export function wholeNumber(text: string, min: number, max: number): number | null {
  if (!/^\d{1,6}$/.test(text)) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}

const karachiOffsetMs = 5 * 3_600_000;

/** `2027-02-08T16:05` in Pakistan, as a datetime-local field has it; null when it is none. */
export function msOfLocal(local: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(local)) return null;
  const ms = Date.parse(`${local}:00Z`);
  return Number.isNaN(ms) ? null : ms - karachiOffsetMs;
}

export function localOfMs(ms: number): string {
  return new Date(ms + karachiOffsetMs).toISOString().slice(0, 16);
}
