import { guardFormula } from '@nigehban/domain/csv-rows.ts';
import { formatPlan, type PlanRow } from '@nigehban/domain/plan-csv.ts';
import type { PlanInForceRow } from '../store/plan-export-store.ts';

/**
 * The cameras in service as a plan that, loaded again, changes nothing. A camera's number is that of
 * its code; one that came from elsewhere, or under another code, gets the next free number there.
 */
export function formatPlanInForce(rows: readonly PlanInForceRow[]): string {
  const placeOf = ({ code, booth }: PlanInForceRow) => `${code}/${booth ?? ''}`;
  const taken = new Map<string, Set<number>>();
  const ownNumbers = rows.map((row) => {
    const number = ownNumber(row);
    if (number !== null) {
      const numbers = taken.get(placeOf(row)) ?? new Set<number>();
      taken.set(placeOf(row), numbers.add(number));
    }
    return number;
  });
  const freeNumber = (row: PlanInForceRow): number => {
    const numbers = taken.get(placeOf(row)) ?? new Set<number>();
    let number = 1;
    while (numbers.has(number)) number += 1;
    taken.set(placeOf(row), numbers.add(number));
    return number;
  };
  return formatPlan(rows.map((row, index) => planRowOf(row, ownNumbers[index] ?? freeNumber(row))));
}

/** The number at the end of a code that says where the camera is; null when it says another place. */
function ownNumber({ cameraCode, code, booth }: PlanInForceRow): number | null {
  const place = booth === null ? code : `${code}-B${booth}`;
  const number = /^-C([1-9]\d?)$/.exec(cameraCode.slice(place.length))?.[1];
  return cameraCode.startsWith(place) && number !== undefined ? Number(number) : null;
}

function planRowOf(row: PlanInForceRow, cameraNumber: number): PlanRow {
  return {
    district_code: row.districtCode,
    constituency: row.constituency,
    station_no: row.number,
    station_name: guardFormula(row.name),
    station_name_ur: guardFormula(row.nameUr),
    category: row.category,
    station_type: row.stationType,
    lat: row.lat,
    lon: row.lon,
    placement: row.placement,
    booth: row.booth,
    camera_no: cameraNumber,
    serial: row.serial,
    mac: row.mac,
    address: row.address,
    onvif_port: row.onvifPort,
    pp_constituency: row.ppConstituency,
    pp_station_no: row.ppNumber,
    category_from: row.categoryFrom,
    category_to: row.categoryTo,
    permanence: row.permanence,
    voters: row.voters,
    booths_male: row.boothsMale,
    booths_female: row.boothsFemale,
    building_name: guardFormula(row.buildingName),
    building_name_ur: guardFormula(row.buildingNameUr),
    uplink: guardFormula(row.uplink),
    feeder: guardFormula(row.feeder),
    booth_type: row.boothType,
  };
}
