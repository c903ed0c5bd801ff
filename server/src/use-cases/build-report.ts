import { decideSeverity } from '@nigehban/domain/alert-severity.ts';
import { alertSeverities } from '@nigehban/domain/api/alert-types.ts';
import type {
  AlertGroup,
  AlertReport,
  AlertRow,
  AvailabilityGroup,
  AvailabilityReport,
  CauseReport,
  ReportSubject,
} from '@nigehban/domain/api/report-types.ts';
import { type PollPhase, pollPhases } from '@nigehban/domain/election-phase.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type AlertEpisode, planEpisodes, sumEpisodes } from '@nigehban/domain/report-alerts.ts';
import { type Span, toFigures } from '@nigehban/domain/report-availability.ts';
import { reportDayOf, reportDaysOf, spanOfReportDay } from '@nigehban/domain/report-days.ts';
import { readProgress } from '../store/report-facts-store.ts';
import {
  readAlertHistories,
  readFaultRows,
  readIncidentCauses,
  readTimes,
  readTotalTime,
} from '../store/report-store.ts';
import type { LongReads } from './long-reads.ts';

const longestRangeMs = 400 * 86_400_000;
const mostCauses = 20;

export interface ReportQuery extends Span {
  readonly district: string | null;
  readonly phase: PollPhase | null;
}

/** @throws Fault REQUEST_INVALID for a range that is none or longer than 400 days */
function checkRange({ fromMs, toMs }: Span, nowMs: number): Span {
  const range = { fromMs, toMs: Math.min(toMs, nowMs) };
  if (!(range.toMs > fromMs) || range.toMs - fromMs > longestRangeMs) {
    throw new Fault('REQUEST_INVALID', 'fromMs must be before toMs and now, by up to 400 days');
  }
  return range;
}

/** How available cameras were, from the days that are counted. @throws Fault REQUEST_INVALID, REPORT_TOO_LONG */
export async function buildAvailabilityReport(
  read: LongReads,
  query: ReportQuery & {
    readonly groupBy: AvailabilityGroup;
    readonly requiredOnly: boolean;
    readonly limit: number;
  },
  nowMs: number,
): Promise<AvailabilityReport> {
  const days = reportDaysOf(checkRange(query, nowMs));
  const [fromDay = '', toDay = ''] = [days[0], days.at(-1)];
  const { district, phase, requiredOnly, groupBy } = query;
  const filter = { fromDay, toDay, district, phase, requiredOnly };
  const { progress, times, sum } = await read(async (tx) => ({
    progress: await readProgress(tx, fromDay, toDay),
    times: await readTimes(tx, groupBy, filter, query.limit),
    sum: await readTotalTime(tx, filter),
  }));
  const { rows, inAll } = times;
  const { cameras, ...total } = sum;
  const known = new Set(progress.map((row) => row.day));
  return {
    groupBy,
    fromMs: spanOfReportDay(fromDay).fromMs,
    toMs: progress.at(-1)?.doneUntilMs ?? spanOfReportDay(fromDay).fromMs,
    missingDays: days.filter((day) => !known.has(day)),
    rows: rows.map((row) => ({ ...subjectOf(row), ...toFigures(timeOf(row), row.cameras) })),
    rowsInAll: inAll,
    total: toFigures(timeOf(total), cameras),
  };
}

const nobody: Omit<ReportSubject, 'key'> = {
  ...{ districtCode: null, district: null, districtUr: null, stationCode: null, station: null },
  ...{ stationUr: null, cameraId: null, placement: null },
};

/** How soon alerts were acknowledged and over. @throws Fault REQUEST_INVALID, REPORT_TOO_LONG */
export async function buildAlertReport(
  read: LongReads,
  query: ReportQuery & { readonly groupBy: AlertGroup },
  nowMs: number,
): Promise<AlertReport> {
  const range = checkRange(query, nowMs);
  const alerts = await read((tx) => readAlertHistories(tx, range, query.district));
  const all: AlertEpisode[] = [];
  const groups = new Map<
    string,
    { row: Omit<AlertRow, keyof AlertEpisode>; list: AlertEpisode[] }
  >();
  for (const { steps, expected, ...alert } of alerts) {
    if (query.phase !== null && alert.phase !== query.phase) continue;
    const severity = decideSeverity(alert);
    const episodes = planEpisodes(steps, expected).filter(
      (one) => one.openedAtMs >= range.fromMs && one.openedAtMs < range.toMs,
    );
    for (const episode of episodes) {
      all.push(episode);
      const key = {
        district: alert.districtCode,
        severity,
        phase: alert.phase,
        day: reportDayOf(episode.openedAtMs),
      }[query.groupBy];
      const group = groups.get(key) ?? {
        list: [],
        row: {
          ...{ ...nobody, key, phase: null, severity: null, ...sumEpisodes([]) },
          ...(query.groupBy === 'district'
            ? {
                districtCode: alert.districtCode,
                district: alert.district,
                districtUr: alert.districtUr,
              }
            : {}),
          ...(query.groupBy === 'phase' ? { phase: alert.phase } : {}),
          ...(query.groupBy === 'severity' ? { severity } : {}),
        },
      };
      group.list.push(episode);
      groups.set(key, group);
    }
  }
  const order = { severity: alertSeverities, phase: pollPhases, district: [], day: [] }[
    query.groupBy
  ] as readonly string[];
  const rows = [...groups.values()]
    .map(({ row, list }) => ({ ...row, ...sumEpisodes(list) }))
    .sort((a, b) =>
      query.groupBy === 'district'
        ? b.opened - a.opened || a.key.localeCompare(b.key)
        : order.indexOf(a.key) - order.indexOf(b.key) || a.key.localeCompare(b.key),
    );
  return { groupBy: query.groupBy, ...range, rows, total: sumEpisodes(all) };
}

/** What it was that made cameras go dark. @throws Fault REQUEST_INVALID, REPORT_TOO_LONG */
export async function buildCauseReport(
  read: LongReads,
  query: Omit<ReportQuery, 'phase'>,
  nowMs: number,
): Promise<CauseReport> {
  const range = checkRange(query, nowMs);
  const days = reportDaysOf(range);
  const filter = {
    ...{ fromDay: days[0] ?? '', toDay: days.at(-1) ?? '' },
    ...{ district: query.district, phase: null, requiredOnly: false },
  };
  const { time, faults, incidents } = await read(async (tx) => ({
    time: await readTotalTime(tx, filter),
    faults: await readFaultRows(tx, range, query.district, mostCauses),
    incidents: await readIncidentCauses(tx, range, query.district, mostCauses),
  }));
  return {
    ...range,
    downByCauseMs: time.downByCauseMs,
    expectedMs: time.expectedMs,
    oursMs: time.oursMs,
    unknownMs: time.unknownMs,
    faults,
    incidents,
  };
}

function subjectOf(row: ReportSubject): ReportSubject {
  const { key, districtCode, district, districtUr, stationCode, station, stationUr } = row;
  const { cameraId, placement } = row;
  return {
    ...{ key, districtCode, district, districtUr, stationCode, station, stationUr },
    ...{ cameraId, placement },
  };
}

function timeOf(row: Parameters<typeof toFigures>[0]): Parameters<typeof toFigures>[0] {
  const { observedMs, upMs, downMs, expectedMs, oursMs, unknownMs, downByCauseMs } = row;
  const { impairedMs, recordedMs, notRecordedOursMs, outages } = row;
  return {
    ...{ observedMs, upMs, downMs, expectedMs, oursMs, unknownMs, downByCauseMs },
    ...{ impairedMs, recordedMs, notRecordedOursMs, outages },
  };
}
