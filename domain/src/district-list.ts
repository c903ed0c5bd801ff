import { normalizeHeading } from './plan-columns.ts';
import { isInPunjab, parseSeatRanges } from './plan-geography.ts';

/** What a list says of a district, one column each. */
export const districtColumns = ['code', 'name', 'name_ur', 'division', 'lat', 'lon', 'na'] as const;
export type DistrictColumn = (typeof districtColumns)[number];

export const requiredDistrictColumns: readonly DistrictColumn[] = [
  'code',
  'name',
  'name_ur',
  'division',
];

/** Headings of real lists, as {@link normalizeHeading} writes them. */
const synonyms: Readonly<Record<DistrictColumn, readonly string[]>> = {
  code: ['district code', 'dist code', 'short name', 'کوڈ', 'ضلع کوڈ'],
  name: ['district', 'district name', 'name of district', 'name en', 'english name'],
  name_ur: [
    'nameur',
    'ur',
    'urdu',
    'urdu name',
    'name urdu',
    'district urdu',
    'district name urdu',
    'ضلع',
    'ضلع کا نام',
    'نام',
  ],
  division: ['division name', 'name of division', 'ڈویژن'],
  lat: ['latitude', 'headquarters lat', 'عرض بلد'],
  lon: ['lng', 'long', 'longitude', 'headquarters lon', 'طول بلد'],
  na: ['na ranges', 'na seats', 'na constituencies', 'constituencies', 'seats', 'حلقے'],
};

/** A district as a list states it; null is not stated and stays as it is. */
export interface ListedDistrict {
  readonly code: string;
  readonly name: string;
  readonly nameUr: string;
  readonly division: string;
  /** Of its headquarters. */
  readonly lat: number | null;
  readonly lon: number | null;
  /** Numbers of its National Assembly constituencies, as `117-130`. */
  readonly naRanges: string | null;
}

export interface StoredDistrict extends ListedDistrict {
  readonly stations: number;
}

/** Defects of a list by their codes. A code is API: it is never renamed. Each one refuses the list. */
export const districtIssueCodes = [
  'FIELD_MISSING',
  'FIELD_INVALID',
  'DUPLICATE_CODE',
  'DUPLICATE_NAME',
  /** A district that is not in the list has this name: a plan could mean either. */
  'NAME_TAKEN',
  /** The code is the product's own. */
  'CODE_RESERVED',
] as const;
export type DistrictIssueCode = (typeof districtIssueCodes)[number];

export interface DistrictIssue {
  /** Line of the file, from 1. */
  readonly row: number;
  readonly column: DistrictColumn;
  readonly code: DistrictIssueCode;
  readonly value: string;
  /** English. */
  readonly message: string;
  /** The other row or district that it is about; empty when there is none. */
  readonly about: string;
}

export interface DistrictList {
  /** Columns that must be there and are not; then nothing else is read. */
  readonly missingColumns: readonly DistrictColumn[];
  readonly rows: number;
  readonly districts: readonly (ListedDistrict & { readonly row: number })[];
  readonly issues: readonly DistrictIssue[];
}

const longestName = 80;

/** Reads a list of districts: `reserved` codes are the product's own. */
export function readDistrictList(
  header: readonly string[],
  rows: readonly { readonly row: number; readonly cells: readonly string[] }[],
  reserved: readonly string[],
): DistrictList {
  const at = recognize(header);
  const missingColumns = requiredDistrictColumns.filter((column) => at[column] === undefined);
  if (missingColumns.length > 0) {
    return { missingColumns, rows: rows.length, districts: [], issues: [] };
  }
  const issues: DistrictIssue[] = [];
  const districts = rows.flatMap(({ row, cells }) => {
    const before = issues.length;
    const textOf = (column: DistrictColumn): string => {
      const index = at[column];
      return index === undefined ? '' : (cells[index] ?? '').trim();
    };
    const report = (column: DistrictColumn, code: DistrictIssueCode, message: string): null => {
      const value = textOf(column).slice(0, longestName);
      issues.push({ row, column, code, value, message, about: '' });
      return null;
    };
    const name = (column: DistrictColumn): string => {
      const text = textOf(column).replace(/\s+/gu, ' ');
      if (text === '') report(column, 'FIELD_MISSING', 'Missing');
      else if (text.length > longestName || /^#|[\p{Cc}]/u.test(text)) {
        report(column, 'FIELD_INVALID', `A name of at most ${longestName} characters`);
      }
      return text;
    };
    const degrees = (column: 'lat' | 'lon'): number | null => {
      const text = textOf(column);
      if (text === '') return null;
      if (/^-?\d{1,3}(\.\d{1,17})?$/.test(text)) return Number(text);
      return report(column, 'FIELD_INVALID', 'Degrees as 31.56');
    };
    const code = textOf('code').toUpperCase();
    if (code === '') report('code', 'FIELD_MISSING', 'Missing');
    else if (!/^[A-Z][A-Z0-9]{1,7}$/.test(code)) {
      report('code', 'FIELD_INVALID', 'Two to eight letters and digits, as LHR');
    } else if (reserved.includes(code)) {
      report('code', 'CODE_RESERVED', `${code} is the district of cameras without a plan`);
    }
    const [lat, lon] = [degrees('lat'), degrees('lon')];
    const naText = textOf('na').replaceAll('–', '-');
    if (naText !== '' && parseSeatRanges(naText) === null) {
      report('na', 'FIELD_INVALID', 'Numbers of constituencies as 117-130 or 51,57-59');
    }
    const district = {
      row,
      code,
      name: name('name'),
      nameUr: name('name_ur'),
      division: name('division'),
      lat,
      lon,
      naRanges: naText === '' ? null : naText,
    };
    const placed = issues.slice(before).every(({ column }) => column !== 'lat' && column !== 'lon');
    if (placed && (lat === null) !== (lon === null)) {
      report(lat === null ? 'lat' : 'lon', 'FIELD_MISSING', 'Give both lat and lon, or none');
    } else if (placed && lat !== null && lon !== null && !isInPunjab({ lat, lon })) {
      report('lat', 'FIELD_INVALID', 'The headquarters lie outside the province');
    }
    return issues.length === before ? [district] : [];
  });
  issues.push(...findTwins(districts));
  issues.sort((a, b) => a.row - b.row);
  return { missingColumns: [], rows: rows.length, districts, issues };
}

