import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { formatPlan, type PlanRow } from '@nigehban/domain/plan-csv.ts';

/** The district of cameras that no plan knows. */
export const unplannedDistrict = {
  code: 'TMP',
  name: 'Not in a plan',
  nameUr: 'منصوبے سے باہر',
  division: '-',
  lat: null,
  lon: null,
  naRanges: null,
};

/** A constituency number that no election uses; its stations are provisional. */
export const unplannedConstituency = 'NA-999';

const camerasPerStation = 50;

export interface FoundCamera {
  readonly address: string;
  readonly onvifPort: number;
  readonly serial: string | null;
  readonly mac: string | null;
}

/**
 * Cameras that were found without a plan as plan rows of provisional stations, so that they are
 * recorded until a plan says where they belong. They are bound by serial or MAC like any other;
 * `taken` of these rows exist already. Cameras that say neither are left out.
 */
export function planFound(
  found: readonly FoundCamera[],
  taken: number,
  credentials: CameraCredentials | null,
): string {
  const rows = found
    .filter(({ serial, mac }) => serial !== null || mac !== null)
    .map(({ serial, mac, address, onvifPort }, index): PlanRow => {
      const place = taken + index;
      const station = Math.floor(place / camerasPerStation) + 1;
      return {
        district_code: unplannedDistrict.code,
        constituency: unplannedConstituency,
        station_no: station,
        station_name: `Cameras found without a plan ${station}`,
        station_name_ur: `منصوبے کے بغیر ملے کیمرے ${station}`,
        category: 'NORMAL',
        station_type: 'COMBINED',
        placement: 'ENTRANCE',
        camera_no: (place % camerasPerStation) + 1,
        serial,
        mac,
        address,
        onvif_port: onvifPort,
        username: credentials?.username ?? null,
        password: credentials?.password ?? null,
      };
    });
  return formatPlan(rows);
}
