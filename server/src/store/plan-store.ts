import type { PlannedCamera, PlannedStation } from '../plan/parse-plan.ts';
import { type Queryable, toJson } from './database.ts';

export interface DistrictRow {
  readonly code: string;
  readonly name: string;
  readonly nameUr: string;
  readonly division: string;
  readonly lat: number | null;
  readonly lon: number | null;
}

/** Adds the districts whose code is new. */
export async function insertDistricts(
  sql: Queryable,
  districts: readonly DistrictRow[],
): Promise<void> {
  const rows = districts.map(({ nameUr, ...district }) => ({ ...district, name_ur: nameUr }));
  await sql`
    insert into district (code, name, name_ur, division, lat, lon)
    select * from jsonb_to_recordset(${sql.json(toJson(rows))}) as x(code text, name text,
      name_ur text, division text, lat double precision, lon double precision)
    on conflict (code) do nothing`;
}

export async function readDistrictCodes(sql: Queryable): Promise<ReadonlySet<string>> {
  const rows = await sql<{ code: string }[]>`select code from district`;
  return new Set(rows.map((row) => row.code));
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

/** Any number of our own: one plan is applied at a time. */
const planLock = 4_206_119;

export async function lockPlan(sql: Queryable): Promise<void> {
  await sql`select pg_advisory_xact_lock(${planLock})`;
}

/** Adds or changes stations with their constituencies, buildings and booths. */
export async function upsertStations(
  sql: Queryable,
  stations: readonly PlannedStation[],
): Promise<void> {
  const rows = sql.json(
    toJson(
      stations.map((station) => ({
        code: station.code,
        constituency_code: station.constituency,
        number: station.number,
        district_code: station.districtCode,
        name: station.name,
        name_ur: station.nameUr,
        category: station.category,
        station_type: station.stationType,
        lat: station.lat,
        lon: station.lon,
      })),
    ),
  );
  await sql`
    insert into constituency (code)
    select distinct constituency_code from jsonb_to_recordset(${rows}) as x(constituency_code text)
    on conflict do nothing`;
  await sql`
    insert into constituency_district (constituency_code, district_code)
    select distinct constituency_code, district_code
    from jsonb_to_recordset(${rows}) as x(constituency_code text, district_code text)
    on conflict do nothing`;
  await sql`
    insert into building (district_code, lat, lon)
    select distinct district_code, lat, lon
    from jsonb_to_recordset(${rows}) as x(district_code text, lat double precision,
      lon double precision)
    where lat is not null on conflict do nothing`;
  await sql`
    insert into station (code, constituency_code, number, district_code, building_id, name, name_ur,
      category, station_type, lat, lon)
    select x.code, x.constituency_code, x.number, x.district_code, b.id, x.name, x.name_ur,
      x.category, x.station_type, x.lat, x.lon
    from jsonb_to_recordset(${rows}) as x(code text, constituency_code text, number int,
      district_code text, name text, name_ur text, category text, station_type text,
      lat double precision, lon double precision)
    left join building b on b.district_code = x.district_code and b.lat = x.lat and b.lon = x.lon
    on conflict (code) do update set district_code = excluded.district_code,
      building_id = excluded.building_id, name = excluded.name, name_ur = excluded.name_ur,
      category = excluded.category, station_type = excluded.station_type, lat = excluded.lat,
      lon = excluded.lon
    where (station.district_code, station.building_id, station.name, station.name_ur,
        station.category, station.station_type, station.lat, station.lon)
      is distinct from (excluded.district_code, excluded.building_id, excluded.name,
        excluded.name_ur, excluded.category, excluded.station_type, excluded.lat, excluded.lon)`;
}

/** A camera as the database has it, for comparison with the plan. */
export interface ExistingCamera {
  readonly id: number;
  readonly code: string;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly plannedAddress: string | null;
  readonly plannedOnvifPort: number | null;
  readonly sealedCredentials: Uint8Array | null;
  readonly placement: string | null;
  readonly booth: number | null;
}

/** The cameras that carry one of these codes, serials or MACs. */
export async function findExistingCameras(
  sql: Queryable,
  cameras: readonly PlannedCamera[],
): Promise<readonly ExistingCamera[]> {
  const list = (pick: (camera: PlannedCamera) => string | null) =>
    cameras.map(pick).filter((value) => value !== null);
  return await sql<ExistingCamera[]>`
    select c.id, c.code, c.serial, c.mac, c.planned_address, c.planned_onvif_port,
      c.credentials as sealed_credentials, a.placement, a.booth
    from camera c left join assignment a on a.camera_id = c.id and a.valid_to is null
    where c.code = any(${list((camera) => camera.code)}::text[])
      or c.serial = any(${list((camera) => camera.serial)}::text[])
      or c.mac = any(${list((camera) => camera.mac)}::text[])`;
}

export interface CameraWrite {
  readonly camera: PlannedCamera;
  readonly sealedCredentials: Uint8Array | null;
  /** Address or identity changed: what was learned of it holds no longer. */
  readonly registerAgain: boolean;
}

/** Adds or changes cameras, and opens a new assignment where station, placement or booth changed. */
export async function upsertCameras(
  sql: Queryable,
  writes: readonly CameraWrite[],
  nowMs: number,
): Promise<void> {
  const rows = sql.json(
    toJson(
      writes.map(({ camera, sealedCredentials, registerAgain }) => ({
        code: camera.code,
        station_code: camera.stationCode,
        placement: camera.placement,
        booth: camera.booth,
        serial: camera.serial,
        mac: camera.mac,
        address: camera.address,
        onvif_port: camera.onvifPort,
        credentials:
          sealedCredentials === null ? null : Buffer.from(sealedCredentials).toString('base64'),
        register_again: registerAgain,
      })),
    ),
  );
  await sql`
    insert into booth (station_id, number)
    select distinct s.id, x.booth
    from jsonb_to_recordset(${rows}) as x(station_code text, booth int)
    join station s on s.code = x.station_code
    where x.booth is not null on conflict do nothing`;
  await sql`
    with x as (
      select * from jsonb_to_recordset(${rows}) as x(code text, serial text, mac text,
        address text, onvif_port int, credentials text, register_again boolean)
    ), changed as (
      update camera c set serial = coalesce(x.serial, c.serial), mac = coalesce(x.mac, c.mac),
        planned_address = x.address, planned_onvif_port = x.onvif_port,
        address = case when x.register_again then x.address else c.address end,
        onvif_port = case when x.register_again then x.onvif_port else c.onvif_port end,
        credentials = coalesce(decode(x.credentials, 'base64'), c.credentials),
        registered_at = case when x.register_again then null else c.registered_at end,
        streams = case when x.register_again then '[]'::jsonb else c.streams end,
        registration_fault = null, registration_evidence = null
      from x where c.code = x.code returning c.code
    )
    insert into camera (code, serial, mac, address, onvif_port, planned_address,
      planned_onvif_port, credentials)
    select code, serial, mac, address, onvif_port, address, onvif_port,
      decode(credentials, 'base64')
    from x where not exists (select from camera c where c.code = x.code)`;
  await sql`
    with x as (
      select c.id as camera_id, s.id as station_id, x.placement, x.booth
      from jsonb_to_recordset(${rows}) as x(code text, station_code text, placement text, booth int)
      join camera c on c.code = x.code join station s on s.code = x.station_code
    )
    update assignment a set valid_to = greatest(${nowMs}::timestamptz,
      a.valid_from + interval '1 microsecond')
    from x where a.camera_id = x.camera_id and a.valid_to is null
      and (a.station_id, a.placement, a.booth) is distinct from (x.station_id, x.placement, x.booth)`;
  await sql`
    insert into assignment (camera_id, station_id, placement, booth, valid_from)
    select c.id, s.id, x.placement, x.booth, ${nowMs}::timestamptz
    from jsonb_to_recordset(${rows}) as x(code text, station_code text, placement text, booth int)
    join camera c on c.code = x.code join station s on s.code = x.station_code
    where not exists (select from assignment a where a.camera_id = c.id and a.valid_to is null)`;
}
