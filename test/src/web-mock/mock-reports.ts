import type {
  AlertFigures,
  AlertReport,
  AvailabilityFigures,
  AvailabilityReport,
  CauseReport,
  ReportSubject,
} from '@nigehban/domain/api/report-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { can } from '@nigehban/domain/permissions.ts';
import type { MockPart } from './mock-part.ts';

const hourMs = 3_600_000;
const nothing = {
  districtCode: null,
  district: null,
  districtUr: null,
  stationCode: null,
  station: null,
  stationUr: null,
  cameraId: null,
  placement: null,
};
const districts: readonly ReportSubject[] = [
  { ...nothing, key: 'MUL', districtCode: 'MUL', district: 'Multan', districtUr: 'ملتان' },
  { ...nothing, key: 'RWP', districtCode: 'RWP', district: 'Rawalpindi', districtUr: 'راولپنڈی' },
  { ...nothing, key: 'LHR', districtCode: 'LHR', district: 'Lahore', districtUr: 'لاہور' },
];

function availability(cameras: number, downHours: number): AvailabilityFigures {
  const observedMs = cameras * 168 * hourMs;
  const downMs = downHours * hourMs;
  const [expectedMs, oursMs, unknownMs] = [cameras * 9 * hourMs, cameras * hourMs, 2 * hourMs];
  const upMs = observedMs - downMs - expectedMs - oursMs - unknownMs;
  return {
    cameras,
    observedMs,
    upMs,
    downMs,
    expectedMs,
    oursMs,
    unknownMs,
    downByCauseMs: {
      network: downMs * 0.7,
      credentials: 0,
      camera: downMs * 0.2,
      view: downMs / 10,
    },
    impairedMs: hourMs,
    recordedMs: upMs - hourMs,
    notRecordedOursMs: hourMs,
    outages: Math.round(downHours / 2),
    availabilityPercent: (upMs / (upMs + downMs)) * 100,
    recordedPercent: ((upMs - hourMs) / (observedMs - expectedMs)) * 100,
  };
}

function response(opened: number): AlertFigures {
  return {
    opened,
    expected: Math.round(opened / 6),
    acknowledged: opened - 3,
    closed: opened - 2,
    open: 2,
    escalated: Math.round(opened / 9),
    reopened: 1,
    mttaMs: 74_000,
    medianAcknowledgeMs: 41_000,
    p90AcknowledgeMs: 190_000,
    mttrMs: 1_640_000,
    medianRecoverMs: 900_000,
    p90RecoverMs: 5_400_000,
  };
}

/** A week's figures, as large as they are in three districts. */
export const answerReports: MockPart = ({ path: [, name], query, role }) => {
  if (!can(role, 'report.read')) throw new Fault('PERMISSION_DENIED', 'Not for this role');
  const [fromMs, toMs] = [Number(query.get('fromMs')), Number(query.get('toMs'))];
  const availabilityReport: AvailabilityReport = {
    groupBy: 'district',
    fromMs,
    toMs,
    missingDays: [],
    rows: districts.map((subject, index) => ({
      ...subject,
      ...availability(900 + index * 400, 1_900 - index * 800),
    })),
    rowsInAll: 41,
    total: availability(3_900, 3_300),
  };
  const alertReport: AlertReport = {
    groupBy: 'district',
    fromMs,
    toMs,
    rows: districts.map((subject, index) => ({
      ...subject,
      ...response(120 - index * 30),
      phase: null,
      severity: null,
    })),
    total: response(270),
  };
  const causeReport: CauseReport = {
    fromMs,
    toMs,
    downByCauseMs: availability(3_900, 3_300).downByCauseMs,
    expectedMs: 40 * hourMs,
    oursMs: 4 * hourMs,
    unknownMs: 0,
    faults: [
      {
        state: 'UNREACHABLE',
        fault: 'CAMERA_UNREACHABLE',
        times: 814,
        cameras: 402,
        stations: 131,
      },
      { state: 'COVERED', fault: null, times: 12, cameras: 9, stations: 9 },
    ],
    incidents: [
      {
        causeKind: 'feeder',
        causeKey: 'MEPCO-F114',
        incidents: 6,
        durationMs: 9 * hourMs,
        peakStations: 22,
      },
      {
        causeKind: 'province',
        causeKey: '',
        incidents: 1,
        durationMs: hourMs,
        peakStations: 5_800,
      },
    ],
  };
  switch (name) {
    case 'availability':
      return availabilityReport;
    case 'alerts':
      return alertReport;
    case 'causes':
      return causeReport;
  }
  return undefined;
};
