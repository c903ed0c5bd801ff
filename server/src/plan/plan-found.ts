import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { formatCsv } from '@nigehban/domain/csv-rows.ts';

/** The district of cameras that no plan knows. */
export const unplannedDistrict = {
  code: 'TMP',
  name: 'Not in a plan',
  nameUr: 'منصوبے سے باہر',
  division: '-',
  lat: null,
  lon: null,
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
  const header =
    'district_code,constituency,station_no,station_name,station_name_ur,category,station_type,' +
    'placement,camera_no,serial,mac,address,onvif_port,username,password';
  const rows = found
    .filter(({ serial, mac }) => serial !== null || mac !== null)
    .map(({ serial, mac, address, onvifPort }, index) => {
      const place = taken + index;
      const station = Math.floor(place / camerasPerStation) + 1;
      return [
        unplannedDistrict.code,
        unplannedConstituency,
        station,
        `Cameras found without a plan ${station}`,
        `منصوبے کے بغیر ملے کیمرے ${station}`,
        'NORMAL',
        'COMBINED',
        'ENTRANCE',
        (place % camerasPerStation) + 1,
        serial,
        mac,
        address,
        onvifPort,
        credentials?.username ?? null,
        credentials?.password ?? null,
      ];
    });
  return [header, formatCsv(rows)].join('\r\n');
}
