import type { CameraId } from '@nigehban/domain/camera.ts';
import type { CameraWrite } from '@nigehban/domain/plan-diff.ts';
import type { PlannedStation } from '@nigehban/domain/plan-rows.ts';
import { type Queryable, toJson } from './database.ts';

/** Adds or changes stations with their constituencies, buildings and categories. A field that the plan does not state stays. */
export async function upsertStations(
  sql: Queryable,
  stations: readonly PlannedStation[],
  nowMs: number,
): Promise<void> {
  if (stations.length === 0) return;
  const rows = sql.json(
    toJson(
      stations.map((station) => ({
        code: station.code,
        constituency_code: station.constituency,
        pp_code: station.ppConstituency,
        pp_number: station.ppNumber,
        number: station.number,
        district_code: station.districtCode,
        name: station.name,
        name_ur: station.nameUr,
        category: station.category,
        category_from: station.categoryFrom,
        category_to: station.categoryTo,
        station_type: station.stationType,
        permanence: station.permanence,
        voters: station.voters,
        booths_male: station.boothsMale,
        booths_female: station.boothsFemale,
        building_name: station.buildingName,
        building_name_ur: station.buildingNameUr,
        lat: station.lat,
        lon: station.lon,
        uplink: station.uplink,
        feeder: station.feeder,
      })),
    ),
  );
  await sql`
    insert into constituency (code)
    select constituency_code from jsonb_to_recordset(${rows}) as x(constituency_code text)
    union
    select pp_code from jsonb_to_recordset(${rows}) as x(pp_code text) where pp_code is not null
    on conflict do nothing`;
  await sql`
    insert into constituency_district (constituency_code, district_code)
    select constituency_code, district_code
    from jsonb_to_recordset(${rows}) as x(constituency_code text, district_code text)
    union
    select pp_code, district_code
    from jsonb_to_recordset(${rows}) as x(pp_code text, district_code text)
    where pp_code is not null
    on conflict do nothing`;
  await sql`
    insert into building (district_code, lat, lon, name, name_ur)
    select district_code, lat, lon, min(building_name), min(building_name_ur)
    from jsonb_to_recordset(${rows}) as x(district_code text, lat double precision,
      lon double precision, building_name text, building_name_ur text)
    where lat is not null group by 1, 2, 3
    on conflict (district_code, lat, lon) do update
      set name = coalesce(excluded.name, building.name),
        name_ur = coalesce(excluded.name_ur, building.name_ur)
    where (coalesce(excluded.name, building.name), coalesce(excluded.name_ur, building.name_ur))
      is distinct from (building.name, building.name_ur)`;
  await sql`
    insert into station as s (code, constituency_code, number, district_code, building_id, name,
      name_ur, category, station_type, lat, lon, pp_constituency_code, pp_number, permanence,
      voters, booths_male, booths_female, uplink, feeder)
    select x.code, x.constituency_code, x.number, x.district_code, b.id, x.name, x.name_ur,
      x.category, x.station_type, x.lat, x.lon, x.pp_code, x.pp_number, x.permanence, x.voters,
      x.booths_male, x.booths_female, x.uplink, x.feeder
    from jsonb_to_recordset(${rows}) as x(code text, constituency_code text, number int,
      district_code text, name text, name_ur text, category text, station_type text,
      lat double precision, lon double precision, pp_code text, pp_number int, permanence text,
      voters int, booths_male int, booths_female int, uplink text, feeder text)
    left join building b on b.district_code = x.district_code and b.lat = x.lat and b.lon = x.lon
    on conflict (code) do update set district_code = excluded.district_code,
      building_id = coalesce(excluded.building_id, s.building_id), name = excluded.name,
      name_ur = coalesce(nullif(excluded.name_ur, ''), s.name_ur), category = excluded.category,
      station_type = excluded.station_type, lat = coalesce(excluded.lat, s.lat),
      lon = coalesce(excluded.lon, s.lon),
      pp_constituency_code = coalesce(excluded.pp_constituency_code, s.pp_constituency_code),
      pp_number = coalesce(excluded.pp_number, s.pp_number),
      permanence = coalesce(excluded.permanence, s.permanence),
      voters = coalesce(excluded.voters, s.voters),
      booths_male = coalesce(excluded.booths_male, s.booths_male),
      booths_female = coalesce(excluded.booths_female, s.booths_female),
      uplink = coalesce(excluded.uplink, s.uplink), feeder = coalesce(excluded.feeder, s.feeder)
    where (s.district_code, s.building_id, s.name, s.name_ur, s.category, s.station_type, s.lat,
        s.lon, s.pp_constituency_code, s.pp_number, s.permanence, s.voters, s.booths_male,
        s.booths_female, s.uplink, s.feeder)
      is distinct from (excluded.district_code, coalesce(excluded.building_id, s.building_id),
        excluded.name, coalesce(nullif(excluded.name_ur, ''), s.name_ur), excluded.category,
        excluded.station_type, coalesce(excluded.lat, s.lat), coalesce(excluded.lon, s.lon),
        coalesce(excluded.pp_constituency_code, s.pp_constituency_code),
        coalesce(excluded.pp_number, s.pp_number), coalesce(excluded.permanence, s.permanence),
        coalesce(excluded.voters, s.voters), coalesce(excluded.booths_male, s.booths_male),
        coalesce(excluded.booths_female, s.booths_female), coalesce(excluded.uplink, s.uplink),
        coalesce(excluded.feeder, s.feeder))`;
  await noteCategories(sql, rows, nowMs);
}

