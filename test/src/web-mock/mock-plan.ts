import type {
  PlanCounts,
  PlanDraftReport,
  PlanDraftView,
  PlanImportView,
  PlanIssueView,
} from '@nigehban/domain/api/plan-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { missingColumns, type PlanMapping } from '@nigehban/domain/plan-columns.ts';
import { type PlanIssueCode, planIssueSeverities } from '@nigehban/domain/plan-issues.ts';
import type { MockPart } from './mock-part.ts';

const hourMs = 3_600_000;

const header = [
  'ضلع',
  'NA no',
  'PS no',
  'Polling station',
  'پولنگ اسٹیشن',
  'Category',
  'Type',
  'Where is the camera',
  'Cam',
  'Serial',
];

const recognised: PlanMapping = {
  district_code: 0,
  constituency: 1,
  station_no: 2,
  station_name: 3,
  station_name_ur: 4,
  category: 5,
  station_type: 6,
  camera_no: 8,
  serial: 9,
};

const counts = (
  added: number,
  changed: number,
  moved: number,
  removed: number,
  unchanged: number,
  invalid: number,
): PlanCounts => ({ added, changed, moved, removed, unchanged, invalid });

const districts: readonly (readonly [string, string, string, PlanCounts])[] = [
  ['LHR', 'Lahore', 'لاہور', counts(1_214, 93, 12, 4, 2_718, 17)],
  ['MUL', 'Multan', 'ملتان', counts(840, 21, 0, 0, 901, 3)],
  ['DGK', 'Dera Ghazi Khan', 'ڈیرہ غازی خان', counts(312, 0, 0, 0, 96, 1)],
  ['RYK', 'Rahim Yar Khan', 'رحیم یار خان', counts(0, 0, 0, 2, 655, 0)],
  ['', '', '', counts(0, 0, 0, 0, 0, 6)],
];

const defects: readonly (readonly [PlanIssueCode, number])[] = [
  ['DUPLICATE_SERIAL', 4],
  ['UNKNOWN_DISTRICT', 6],
  ['FIELD_INVALID', 13],
  ['STATION_ROWS_DIFFER', 4],
  ['GPS_FAR', 21],
  ['SUPPLY_SPELLING', 38],
];

const report: PlanDraftReport = {
  rows: 6_895,
  goodRows: 6_868,
  cameras: counts(2_366, 114, 12, 6, 4_370, 27),
  stations: { total: 2_311, added: 804, changed: 41, unchanged: 1_466, resupplied: 9 },
  districts: districts.map(([code, name, nameUr, of]) => ({
    code,
    name,
    nameUr,
    resupplied: code === 'LHR' ? 9 : 0,
    ...of,
  })),
  defects: defects.map(([code, count]) => ({ code, count, severity: planIssueSeverities[code] })),
  issuesTruncated: false,
};

function issue(
  row: number,
  code: PlanIssueCode,
  column: PlanIssueView['column'],
  value: string,
  about = '',
): PlanIssueView {
  const severity = planIssueSeverities[code];
  return { row, code, column, value, about, severity, message: code, districtCode: 'LHR' };
}

const issues: readonly PlanIssueView[] = [
  issue(118, 'DUPLICATE_SERIAL', 'serial', 'NB2-4410087', '2204'),
  issue(204, 'UNKNOWN_DISTRICT', 'district_code', 'Lahore Cantt.'),
  issue(377, 'FIELD_INVALID', 'lat', '31,5204 N'),
  issue(512, 'FIELD_INVALID', 'station_no', ''),
  issue(901, 'STATION_ROWS_DIFFER', 'station_name', 'گورنمنٹ گرلز ہائی سکول، ماڈل ٹاؤن', '899'),
  issue(1_440, 'GPS_FAR', 'lat', '31.5204, 74.3587', '48'),
  issue(2_031, 'SUPPLY_SPELLING', 'feeder', 'LESCO - Gulberg 2', 'LESCO-GULBERG-2'),
];

/** Deployment plans: a file named `columns…` waits for its columns, any other is checked at once. */
export function createMockPlan(bootMs: number): MockPart {
  let draft: PlanDraftView | null = null;
  let importId = 16;
  const imports: PlanImportView[] = [
    {
      id: 16,
      atMs: bootMs - 5 * hourMs,
      by: 'administrator',
      fileName: 'lahore-2.xlsx',
      counts: counts(214, 9, 0, 0, 2_718, 3),
      stations: 84,
      undoneAtMs: null,
      undoneBy: null,
      canUndo: true,
    },
    {
      id: 15,
      atMs: bootMs - 26 * hourMs,
      by: 'nadia',
      fileName: 'ملتان فہرست.csv',
      counts: counts(901, 0, 2, 5, 0, 0),
      stations: 0,
      undoneAtMs: bootMs - 25 * hourMs,
      undoneBy: 'administrator',
      canUndo: false,
    },
  ];
  const change = (after: Partial<PlanDraftView>): PlanDraftView => {
    if (draft === null) throw new Fault('NOT_FOUND', 'No draft');
    draft = { ...draft, ...after, revision: draft.revision + 1 };
    return draft;
  };
  return ({ method, path: [, resource, id, action], query, body, nowMs }) => {
    if (resource === 'imports') return imports;
    if (resource === 'undo') {
      const latest = imports[0];
      if (latest === undefined) throw new Fault('NOT_FOUND', 'No import');
      imports[0] = { ...latest, undoneAtMs: nowMs, undoneBy: 'administrator', canUndo: false };
      return imports[0];
    }
    if (resource !== 'drafts') return undefined;
    if (method === 'DELETE') draft = null;
    if (method === 'POST' && action === undefined) {
      const name = query.get('name') ?? 'plan.csv';
      const waits = name.startsWith('columns');
      const mapping: PlanMapping = waits ? recognised : { ...recognised, placement: 7 };
      draft = {
        id: 'd1',
        fileName: name,
        sizeBytes: 1_204_811,
        format: 'csv',
        createdBy: 'administrator',
        createdAtMs: nowMs,
        state: waits ? 'mapping' : 'ready',
        revision: 1,
        rows: report.rows,
        header,
        mapping,
        mappingRemembered: !waits,
        missingColumns: missingColumns(mapping),
        sample: [
          [
            'لاہور',
            'NA-122',
            '108',
            'Govt. Girls High School, Model Town',
            'گورنمنٹ گرلز ہائی سکول، ماڈل ٹاؤن',
            'Sensitive',
            'Female',
            'Booth 2',
            '1',
            'NB2-4410087',
          ],
          [
            'لاہور',
            'NA-122',
            '109',
            'MC Primary School',
            'ایم سی پرائمری سکول',
            'Normal',
            'Combined',
            'Entrance',
            '2',
            'NB2-4410088',
          ],
        ],
        edits: 0,
        report: waits ? null : report,
        progress: null,
        fault: null,
        importId: null,
      };
      return draft;
    }
    switch (action) {
      case 'issues':
        return {
          total: issues.length,
          issues: issues.filter((one) => (query.get('code') ?? one.code) === one.code),
        };
      case 'removed':
        return { total: 6, cameras: ['GE24-NA122-PS108-C1', 'GE24-NA122-PS108-C2'] };
      case 'mapping':
        return change({ ...(body as { mapping: PlanMapping }), state: 'ready', report });
      case 'apply':
        importId += 1;
        return change({ state: 'applied', importId });
    }
    if (id === undefined) return draft === null ? [] : [draft];
    return draft ?? {};
  };
}
