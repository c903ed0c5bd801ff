import type { CameraView, StationView } from '@nigehban/domain/api/http-types.ts';
import { foldText, listDistricts, matchesWords } from '../stations/station-list.ts';

export type Finding =
  | {
      readonly kind: 'camera';
      readonly key: string;
      readonly camera: CameraView;
      readonly station: StationView | null;
    }
  | { readonly kind: 'station'; readonly key: string; readonly station: StationView }
  | {
      readonly kind: 'district';
      readonly key: string;
      readonly code: string;
      readonly name: string;
      readonly nameUr: string;
    };

interface Entry {
  readonly text: string;
  readonly finding: Finding;
}

/** What can be found, with folded text: built once for each set of lists. */
export type FleetIndex = readonly Entry[];

/** `placementNames` gives the words of a placement in the languages that people type. */
export function buildFleetIndex(
  stations: readonly StationView[],
  cameras: readonly CameraView[],
  placementNames: (camera: CameraView) => string,
): FleetIndex {
  const byCode = new Map(stations.map((station) => [station.code, station]));
  const districtEntries = listDistricts(stations).map(
    (district): Entry => ({
      text: foldText(`${district.code} ${district.name} ${district.nameUr}`),
      finding: { kind: 'district', key: `district:${district.code}`, ...district },
    }),
  );
  const stationEntries = stations.map(
    (station): Entry => ({
      text: foldText(
        `${station.code} ${station.name} ${station.nameUr} ${station.constituency} ${station.district} ${station.districtUr}`,
      ),
      finding: { kind: 'station', key: `station:${station.code}`, station },
    }),
  );
  const cameraEntries = cameras.map((camera): Entry => {
    const station = byCode.get(camera.stationCode) ?? null;
    const where =
      station === null
        ? ''
        : `${station.name} ${station.nameUr} ${station.district} ${station.districtUr}`;
    return {
      text: foldText(`${camera.code} ${placementNames(camera)} ${where}`),
      finding: { kind: 'camera', key: `camera:${camera.id}`, camera, station },
    };
  });
  return [...districtEntries, ...stationEntries, ...cameraEntries];
}

/** The first `limit` findings with every word of `query`; without a query the first entries. */
export function searchFleet(index: FleetIndex, query: string, limit: number): readonly Finding[] {
  const found: Finding[] = [];
  for (const entry of index) {
    if (found.length >= limit) break;
    if (matchesWords(entry.text, query)) found.push(entry.finding);
  }
  return found;
}
