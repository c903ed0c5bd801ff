import type { CheckedDistrict } from '@nigehban/domain/plan-checks.ts';
import type { ExistingCamera } from '@nigehban/domain/plan-diff.ts';
import { parseSeatRanges } from '@nigehban/domain/plan-geography.ts';
import type { KnownDistrict, PlannedCamera, PlannedStation } from '@nigehban/domain/plan-rows.ts';
import type { Queryable } from './database.ts';

export type PlanDistrict = KnownDistrict & CheckedDistrict;

/** Districts as a plan is read and checked with them. */
export async function readPlanDistricts(sql: Queryable): Promise<readonly PlanDistrict[]> {
  const rows = await sql<
    (KnownDistrict & { lat: number | null; lon: number | null; naRanges: string | null })[]
  >`select code, name, name_ur, lat, lon, na_ranges from district order by code`;
  return rows.map(({ naRanges, ...district }) => ({
    ...district,
    seatRanges: naRanges === null ? null : parseSeatRanges(naRanges),
  }));
}

/** Cameras that were ever planned in a constituency's stations. */
export async function countConstituencyCameras(
  sql: Queryable,
  constituency: string,
): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    select count(distinct camera_id)::int as count
    from assignment join station on station.id = assignment.station_id
    where constituency_code = ${constituency}`;
  return rows[0]?.count ?? 0;
}

/** A camera as the database has it, with its sealed credentials. */
export type StoredCamera = ExistingCamera & { readonly sealedCredentials: Uint8Array | null };

/** Cameras that carry a code, serial or MAC of the plan, and those that serve in the districts. */
export async function findExistingCameras(
  sql: Queryable,
  cameras: readonly PlannedCamera[],
  districts: readonly string[] = [],
): Promise<readonly StoredCamera[]> {
  const list = (pick: (camera: PlannedCamera) => string | null) =>
    cameras.map(pick).filter((value) => value !== null);
  return await sql<StoredCamera[]>`
    select c.id, c.code, c.serial, c.mac, c.planned_address, c.planned_onvif_port,
      c.credentials as sealed_credentials, c.registered_at is not null as registered,
      s.code as station_code, s.district_code, a.placement, a.booth
    from camera c
    left join assignment a on a.camera_id = c.id and a.valid_to is null
    left join station s on s.id = a.station_id
    where c.code = any(${list((camera) => camera.code)}::text[])
      or c.serial = any(${list((camera) => camera.serial)}::text[])
      or c.mac = any(${list((camera) => camera.mac)}::text[])
      or s.district_code = any(${[...districts]}::text[])`;
}

/** Stations by code, as a plan states them. */
export async function readPlannedStations(
  sql: Queryable,
  codes: readonly string[],
): Promise<ReadonlyMap<string, PlannedStation>> {
  const rows = await sql<PlannedStation[]>`
    select s.code, s.district_code, s.constituency_code as constituency, s.number, s.name,
      s.name_ur, s.category, s.station_type, s.lat, s.lon,
      s.pp_constituency_code as pp_constituency, s.pp_number, s.permanence, s.voters,
      s.booths_male, s.booths_female, b.name as building_name, b.name_ur as building_name_ur,
      s.uplink, s.feeder, c.valid_from::text as category_from, c.valid_to::text as category_to
    from station s
    left join building b on b.id = s.building_id
    left join lateral (
      select valid_from, valid_to from station_category
      where station_id = s.id order by station_category.valid_from desc limit 1) c on true
    where s.code = any(${[...codes]}::text[])`;
  return new Map(rows.map((row) => [row.code, row]));
}
