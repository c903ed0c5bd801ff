import { planColumnKeys, requiredPlanColumns } from '@nigehban/domain/plan-columns.ts';
import { formatPlan, type PlanRow } from '@nigehban/domain/plan-csv.ts';
import writeXlsxFile from 'write-excel-file/node';

const station: PlanRow = {
  district_code: 'LHR',
  constituency: 'NA-117',
  pp_constituency: 'PP-145',
  station_no: 42,
  pp_station_no: 17,
  station_name: 'Govt Girls High School Shahdara (Combined)',
  station_name_ur: 'گورنمنٹ گرلز ہائی سکول شاہدرہ (مشترکہ)',
  category: 'HIGHLY_SENSITIVE',
  category_from: '2024-01-20',
  station_type: 'COMBINED',
  permanence: 'PERMANENT',
  voters: 1269,
  booths_male: 2,
  booths_female: 2,
  lat: 31.6211,
  lon: 74.2824,
  building_name: 'Govt Girls High School Shahdara',
  building_name_ur: 'گورنمنٹ گرلز ہائی سکول شاہدرہ',
  uplink: 'PTCL Shahdara',
  feeder: 'LESCO Shahdara-2',
};

/** Two cameras of one station: its columns are repeated in each row. */
const examples: readonly PlanRow[] = [
  {
    ...station,
    placement: 'ENTRANCE',
    camera_no: 1,
    serial: 'EXAMPLE-0001',
    mac: '00:00:5e:00:53:01',
    address: '192.0.2.11',
    onvif_port: 80,
    username: 'admin',
    password: 'change-me',
  },
  {
    ...station,
    placement: 'BOOTH',
    booth: 1,
    booth_type: 'FEMALE',
    camera_no: 1,
    serial: 'EXAMPLE-0002',
    mac: '00:00:5e:00:53:02',
    address: '192.0.2.12',
    onvif_port: 80,
    username: 'admin',
    password: 'change-me',
  },
];

/** An empty plan to fill in, with two example rows, as CSV with a byte-order mark. */
export function buildTemplateCsv(): string {
  return `\ufeff${formatPlan(examples)}\r\n`;
}

/** The same as a workbook; headings of columns that must be filled are bold. */
export async function buildTemplateXlsx(): Promise<Buffer> {
  const header = planColumnKeys.map((column) => ({
    value: column,
    type: String,
    ...(requiredPlanColumns.includes(column) ? { fontWeight: 'bold' as const } : {}),
  }));
  const rows = examples.map((row) =>
    planColumnKeys.map((column) => {
      const value = row[column] ?? null;
      if (value === null) return null;
      return typeof value === 'number' ? { value, type: Number } : { value, type: String };
    }),
  );
  return await writeXlsxFile([header, ...rows], {
    columns: planColumnKeys.map((column) => ({ width: Math.max(12, column.length + 2) })),
    sheet: 'Plan',
  }).toBuffer();
}
