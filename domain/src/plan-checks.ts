import type { PlanColumn } from './plan-columns.ts';
import {
  distanceKm,
  type GeoPoint,
  isInPunjab,
  isInRanges,
  medianPoint,
} from './plan-geography.ts';
import { type PlanIssue, type PlanIssueCode, planIssueSeverities } from './plan-issues.ts';
import { planCheckLimits } from './plan-limits.ts';
import type { PlannedStation, ReadRow } from './plan-rows.ts';

export interface CheckedDistrict {
  readonly code: string;
  /** The district's headquarters. */
  readonly lat: number | null;
  readonly lon: number | null;
  /** Numbers of its National Assembly constituencies; null when not known. */
  readonly seatRanges: readonly (readonly [number, number])[] | null;
}

interface StationGroup {
  readonly station: PlannedStation;
  readonly rows: ReadRow[];
}

/** True when the row can be written: it was read whole and nothing leaves it out. */
export function isGoodRow(row: ReadRow, issues: readonly PlanIssue[]): boolean {
  return (
    row.station !== null &&
    row.camera !== null &&
    issues.every(({ code }) => planIssueSeverities[code] === 'warning')
  );
}

/**
 * Finds the defects that only show when rows are held against each other and against the districts:
 * what `readPlanRow` said of single rows is not repeated.
 */
export function checkPlan(
  rows: readonly ReadRow[],
  districts: readonly CheckedDistrict[],
): readonly PlanIssue[] {
  const issues: PlanIssue[] = [];
  const report = (
    { row, station }: ReadRow,
    column: PlanColumn,
    code: PlanIssueCode,
    value: string | number | null,
    message: string,
    about: string | number = '',
  ): void => {
    const districtCode = station?.districtCode ?? null;
    issues.push({
      row,
      column,
      code,
      value: String(value ?? ''),
      message,
      about: String(about),
      districtCode,
    });
  };
  const groups = groupStations(rows, report);
  checkCameras(rows, report);
  checkPlaces(groups, districts, report);
  checkSeats(groups, districts, report);
  for (const { station, rows: ofStation } of groups) checkBooths(station, ofStation, report);
  return issues;
}

type Report = (
  row: ReadRow,
  column: PlanColumn,
  code: PlanIssueCode,
  value: string | number | null,
  message: string,
  about?: string | number,
) => void;

const sharedFields = [
  ['districtCode', 'district_code'],
  ['nameUr', 'station_name_ur'],
  ['category', 'category'],
  ['stationType', 'station_type'],
  ['lat', 'lat'],
  ['lon', 'lon'],
  ['ppConstituency', 'pp_constituency'],
  ['ppNumber', 'pp_station_no'],
  ['permanence', 'permanence'],
  ['voters', 'voters'],
  ['boothsMale', 'booths_male'],
  ['boothsFemale', 'booths_female'],
  ['buildingName', 'building_name'],
  ['uplink', 'uplink'],
  ['feeder', 'feeder'],
] as const;

/** What two rows say of one station differently; null when they agree. */
export function stationDifference(
  former: PlannedStation,
  station: PlannedStation,
): { column: PlanColumn; duplicate: boolean; value: string | number | null } | null {
  const { name } = station;
  if (former.name !== name) return { column: 'station_name', duplicate: true, value: name };
  const field = sharedFields.find(([key]) => former[key] !== station[key]);
  return field === undefined
    ? null
    : { column: field[1], duplicate: false, value: station[field[0]] };
}

function groupStations(rows: readonly ReadRow[], report: Report): readonly StationGroup[] {
  const groups = new Map<string, StationGroup>();
  for (const row of rows) {
    const { station } = row;
    if (station === null) continue;
    const group = groups.get(station.code);
    if (group === undefined) {
      groups.set(station.code, { station, rows: [row] });
      continue;
    }
    const difference = stationDifference(group.station, station);
    if (difference === null) {
      group.rows.push(row);
    } else if (difference.duplicate) {
      const message = `Number ${station.number} of ${station.constituency} is ${group.station.name} in row ${group.rows[0]?.row}`;
      report(
        row,
        'station_no',
        'DUPLICATE_STATION_NUMBER',
        station.number,
        message,
        group.rows[0]?.row,
      );
    } else {
      const message = `Row ${group.rows[0]?.row} says otherwise of station ${station.code}`;
      report(
        row,
        difference.column,
        'STATION_ROWS_DIFFER',
        difference.value,
        message,
        group.rows[0]?.row,
      );
    }
  }
  return [...groups.values()];
}