/** One category at a time: a new one ends the former. Without a date it holds from today. */
async function noteCategories(
  sql: Queryable,
  rows: ReturnType<Queryable['json']>,
  nowMs: number,
): Promise<void> {
  await sql`
    with wanted as (
      select s.id, x.category, x.category_from, x.category_to, latest.category as former,
        coalesce(x.category_from, case when latest.category = x.category then latest.valid_from end,
          (${nowMs}::timestamptz at time zone 'Asia/Karachi')::date) as valid_from
      from jsonb_to_recordset(${rows}) as x(code text, category text, category_from date,
        category_to date)
      join station s on s.code = x.code
      left join lateral (select c.category, c.valid_from from station_category c
        where c.station_id = s.id order by c.valid_from desc limit 1) latest on true
    ), closed as (
      update station_category c set valid_to = w.valid_from from wanted w
      where c.station_id = w.id and c.valid_from < w.valid_from
        and (c.valid_to is null or c.valid_to > w.valid_from)
    )
    insert into station_category as c (station_id, valid_from, valid_to, category)
    select id, valid_from, category_to, category from wanted
    on conflict (station_id, valid_from) do update set category = excluded.category,
      valid_to = coalesce(excluded.valid_to, c.valid_to)
    where (c.category, c.valid_to)
      is distinct from (excluded.category, coalesce(excluded.valid_to, c.valid_to))`;
}

/** What is written of a camera, its credentials sealed for the code that it gets. */
export interface SealedWrite {
  readonly write: CameraWrite;
  readonly sealedCredentials: Uint8Array | null;
}

/** Frees codes, serials and MACs that pass from one camera to another in the same plan. */
export async function freeIdentities(
  sql: Queryable,
  writes: readonly CameraWrite[],
): Promise<void> {
  const moved = writes.flatMap(({ existing, camera }) =>
    existing !== null && existing.code !== camera.code ? [existing.id] : [],
  );
  if (moved.length > 0) {
    await sql`update camera set code = '~' || id where id = any(${moved}::int[])`;
  }
  for (const key of ['serial', 'mac'] as const) {
    const wanted = new Map(writes.map(({ camera }) => [camera[key], camera]));
    const giving = writes.flatMap(({ existing, camera }) => {
      const former = existing?.[key] ?? null;
      if (existing === null || former === null || camera[key] === null) return [];
      return former !== camera[key] && wanted.has(former) ? [existing.id] : [];
    });
    if (giving.length === 0) continue;
    await sql`update camera set ${sql(key)} = null where id = any(${giving}::int[])`;
  }
}

