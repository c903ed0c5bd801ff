import type { Clock } from '@nigehban/config/clock/clock.ts';
import {
  type AlertFigures,
  type AvailabilityFigures,
  alertGroups,
  availabilityGroups,
  type ReportSubject,
} from '@nigehban/domain/api/report-types.ts';
import { pollPhases } from '@nigehban/domain/election-phase.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type Static, Type } from 'typebox';
import type { Sql } from '../../store/database.ts';
import { readDistricts } from '../../store/district-store.ts';
import {
  buildAlertReport,
  buildAvailabilityReport,
  buildCauseReport,
} from '../../use-cases/build-report.ts';
import type { LongReads } from '../../use-cases/long-reads.ts';
import type { App } from '../app-type.ts';
import { sendCsv } from '../csv-answer.ts';

const defaultRows = 500;
const mostCsvRows = 1_000_000;

const ms = Type.String({ pattern: '^[0-9]{1,13}$' });
const shared = {
  fromMs: ms,
  toMs: ms,
  district: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
};
const closed = { additionalProperties: false } as const;
const phase = Type.Optional(Type.Enum(pollPhases));

const AvailabilityQuery = Type.Object(
  {
    ...shared,
    phase,
    groupBy: Type.Optional(Type.Enum(availabilityGroups)),
    required: Type.Optional(Type.Enum(['true', 'false'])),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,4}$' })),
  },
  closed,
);
const AlertQuery = Type.Object(
  { ...shared, phase, groupBy: Type.Optional(Type.Enum(alertGroups)) },
  closed,
);
const CauseQuery = Type.Object(shared, closed);

/** Reports, each as JSON and as a table to download. */
export function addReportRoutes(
  app: App,
  ports: { readonly sql: Sql; readonly clock: Clock; readonly read: LongReads },
): void {
  const { sql, clock, read } = ports;
  const config = { access: 'report.read' } as const;

  const rangeOf = async (query: Static<typeof CauseQuery>) => {
    const district = query.district ?? null;
    if (district !== null && !(await readDistricts(sql)).some((one) => one.code === district)) {
      throw new Fault('REQUEST_INVALID', `district names no district: ${district}`);
    }
    return { fromMs: Number(query.fromMs), toMs: Number(query.toMs), district };
  };
  const availability = async (query: Static<typeof AvailabilityQuery>, limit: number) =>
    await buildAvailabilityReport(
      read,
      {
        ...(await rangeOf(query)),
        phase: query.phase ?? null,
        groupBy: query.groupBy ?? 'district',
        requiredOnly: query.required === 'true',
        limit,
      },
      clock.nowMs(),
    );
  const alerts = async (query: Static<typeof AlertQuery>) =>
    await buildAlertReport(
      read,
      {
        ...(await rangeOf(query)),
        phase: query.phase ?? null,
        groupBy: query.groupBy ?? 'district',
      },
      clock.nowMs(),
    );
  const causes = async (query: Static<typeof CauseQuery>) =>
    await buildCauseReport(read, await rangeOf(query), clock.nowMs());

  app.get(
    '/api/reports/availability',
    { config, schema: { querystring: AvailabilityQuery } },
    async (request) =>
      await availability(request.query, Number(request.query.limit ?? defaultRows)),
  );
  app.get(
    '/api/reports/availability.csv',
    { config, schema: { querystring: AvailabilityQuery } },
    async (request, reply) => {
      const report = await availability(request.query, mostCsvRows);
      return sendCsv(reply, `availability-${report.groupBy}.csv`, [
        [...subjectHeads, ...availabilityHeads],
        ...report.rows.map((row) => [...subjectCells(row), ...availabilityCells(row)]),
        ['total', ...Array(subjectHeads.length - 1).fill(null), ...availabilityCells(report.total)],
      ]);
    },
  );
  app.get(
    '/api/reports/alerts',
    { config, schema: { querystring: AlertQuery } },
    async (request) => await alerts(request.query),
  );
  app.get(
    '/api/reports/alerts.csv',
    { config, schema: { querystring: AlertQuery } },
    async (request, reply) => {
      const report = await alerts(request.query);
      return sendCsv(reply, `alerts-${report.groupBy}.csv`, [
        [...subjectHeads, ...alertHeads],
        ...report.rows.map((row) => [...subjectCells(row), ...alertCells(row)]),
        ['total', ...Array(subjectHeads.length - 1).fill(null), ...alertCells(report.total)],
      ]);
    },
  );
  app.get(
    '/api/reports/causes',
    { config, schema: { querystring: CauseQuery } },
    async (request) => await causes(request.query),
  );
  app.get(
    '/api/reports/causes.csv',
    { config, schema: { querystring: CauseQuery } },
    async (request, reply) => {
      const report = await causes(request.query);
      return sendCsv(reply, 'causes.csv', [
        ['group', 'cause', 'detail', 'times', 'cameras', 'stations', 'time_s'],
        ...Object.entries({
          ...report.downByCauseMs,
          expected: report.expectedMs,
          ours: report.oursMs,
          unknown: report.unknownMs,
        }).map(([cause, time]) => ['time', cause, null, null, null, null, seconds(time)]),
        ...report.faults.map((row) => [
          ...['fault', row.state, row.fault, row.times, row.cameras, row.stations, null],
        ]),
        ...report.incidents.map((row) => [
          ...['incident', row.causeKind, row.causeKey, row.incidents, null, row.peakStations],
          seconds(row.durationMs),
        ]),
      ]);
    },
  );
}

