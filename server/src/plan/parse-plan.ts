import type { PlanReport, StationView } from '@nigehban/domain/api/http-types.ts';
import { isPlacement, normalizeMac, type Placement } from '@nigehban/domain/camera.ts';
import {
  buildCameraCode,
  buildStationCode,
  normalizeConstituency,
} from '@nigehban/domain/camera-code.ts';
import { readRecords } from './parse-csv.ts';

export interface PlannedStation {
  readonly code: string;
  readonly districtCode: string;
  /** `NA-117` */
  readonly constituency: string;
  readonly number: number;
  readonly name: string;
  readonly nameUr: string;
  readonly category: StationView['category'];
  readonly stationType: 'MALE' | 'FEMALE' | 'COMBINED';
  readonly lat: number | null;
  readonly lon: number | null;
}

export interface PlannedCamera {
  /** Line of the plan. */
  readonly row: number;
  readonly code: string;
  readonly stationCode: string;
  readonly placement: Placement;
  readonly booth: number | null;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly address: string | null;
  readonly onvifPort: number;
  readonly username: string | null;
  readonly password: string | null;
}

export type PlanError = PlanReport['errors'][number];

export interface ParsedPlan {
  readonly rows: number;
  readonly stations: readonly PlannedStation[];
  readonly cameras: readonly PlannedCamera[];
  readonly errors: readonly PlanError[];
}

/** Columns of a plan, in the order in which the product writes one; a file may have its own order. */
export const planColumns = [
  'district_code',
  'constituency',
  'station_no',
  'station_name',
  'station_name_ur',
  'category',
  'station_type',
  'lat',
  'lon',
  'placement',
  'booth',
  'camera_no',
  'serial',
  'mac',
  'address',
  'onvif_port',
  'username',
  'password',
] as const;
type Column = (typeof planColumns)[number];

/** Optional in the file; a plan may name cameras before their addresses are known. */
const optionalColumns: readonly Column[] = [
  'lat',
  'lon',
  'booth',
  'serial',
  'mac',
  'address',
  'onvif_port',
  'username',
  'password',
];

const categories: Readonly<Record<string, StationView['category']>> = {
  HIGHLY_SENSITIVE: 'HIGHLY_SENSITIVE',
  SENSITIVE: 'SENSITIVE',
  NORMAL: 'NORMAL',
  A: 'HIGHLY_SENSITIVE',
  B: 'SENSITIVE',
  C: 'NORMAL',
};