function checkCameras(rows: readonly ReadRow[], report: Report): void {
  const byCode = new Map<string, number>();
  const bySerial = new Map<string, ReadRow[]>();
  const byMac = new Map<string, ReadRow[]>();
  const byAddress = new Map<string, number>();
  const add = (map: Map<string, ReadRow[]>, key: string | null, row: ReadRow) => {
    if (key === null) return;
    const group = map.get(key);
    if (group === undefined) map.set(key, [row]);
    else group.push(row);
  };
  for (const row of rows) {
    const { camera } = row;
    if (camera === null) continue;
    const former = byCode.get(camera.code);
    if (former !== undefined) {
      // The same camera twice also has its serial twice: that is one defect.
      report(
        row,
        'camera_no',
        'DUPLICATE_CAMERA',
        camera.code,
        `Camera ${camera.code} stands in row ${former} too`,
        former,
      );
      continue;
    }
    if (isGoodRow(row, row.issues)) byCode.set(camera.code, row.row);
    add(bySerial, camera.serial, row);
    add(byMac, camera.mac, row);
    if (camera.address === null) continue;
    const endpoint = `${camera.address}:${camera.onvifPort}`;
    const other = byAddress.get(endpoint);
    if (other === undefined) byAddress.set(endpoint, row.row);
    else {
      report(
        row,
        'address',
        'DUPLICATE_ADDRESS',
        endpoint,
        `Row ${other} has this address and port too`,
        other,
      );
    }
  }
  for (const [map, column, code, what] of [
    [bySerial, 'serial', 'DUPLICATE_SERIAL', 'Serial number'],
    [byMac, 'mac', 'DUPLICATE_MAC', 'MAC address'],
  ] as const) {
    for (const [value, group] of map) {
      if (group.length < 2) continue;
      // Which of them is right, only a person can say.
      for (const row of group) {
        const others = group.filter((one) => one !== row).slice(0, 5);
        const about = others.map((one) => one.row).join(', ');
        report(row, column, code, value, `${what} ${value} stands in row ${about} too`, about);
      }
    }
  }
}

function checkPlaces(
  groups: readonly StationGroup[],
  districts: readonly CheckedDistrict[],
  report: Report,
): void {
  const limits = planCheckLimits;
  const headquarters = new Map<string, GeoPoint>();
  for (const { code, lat, lon } of districts) {
    if (lat !== null && lon !== null) headquarters.set(code, { lat, lon });
  }
  const bySeat = Map.groupBy(groups, ({ station }) => station.constituency);
  const medians = new Map<string, GeoPoint | null>();
  for (const [seat, ofSeat] of bySeat) {
    const points = ofSeat.flatMap(({ station }) => pointOf(station) ?? []).filter(isInPunjab);
    medians.set(seat, points.length < limits.stationsForMedian ? null : medianPoint(points));
  }
  const byPoint = new Map<string, StationGroup[]>();
  for (const group of groups) {
    const { station, rows } = group;
    const [first] = rows;
    if (first === undefined) continue;
    const point = pointOf(station);
    if (point === null) {
      report(first, 'lat', 'GPS_MISSING', '', `Station ${station.code} has no coordinates`);
      continue;
    }
    const text = `${point.lat}, ${point.lon}`;
    if (!isInPunjab(point)) {
      for (const row of rows) {
        report(
          row,
          'lat',
          'GPS_OUTSIDE_PUNJAB',
          text,
          `Station ${station.code} lies outside the province`,
        );
      }
      continue;
    }
    const median = medians.get(station.constituency) ?? null;
    const seatKm = median === null ? 0 : distanceKm(point, median);
    const centre = headquarters.get(station.districtCode);
    const districtKm = centre === undefined ? 0 : distanceKm(point, centre);
    if (seatKm > limits.farFromMedianKm) {
      report(
        first,
        'lat',
        'GPS_FAR',
        text,
        `${Math.round(seatKm)} km from the middle of ${station.constituency}`,
        `${Math.round(seatKm)} km`,
      );
    } else if (districtKm > limits.farFromHeadquartersKm) {
      report(
        first,
        'lat',
        'GPS_FAR',
        text,
        `${Math.round(districtKm)} km from the headquarters of ${station.districtCode}`,
        `${Math.round(districtKm)} km`,
      );
    }
    const key = `${point.lat.toFixed(5)},${point.lon.toFixed(5)}`;
    const shared = byPoint.get(key);
    if (shared === undefined) byPoint.set(key, [group]);
    else shared.push(group);
  }
  for (const [key, shared] of byPoint) {
    const first = shared[0]?.rows[0];
    if (first === undefined || shared.length <= limits.stationsPerBuilding) continue;
    report(
      first,
      'lat',
      'SHARED_BUILDING',
      key,
      `${shared.length} stations stand at one point`,
      shared.length,
    );
  }
}