/**
 * Adds or changes cameras, and closes and opens assignments where station, placement or booth
 * changed. A spare or retired asset that a plan names serves again.
 */
export async function upsertCameras(
  sql: Queryable,
  writes: readonly SealedWrite[],
  by: { readonly actor: string | null; readonly nowMs: number },
): Promise<void> {
  if (writes.length === 0) return;
  const { actor, nowMs } = by;
  const rows = sql.json(
    toJson(
      writes.map(({ write: { camera, existing, registerAgain }, sealedCredentials }) => ({
        id: existing?.id ?? null,
        code: camera.code,
        station_code: camera.stationCode,
        placement: camera.placement,
        booth: camera.booth,
        booth_type: camera.boothType,
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
    insert into booth as b (station_id, number, booth_type)
    select s.id, x.booth, min(x.booth_type)
    from jsonb_to_recordset(${rows}) as x(station_code text, booth int, booth_type text)
    join station s on s.code = x.station_code
    where x.booth is not null group by 1, 2
    on conflict (station_id, number) do update set booth_type = excluded.booth_type
    where excluded.booth_type is not null and b.booth_type is distinct from excluded.booth_type`;
  await sql`
    update camera c set code = x.code, serial = coalesce(x.serial, c.serial),
      mac = coalesce(x.mac, c.mac), planned_address = x.address, planned_onvif_port = x.onvif_port,
      address = case when x.register_again then x.address else c.address end,
      onvif_port = case when x.register_again then x.onvif_port else c.onvif_port end,
      credentials = coalesce(decode(x.credentials, 'base64'), c.credentials),
      registered_at = case when x.register_again then null else c.registered_at end,
      streams = case when x.register_again then '[]'::jsonb else c.streams end,
      registration_fault = null, registration_evidence = null, lifecycle = 'in-service'
    from jsonb_to_recordset(${rows}) as x(id int, code text, serial text, mac text, address text,
      onvif_port int, credentials text, register_again boolean)
    where c.id = x.id`;
  await sql`
    insert into camera (code, serial, mac, address, onvif_port, planned_address,
      planned_onvif_port, credentials)
    select code, serial, mac, address, onvif_port, address, onvif_port,
      decode(credentials, 'base64')
    from jsonb_to_recordset(${rows}) as x(id int, code text, serial text, mac text, address text,
      onvif_port int, credentials text)
    where id is null`;
  await sql`
    with x as (
      select c.id as camera_id, s.id as station_id, x.placement, x.booth
      from jsonb_to_recordset(${rows}) as x(code text, station_code text, placement text, booth int)
      join camera c on c.code = x.code join station s on s.code = x.station_code
    )
    update assignment a set valid_to = greatest(${nowMs}::timestamptz,
        a.valid_from + interval '1 microsecond'),
      ended_by = ${actor}, ended_how = 'transfer', end_reason = 'plan'
    from x where a.camera_id = x.camera_id and a.valid_to is null
      and (a.station_id, a.placement, a.booth) is distinct from (x.station_id, x.placement, x.booth)`;
  await sql`
    insert into assignment (camera_id, station_id, placement, booth, valid_from)
    select c.id, s.id, x.placement, x.booth, ${nowMs}::timestamptz
    from jsonb_to_recordset(${rows}) as x(code text, station_code text, placement text, booth int)
    join camera c on c.code = x.code join station s on s.code = x.station_code
    where not exists (select from assignment a where a.camera_id = c.id and a.valid_to is null)`;
}

/** Cameras that the plan names no more: they serve no longer, and what they recorded stays. */
export async function retireCameras(
  sql: Queryable,
  ids: readonly CameraId[],
  by: { readonly actor: string | null; readonly nowMs: number },
): Promise<void> {
  await sql`
    update assignment set valid_to = greatest(${by.nowMs}::timestamptz,
        valid_from + interval '1 microsecond'),
      ended_by = ${by.actor}, ended_how = 'retire', end_reason = 'plan'
    where camera_id = any(${[...ids]}::int[]) and valid_to is null`;
  await sql`update camera set lifecycle = 'retired' where id = any(${[...ids]}::int[])`;
}
