import {
  type AlertGroup,
  type AvailabilityGroup,
  alertGroups,
  availabilityGroups,
} from '@nigehban/domain/api/report-types.ts';
import { type PollPhase, pollPhases } from '@nigehban/domain/election-phase.ts';
import { dayMs, isoDateOf, parseIsoDate } from '../i18n/station-time.ts';

export const reportKinds = ['availability', 'alerts', 'causes'] as const;
export type ReportKind = (typeof reportKinds)[number];

/** A report by its address: it can be sent to a colleague as it is. */
export interface ReportSearch {
  /** Absent: availability. */
  readonly report?: ReportKind;
  readonly group?: AvailabilityGroup | AlertGroup;
  readonly district?: string;
  readonly phase?: PollPhase;
  /** First and last day in Pakistan, `2024-02-08`; absent: the last seven days. */
  readonly from?: string;
  readonly to?: string;
}

const usualDays = 7;

const oneOf = <Value extends string>(values: readonly Value[], given: unknown): Value | undefined =>
  values.find((value) => value === given);

export function parseReportSearch(search: Record<string, unknown>): ReportSearch {
  const report = oneOf(reportKinds, search.report);
  const group = oneOf([...availabilityGroups, ...alertGroups], search.group);
  const phase = oneOf(pollPhases, search.phase);
  const day = (value: unknown) =>
    typeof value === 'string' && parseIsoDate(value) !== null ? value : undefined;
  const from = day(search.from);
  const to = day(search.to);
  const { district } = search;
  return {
    ...(report === undefined ? {} : { report }),
    ...(group === undefined ? {} : { group }),
    ...(typeof district === 'string' && district !== '' ? { district } : {}),
    ...(phase === undefined ? {} : { phase }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

/** The days that a report is of, first and last. */
export function daysOf(search: ReportSearch, nowMs: number): { from: string; to: string } {
  const to = search.to ?? isoDateOf(nowMs);
  const toMs = parseIsoDate(to) ?? nowMs;
  return { from: search.from ?? isoDateOf(toMs - (usualDays - 1) * dayMs), to };
}

/** The groups that a report can be made by. */
export function groupsOf(kind: ReportKind): readonly (AvailabilityGroup | AlertGroup)[] {
  if (kind === 'causes') return [];
  return kind === 'availability' ? availabilityGroups : alertGroups;
}

/**
 * What is asked of the server: `/api/reports/availability?…`, or its `.csv`; null when the days are
 * the wrong way round.
 */
export function reportPath(
  search: ReportSearch,
  nowMs: number,
  form: 'json' | 'csv',
): string | null {
  const kind = search.report ?? 'availability';
  const days = daysOf(search, nowMs);
  const [fromMs, lastMs] = [parseIsoDate(days.from), parseIsoDate(days.to)];
  if (fromMs === null || lastMs === null || lastMs < fromMs) return null;
  const query = new URLSearchParams({ fromMs: String(fromMs), toMs: String(lastMs + dayMs) });
  const group = oneOf(groupsOf(kind), search.group);
  if (group !== undefined) query.set('groupBy', group);
  if (search.district !== undefined) query.set('district', search.district);
  if (search.phase !== undefined && kind !== 'causes') query.set('phase', search.phase);
  return `/api/reports/${kind}${form === 'csv' ? '.csv' : ''}?${query}`;
}