function pointOf({ lat, lon }: PlannedStation): GeoPoint | null {
  return lat === null || lon === null ? null : { lat, lon };
}

function checkSeats(
  groups: readonly StationGroup[],
  districts: readonly CheckedDistrict[],
  report: Report,
): void {
  const limits = planCheckLimits;
  const ranges = new Map(districts.map(({ code, seatRanges }) => [code, seatRanges]));
  const all = districts.flatMap(({ seatRanges }) => seatRanges ?? []);
  const seatsOfPp = new Map<string, Map<string, number>>();
  for (const { station } of groups) {
    if (station.ppConstituency === null) continue;
    const seats = seatsOfPp.get(station.ppConstituency) ?? new Map<string, number>();
    seats.set(station.constituency, (seats.get(station.constituency) ?? 0) + 1);
    seatsOfPp.set(station.ppConstituency, seats);
  }
  const provincial = new Map<string, string>();
  for (const { station, rows } of groups) {
    const [first] = rows;
    if (first === undefined) continue;
    const seat = Number(station.constituency.slice(3));
    const own = ranges.get(station.districtCode) ?? null;
    if (own !== null && !isInRanges(own, seat)) {
      if (!isInRanges(all, seat)) {
        for (const row of rows) {
          report(
            row,
            'constituency',
            'CONSTITUENCY_UNKNOWN',
            station.constituency,
            `${station.constituency} is in no district of the province`,
          );
        }
      } else {
        report(
          first,
          'constituency',
          'CONSTITUENCY_OUTSIDE_DISTRICT',
          station.constituency,
          `${station.constituency} is not of district ${station.districtCode}`,
          station.districtCode,
        );
      }
    }
    const pp = station.ppConstituency;
    if (pp === null) continue;
    const mismatch = (message: string, about = '') =>
      report(first, 'pp_constituency', 'NA_PP_MISMATCH', pp, message, about);
    if (Number(pp.slice(3)) > limits.lastProvincialSeat) {
      mismatch(`There is no ${pp}`);
      continue;
    }
    if (station.ppNumber !== null) {
      const key = `${pp}/${station.ppNumber}`;
      const other = provincial.get(key);
      if (other !== undefined) {
        mismatch(`Number ${station.ppNumber} of ${pp} is station ${other} already`, other);
        continue;
      }
      provincial.set(key, station.code);
    }
    const seats = seatsOfPp.get(pp);
    if (seats === undefined || seats.size < 2) continue;
    const total = [...seats.values()].reduce((sum, count) => sum + count, 0);
    const share = (seats.get(station.constituency) ?? 0) / total;
    if (total >= limits.stationsForPairs && share <= limits.rarePairShare) {
      const [usual] = [...seats].sort((a, b) => b[1] - a[1]);
      mismatch(
        `The other stations of ${pp} are in ${usual?.[0]}, not in ${station.constituency}`,
        usual?.[0],
      );
    }
  }
}

function checkBooths(station: PlannedStation, rows: readonly ReadRow[], report: Report): void {
  const { boothsMale, boothsFemale, stationType, voters } = station;
  const [first] = rows;
  if (first === undefined || (boothsMale === null && boothsFemale === null)) return;
  const limits = planCheckLimits;
  const booths = (boothsMale ?? 0) + (boothsFemale ?? 0);
  const column = boothsMale === null ? 'booths_female' : 'booths_male';
  const doubt = (message: string) => report(first, column, 'BOOTHS_IMPLAUSIBLE', booths, message);
  if (booths === 0) doubt('A station without booths');
  else if (booths > limits.boothsPerStation) doubt(`${booths} booths in one station`);
  else if (stationType === 'MALE' && (boothsFemale ?? 0) > 0)
    doubt('Female booths in a male station');
  else if (stationType === 'FEMALE' && (boothsMale ?? 0) > 0)
    doubt('Male booths in a female station');
  else if (voters !== null && voters / booths > limits.votersPerBooth) {
    doubt(`${Math.round(voters / booths)} voters for each booth`);
  }
  for (const row of rows) {
    const booth = row.camera?.booth ?? null;
    if (booths > 0 && booth !== null && booth > booths) {
      report(
        row,
        'booth',
        'BOOTHS_IMPLAUSIBLE',
        booth,
        `Booth ${booth} of a station with ${booths}`,
      );
    }
  }
}
