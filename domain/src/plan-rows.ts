import { isPlacement, normalizeMac, type Placement } from './camera.ts';
import { buildCameraCode, buildStationCode, normalizeConstituency } from './camera-code.ts';
import { normalizeHeading, type PlanColumn, secretPlanColumns } from './plan-columns.ts';
import type { PlanIssue, PlanIssueCode } from './plan-issues.ts';
import { longestSupplyName, normalizeSupplyName, type SupplyKind } from './station-supply.ts';

export type StationCategory = 'HIGHLY_SENSITIVE' | 'SENSITIVE' | 'NORMAL';
export type StationType = 'MALE' | 'FEMALE' | 'COMBINED';

export interface PlannedStation {
  readonly code: string;
  readonly districtCode: string;
  /** `NA-117` */
  readonly constituency: string;
  readonly number: number;
  readonly name: string;
  readonly nameUr: string;
  readonly category: StationCategory;
  readonly stationType: StationType;
  readonly lat: number | null;
  readonly lon: number | null;
  /** `PP-170` */
  readonly ppConstituency: string | null;
  readonly ppNumber: number | null;
  /** `2024-01-20`; null: from the import on. */
  readonly categoryFrom: string | null;
  readonly categoryTo: string | null;
  readonly permanence: 'PERMANENT' | 'TEMPORARY' | null;
  readonly voters: number | null;
  readonly boothsMale: number | null;
  readonly boothsFemale: number | null;
  readonly buildingName: string | null;
  readonly buildingNameUr: string | null;
  /** What it hangs on: a carrier's link, a power feeder. */
  readonly uplink: string | null;
  readonly feeder: string | null;
}

export interface PlannedCamera {
  /** Line of the plan. */
  readonly row: number;
  readonly code: string;
  readonly stationCode: string;
  readonly placement: Placement;
  readonly booth: number | null;
  readonly boothType: 'MALE' | 'FEMALE' | null;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly address: string | null;
  readonly onvifPort: number;
  readonly username: string | null;
  readonly password: string | null;
}

/** A row as far as it could be read: without station or camera it is left out. */
export interface ReadRow {
  readonly row: number;
  readonly station: PlannedStation | null;
  readonly camera: PlannedCamera | null;
  readonly issues: readonly PlanIssue[];
}

export interface KnownDistrict {
  readonly code: string;
  readonly name: string;
  readonly nameUr: string;
}

/** District by code, English or Urdu name, as people write them. */
export type DistrictNames = ReadonlyMap<string, string>;

/** Builds the names by which {@link readPlanRow} finds a district's code. */
export function indexDistricts(districts: readonly KnownDistrict[]): DistrictNames {
  return new Map(
    districts.flatMap(({ code, name, nameUr }) =>
      [name, nameUr, code].map((text) => [normalizeHeading(text), code] as const),
    ),
  );
}

const categories: Readonly<Record<string, StationCategory>> = {
  highly_sensitive: 'HIGHLY_SENSITIVE',
  most_sensitive: 'HIGHLY_SENSITIVE',
  hs: 'HIGHLY_SENSITIVE',
  sensitive: 'SENSITIVE',
  normal: 'NORMAL',
  a: 'HIGHLY_SENSITIVE',
  b: 'SENSITIVE',
  c: 'NORMAL',
  انتہائی_حساس: 'HIGHLY_SENSITIVE',
  حساس: 'SENSITIVE',
  نارمل: 'NORMAL',
};

const genders: Readonly<Record<string, StationType>> = {
  male: 'MALE',
  m: 'MALE',
  female: 'FEMALE',
  f: 'FEMALE',
  combined: 'COMBINED',
  c: 'COMBINED',
  joint: 'COMBINED',
  مردانہ: 'MALE',
  زنانہ: 'FEMALE',
  مشترکہ: 'COMBINED',
};

const permanences: Readonly<Record<string, 'PERMANENT' | 'TEMPORARY'>> = {
  permanent: 'PERMANENT',
  p: 'PERMANENT',
  temporary: 'TEMPORARY',
  t: 'TEMPORARY',
  improvised: 'TEMPORARY',
  مستقل: 'PERMANENT',
  عارضی: 'TEMPORARY',
};

const placementNames: Readonly<Record<string, Placement>> = {
  gate: 'ENTRANCE',
  entry: 'ENTRANCE',
  back: 'REAR',
  counting: 'COUNT_TABLE',
  count: 'COUNT_TABLE',
  داخلی_راستہ: 'ENTRANCE',
  بوتھ: 'BOOTH',
  گنتی: 'COUNT_TABLE',
};

const keyOf = (text: string) => normalizeHeading(text).replaceAll(' ', '_');
const longestField = 256;
/** Marks of spreadsheet formulas that have no value. */
const cellErrors = /^#(REF|N\/A|VALUE|DIV\/0|NAME|NULL|NUM|SPILL|CALC)[!?]?$/i;