function recognize(header: readonly string[]): Partial<Record<DistrictColumn, number>> {
  const at: Partial<Record<DistrictColumn, number>> = {};
  header.forEach((heading, index) => {
    const text = normalizeHeading(heading);
    const column = districtColumns.find(
      (one) => normalizeHeading(one) === text || synonyms[one].includes(text),
    );
    if (column !== undefined) at[column] ??= index;
  });
  return at;
}

/** A code twice, or a name by which two districts would be meant. */
function findTwins(districts: DistrictList['districts']): DistrictIssue[] {
  const codes = new Map<string, number>();
  const names = new Map<string, number>();
  return districts.flatMap((district): DistrictIssue[] => {
    const { row, code } = district;
    const twin = codes.get(code);
    if (twin !== undefined) {
      const message = `Row ${twin} has this code too`;
      const about = String(twin);
      return [{ row, column: 'code', code: 'DUPLICATE_CODE', value: code, message, about }];
    }
    codes.set(code, row);
    for (const [column, value] of namesOf(district)) {
      const key = normalizeHeading(value);
      const other = names.get(key);
      if (other !== undefined && other !== row) {
        const message = `Row ${other} has this name too`;
        return [{ row, column, code: 'DUPLICATE_NAME', value, message, about: String(other) }];
      }
      names.set(key, row);
    }
    return [];
  });
}

const namesOf = ({ name, nameUr }: ListedDistrict) =>
  [
    ['name', name],
    ['name_ur', nameUr],
  ] as const;

export interface DistrictChange {
  readonly column: DistrictColumn;
  readonly before: string;
  readonly after: string;
}

export interface DistrictListDiff {
  readonly added: readonly ListedDistrict[];
  readonly changed: readonly {
    readonly district: ListedDistrict;
    readonly changes: readonly DistrictChange[];
  }[];
  readonly unchanged: number;
  /** Stored and not in the list. */
  readonly unlisted: readonly StoredDistrict[];
  readonly issues: readonly DistrictIssue[];
}

const fields = [
  ['name', 'name'],
  ['name_ur', 'nameUr'],
  ['division', 'division'],
  ['lat', 'lat'],
  ['lon', 'lon'],
  ['na', 'naRanges'],
] as const;

/** Holds a list against the districts there are; `removes`: those that it does not name are to go. */
export function diffDistricts(
  list: Pick<DistrictList, 'districts'>,
  stored: readonly StoredDistrict[],
  removes: boolean,
): DistrictListDiff {
  const listed = new Set(list.districts.map(({ code }) => code));
  const known = new Map(stored.map((district) => [district.code, district]));
  const unlisted = stored.filter(({ code }) => !listed.has(code));
  const stays = unlisted.filter(({ stations }) => !removes || stations > 0);
  const takenNames = new Map(
    stays.flatMap(({ code, name, nameUr }) =>
      [name, nameUr].map((text) => [normalizeHeading(text), code] as const),
    ),
  );
  const added: ListedDistrict[] = [];
  const changed: DistrictListDiff['changed'][number][] = [];
  const issues: DistrictIssue[] = [];
  for (const { row, ...district } of list.districts) {
    for (const [column, value] of namesOf(district)) {
      const about = takenNames.get(normalizeHeading(value));
      if (about === undefined) continue;
      const message = `District ${about}, which the list does not name, has this name`;
      issues.push({ row, column, code: 'NAME_TAKEN', value, message, about });
      break;
    }
    const former = known.get(district.code);
    if (former === undefined) {
      added.push(district);
      continue;
    }
    const changes = fields.flatMap(([column, key]) => {
      const [before, after] = [former[key], district[key]];
      return after === null || before === after
        ? []
        : [{ column, before: String(before ?? ''), after: String(after) }];
    });
    if (changes.length > 0) changed.push({ district, changes });
  }
  const unchanged = list.districts.length - added.length - changed.length;
  return { added, changed, unchanged, unlisted, issues };
}