const subjectHeads = [
  ...['key', 'district_code', 'district', 'district_ur', 'station_code', 'station', 'station_ur'],
  'placement',
];

function subjectCells(row: ReportSubject): (string | null)[] {
  return [
    ...[row.key, row.districtCode, row.district, row.districtUr],
    ...[row.stationCode, row.station, row.stationUr, row.placement],
  ];
}

const availabilityHeads = [
  ...['cameras', 'availability_percent', 'recorded_percent', 'observed_s', 'up_s', 'down_s'],
  ...['expected_s', 'ours_s', 'unknown_s', 'down_network_s', 'down_credentials_s'],
  ...['down_camera_s', 'down_view_s', 'impaired_s', 'recorded_s', 'not_recorded_ours_s'],
  'outages',
];

function availabilityCells(row: AvailabilityFigures): (number | null)[] {
  const { downByCauseMs: down } = row;
  return [
    ...[row.cameras, percent(row.availabilityPercent), percent(row.recordedPercent)],
    ...[row.observedMs, row.upMs, row.downMs, row.expectedMs, row.oursMs].map(seconds),
    ...[row.unknownMs, down.network, down.credentials, down.camera, down.view].map(seconds),
    ...[row.impairedMs, row.recordedMs, row.notRecordedOursMs].map(seconds),
    row.outages,
  ];
}

const alertHeads = [
  ...['opened', 'expected', 'acknowledged', 'closed', 'open', 'escalated', 'reopened', 'mtta_s'],
  ...['median_acknowledge_s', 'p90_acknowledge_s', 'mttr_s', 'median_recover_s', 'p90_recover_s'],
];

function alertCells(row: AlertFigures): (number | null)[] {
  return [
    ...[row.opened, row.expected, row.acknowledged, row.closed, row.open, row.escalated],
    row.reopened,
    ...[row.mttaMs, row.medianAcknowledgeMs, row.p90AcknowledgeMs].map(seconds),
    ...[row.mttrMs, row.medianRecoverMs, row.p90RecoverMs].map(seconds),
  ];
}

function seconds(time: number | null): number | null {
  return time === null ? null : Math.round(time) / 1_000;
}

function percent(share: number | null): number | null {
  return share === null ? null : Math.round(share * 1_000) / 1_000;
}