/**
 * Reads one row; every wrong field is an issue. `textOf` gives a column's trimmed text, empty when
 * it is not in the file.
 */
export function readPlanRow(
  row: number,
  textOf: (column: PlanColumn) => string,
  districts: DistrictNames,
): ReadRow {
  const issues: PlanIssue[] = [];
  let districtCode: string | null = null;
  const report = (column: PlanColumn, code: PlanIssueCode, message: string): null => {
    const value = secretPlanColumns.includes(column) ? '' : textOf(column).slice(0, longestField);
    issues.push({ row, column, code, value, message, about: '', districtCode });
    return null;
  };
  const optional = (column: PlanColumn): string | null => {
    const value = textOf(column);
    if (value === '') return null;
    if (cellErrors.test(value)) return report(column, 'CELL_ERROR', 'The formula has no value');
    if (value.length <= longestField) return value;
    return report(column, 'FIELD_INVALID', `Longer than ${longestField} characters`);
  };
  const required = (column: PlanColumn): string | null =>
    textOf(column) === '' ? report(column, 'FIELD_MISSING', 'Missing') : optional(column);
  const integer = (text: string | null, column: PlanColumn, min: number, max: number) => {
    if (text === null) return null;
    // Spreadsheets write whole numbers as 42.0 and thousands as 1,269.
    const plain = text.replace(/\.0+$/, '').replaceAll(',', '');
    const value = /^\d{1,6}$/.test(plain) ? Number(plain) : Number.NaN;
    if (value >= min && value <= max) return value;
    return report(column, 'FIELD_INVALID', `A whole number from ${min} to ${max}`);
  };
  const choice = <T>(
    text: string | null,
    column: PlanColumn,
    names: Readonly<Record<string, T>>,
    what: string,
  ) => {
    if (text === null) return null;
    return names[keyOf(text)] ?? report(column, 'FIELD_INVALID', what);
  };
  const decimal = (column: PlanColumn, max: number): number | null => {
    const text = optional(column);
    if (text === null) return null;
    const value = /^-?\d{1,3}(\.\d{1,17})?$/.test(text) ? Number(text) : Number.NaN;
    if (Math.abs(value) <= max) return value;
    return report(column, 'FIELD_INVALID', `Degrees between -${max} and ${max}`);
  };
  const date = (column: PlanColumn): string | null => {
    const text = optional(column);
    if (text === null) return null;
    return (
      parsePlanDate(text) ??
      report(column, 'FIELD_INVALID', 'A date such as 2024-02-08 or 8/2/2024')
    );
  };

  const supply = (column: SupplyKind): string | null => {
    const name = normalizeSupplyName(optional(column) ?? '');
    if (name.length <= longestSupplyName) return name === '' ? null : name;
    return report(column, 'FIELD_INVALID', `A name of at most ${longestSupplyName} characters`);
  };

  const districtText = required('district_code');
  if (districtText !== null) {
    districtCode = districts.get(normalizeHeading(districtText)) ?? null;
    if (districtCode === null) {
      report('district_code', 'UNKNOWN_DISTRICT', `There is no district ${districtText}`);
    }
  }
  const seatText = required('constituency');
  const seat =
    seatText === null
      ? null
      : normalizeConstituency(seatText.replace(/^([^\p{L}\d]*NA[\s-]*\d{1,3})\b.*$/iu, '$1'));
  if (seatText !== null && seat === null) {
    report('constituency', 'FIELD_INVALID', 'A constituency is written as NA-117');
  }
  const number = integer(required('station_no'), 'station_no', 1, 9_999);
  const name = required('station_name');
  const category = choice(
    required('category'),
    'category',
    categories,
    'One of HIGHLY_SENSITIVE, SENSITIVE, NORMAL (or A, B, C)',
  );
  const stationType = choice(
    required('station_type'),
    'station_type',
    genders,
    'One of MALE, FEMALE, COMBINED',
  );
  const lat = decimal('lat', 90);
  const lon = decimal('lon', 180);
  const latIsBad = issues.some(({ column }) => column === 'lat' || column === 'lon');
  if (!latIsBad && (lat === null) !== (lon === null)) {
    report(lat === null ? 'lat' : 'lon', 'FIELD_MISSING', 'Give both lat and lon, or none');
  }
  const ppText = optional('pp_constituency');
  const pp = ppText === null ? null : parseProvincialSeat(ppText);
  if (ppText !== null && pp === null) {
    report('pp_constituency', 'FIELD_INVALID', 'A provincial constituency is written as PP-170');
  }
  const ppNumber = integer(optional('pp_station_no'), 'pp_station_no', 1, 9_999);
  const categoryFrom = date('category_from');
  const categoryTo = date('category_to');
  if (categoryFrom !== null && categoryTo !== null && categoryTo <= categoryFrom) {
    report('category_to', 'FIELD_INVALID', 'The category ends before it begins');
  }
  const permanence = choice(
    optional('permanence'),
    'permanence',
    permanences,
    'PERMANENT or TEMPORARY',
  );
  const voters = integer(optional('voters'), 'voters', 0, 99_999);
  const boothsMale = integer(optional('booths_male'), 'booths_male', 0, 99);
  const boothsFemale = integer(optional('booths_female'), 'booths_female', 0, 99);
  const nameUr = optional('station_name_ur');
  const buildingName = optional('building_name');
  const buildingNameUr = optional('building_name_ur');
  const [uplink, feeder] = [supply('uplink'), supply('feeder')];

  const placementText = required('placement');
  const placementKey = placementText === null ? '' : keyOf(placementText);
  const placementUpper = placementKey.toUpperCase();
  const placement = isPlacement(placementUpper)
    ? placementUpper
    : (placementNames[placementKey] ?? null);
  if (placementText !== null && placement === null) {
    report('placement', 'FIELD_INVALID', `${placementText} is no placement`);
  }
  const booth = integer(optional('booth'), 'booth', 1, 99);
  const boothGender = choice(optional('booth_type'), 'booth_type', genders, 'MALE or FEMALE');
  const cameraNumber = integer(required('camera_no'), 'camera_no', 1, 99);
  const serial = optional('serial');
  const macText = optional('mac');
  const mac = macText === null ? null : normalizeMac(macText);
  if (macText !== null && mac === null) report('mac', 'FIELD_INVALID', 'This is no MAC address');
  const address = optional('address');
  if (address !== null && !isHost(address)) {
    report('address', 'FIELD_INVALID', 'An IPv4 address or a host name, without a port');
  }
  const onvifPort = integer(optional('onvif_port'), 'onvif_port', 1, 65_535);
  const username = optional('username');
  const password = optional('password');
  if (password !== null && username === null) {
    report('username', 'FIELD_MISSING', 'A password needs its user name');
  }

  const station: PlannedStation | null =
    districtCode === null ||
    seat === null ||
    number === null ||
    name === null ||
    category === null ||
    stationType === null
      ? null
      : {
          code: buildStationCode(seat, number),
          districtCode,
          constituency: `NA-${seat.slice(2)}`,
          number,
          name,
          nameUr: nameUr ?? '',
          category,
          stationType,
          lat,
          lon,
          ppConstituency: pp,
          ppNumber,
          categoryFrom,
          categoryTo,
          permanence,
          voters,
          boothsMale,
          boothsFemale,
          buildingName,
          buildingNameUr,
          uplink,
          feeder,
        };
  const stationCode = seat === null || number === null ? null : buildStationCode(seat, number);
  const camera: PlannedCamera | null =
    stationCode === null || placement === null || cameraNumber === null
      ? null
      : {
          row,
          code: buildCameraCode(stationCode, booth, cameraNumber),
          stationCode,
          placement,
          booth,
          boothType: boothGender === 'COMBINED' ? null : boothGender,
          serial,
          mac,
          address,
          onvifPort: onvifPort ?? 80,
          username,
          password: username === null ? null : (password ?? ''),
        };
  return {
    row,
    station,
    camera,
    issues: districtCode === null ? issues : issues.map((issue) => ({ ...issue, districtCode })),
  };
}

/** `PP-170`, `pp 170` or `170` as `PP-170`; null when it is no provincial constituency. */
export function parseProvincialSeat(text: string): string | null {
  const match = /^\s*(?:PP)?[\s-]*0*([1-9]\d{0,2})\b/i.exec(text);
  return match?.[1] === undefined ? null : `PP-${match[1]}`;
}

/** `2024-02-08`, `8/2/2024`, `08.02.2024` or a spreadsheet's ISO text as `2024-02-08`; null when it is none. */
export function parsePlanDate(text: string): string | null {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:T.*)?$/.exec(text);
  const local = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text);
  const [year, month, day] =
    iso !== null
      ? [iso[1], iso[2], iso[3]].map(Number)
      : local !== null
        ? [local[3], local[2], local[1]].map(Number)
        : [];
  if (year === undefined || month === undefined || day === undefined) return null;
  const longest = [
    31,
    year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28,
    31,
    30,
    31,
    30,
    31,
    31,
    30,
    31,
    30,
    31,
  ][month - 1];
  if (longest === undefined || day < 1 || day > longest || year < 1990 || year > 2100) return null;
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function isHost(text: string): boolean {
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text)) return false;
  if (!/^[0-9.]+$/.test(text)) return true;
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}