/** What is wrong with one field of one row. */
class FieldError extends Error {
  readonly field: Column;
  constructor(field: Column, message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * Reads a deployment plan, one camera a row. Bad rows are left out and named by line and field; the
 * others stand. @throws Fault PLAN_INVALID when the file as a whole is no plan.
 */
export function parsePlan(text: string, knownDistricts: ReadonlySet<string>): ParsedPlan {
  const required = planColumns.filter((column) => !optionalColumns.includes(column));
  const records = readRecords(text, required);
  const stations = new Map<string, PlannedStation>();
  const cameras: PlannedCamera[] = [];
  const errors: PlanError[] = [];
  const seen = { code: new Set<string>(), serial: new Set<string>(), mac: new Set<string>() };
  const once = (set: Set<string>, field: Column, value: string | null, what: string) => {
    if (value !== null && set.has(value)) {
      throw new FieldError(field, `${what} ${value} stands in an earlier row too`);
    }
  };

  for (const { line, values } of records) {
    try {
      const station = readStation(values, knownDistricts);
      const former = stations.get(station.code);
      if (former !== undefined) requireSameStation(former, station);
      const camera = readCamera(line, values, station.code);
      once(seen.code, 'camera_no', camera.code, 'Camera');
      once(seen.serial, 'serial', camera.serial, 'Serial number');
      once(seen.mac, 'mac', camera.mac, 'MAC address');
      seen.code.add(camera.code);
      if (camera.serial !== null) seen.serial.add(camera.serial);
      if (camera.mac !== null) seen.mac.add(camera.mac);
      stations.set(station.code, former ?? station);
      cameras.push(camera);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      errors.push({ row: line, field: error.field, message: error.message });
    }
  }
  return { rows: records.length, stations: [...stations.values()], cameras, errors };
}

type Values = Readonly<Record<string, string>>;

function readStation(values: Values, knownDistricts: ReadonlySet<string>): PlannedStation {
  const districtCode = required(values, 'district_code').toUpperCase();
  if (!knownDistricts.has(districtCode)) {
    throw new FieldError('district_code', `There is no district ${districtCode}`);
  }
  const constituency = normalizeConstituency(required(values, 'constituency'));
  if (constituency === null) {
    throw new FieldError('constituency', 'A constituency is written as NA-117');
  }
  const number = integer(values, 'station_no', 1, 9_999);
  const category = categories[required(values, 'category').toUpperCase().replace(/[ -]/g, '_')];
  if (category === undefined) {
    throw new FieldError('category', 'One of HIGHLY_SENSITIVE, SENSITIVE, NORMAL (or A, B, C)');
  }
  const stationType = required(values, 'station_type').toUpperCase();
  if (stationType !== 'MALE' && stationType !== 'FEMALE' && stationType !== 'COMBINED') {
    throw new FieldError('station_type', 'One of MALE, FEMALE, COMBINED');
  }
  const lat = decimal(values, 'lat', 90);
  const lon = decimal(values, 'lon', 180);
  if ((lat === null) !== (lon === null)) {
    throw new FieldError(lat === null ? 'lat' : 'lon', 'Give both lat and lon, or none');
  }
  return {
    code: buildStationCode(constituency, number),
    districtCode,
    constituency: `NA-${constituency.slice(2)}`,
    number,
    name: required(values, 'station_name'),
    nameUr: required(values, 'station_name_ur'),
    category,
    stationType,
    lat,
    lon,
  };
}

function requireSameStation(former: PlannedStation, station: PlannedStation): void {
  const fields = [
    ['districtCode', 'district_code'],
    ['name', 'station_name'],
    ['nameUr', 'station_name_ur'],
    ['category', 'category'],
    ['stationType', 'station_type'],
    ['lat', 'lat'],
    ['lon', 'lon'],
  ] as const;
  for (const [key, column] of fields) {
    if (former[key] !== station[key]) {
      throw new FieldError(column, `An earlier row says otherwise of station ${station.code}`);
    }
  }
}

function readCamera(row: number, values: Values, stationCode: string): PlannedCamera {
  const placement = required(values, 'placement').toUpperCase();
  if (!isPlacement(placement)) throw new FieldError('placement', `${placement} is no placement`);
  const booth = optional(values, 'booth') === null ? null : integer(values, 'booth', 1, 99);
  const macText = optional(values, 'mac');
  const mac = macText === null ? null : normalizeMac(macText);
  if (macText !== null && mac === null) throw new FieldError('mac', 'This is no MAC address');
  const address = optional(values, 'address');
  if (address !== null && !/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(address)) {
    throw new FieldError('address', 'An IPv4 address or a host name, without a port');
  }
  if (address !== null && /^[0-9.]+$/.test(address) && !isIpv4(address)) {
    throw new FieldError('address', 'This is no IPv4 address');
  }
  const onvifPort =
    optional(values, 'onvif_port') === null ? 80 : integer(values, 'onvif_port', 1, 65_535);
  const username = optional(values, 'username');
  const password = optional(values, 'password');
  if (password !== null && username === null) {
    throw new FieldError('username', 'A password needs its user name');
  }
  return {
    row,
    code: buildCameraCode(stationCode, booth, integer(values, 'camera_no', 1, 99)),
    stationCode,
    placement,
    booth,
    serial: optional(values, 'serial'),
    mac,
    address,
    onvifPort,
    username,
    password: username === null ? null : (password ?? ''),
  };
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function optional(values: Values, column: Column): string | null {
  const value = values[column] ?? '';
  if (value.length > 256) throw new FieldError(column, 'Longer than 256 characters');
  return value === '' ? null : value;
}

function required(values: Values, column: Column): string {
  const value = optional(values, column);
  if (value === null) throw new FieldError(column, 'Missing');
  return value;
}

function integer(values: Values, column: Column, min: number, max: number): number {
  const text = required(values, column);
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new FieldError(column, `A whole number from ${min} to ${max}`);
}

function decimal(values: Values, column: Column, max: number): number | null {
  const text = optional(values, column);
  if (text === null) return null;
  const value = /^-?\d{1,3}(\.\d{1,12})?$/.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(value) <= max) return value;
  throw new FieldError(column, `A number of degrees from -${max} to ${max}`);
}
