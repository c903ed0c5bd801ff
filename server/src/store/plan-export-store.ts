import type { Placement } from '@nigehban/domain/camera.ts';
import type { PlannedStation } from '@nigehban/domain/plan-rows.ts';
import type { Queryable } from './database.ts';

/** A camera in service with its station, as a plan states both; credentials are left out. */
export type PlanInForceRow = PlannedStation & {
  readonly cameraCode: string;
  readonly placement: Placement;
  readonly booth: number | null;
  readonly boothType: 'MALE' | 'FEMALE' | null;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly address: string | null;
  readonly onvifPort: number | null;
};

/** Cameras in service, station by station; `district` null: of all districts but `exceptDistrict`. */
export async function readPlanInForce(
  sql: Queryable,
  district: string | null,
  exceptDistrict: string,
): Promise<readonly PlanInForceRow[]> {
  return await sql<PlanInForceRow[]>`
    select s.code, s.district_code, s.constituency_code as constituency, s.number, s.name,
      s.name_ur, s.category, s.station_type, s.lat, s.lon,
      s.pp_constituency_code as pp_constituency, s.pp_number, s.permanence, s.voters,
      s.booths_male, s.booths_female, b.name as building_name, b.name_ur as building_name_ur,
      s.uplink, s.feeder, sc.valid_from::text as category_from, sc.valid_to::text as category_to,
      c.code as camera_code, a.placement, a.booth, bo.booth_type, c.serial, c.mac,
      c.planned_address as address, c.planned_onvif_port as onvif_port
    from assignment a
    join camera c on c.id = a.camera_id
    join station s on s.id = a.station_id
    left join building b on b.id = s.building_id
    left join booth bo on bo.station_id = s.id and bo.number = a.booth
    left join lateral (
      select valid_from, valid_to from station_category
      where station_id = s.id order by station_category.valid_from desc limit 1) sc on true
    where a.valid_to is null and s.district_code <> ${exceptDistrict}
      ${district === null ? sql`` : sql`and s.district_code = ${district}`}
    order by s.district_code, s.constituency_code, s.number, a.booth nulls first, c.code`;
}
