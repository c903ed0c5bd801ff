import type { StationView } from '@nigehban/domain/api/http-types.ts';
import type { StationStateKind } from '@nigehban/domain/station-state.ts';
import type { StationSearch } from './station-search.ts';

const severity: Readonly<Record<StationStateKind, number>> = { BLIND: 0, PARTIAL: 1, OK: 2 };

/** Folds what people type differently: case, Arabic against Urdu letters, marks. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[يى]/g, 'ی')
    .replace(/ك/g, 'ک')
    .replace(/[هۀة]/g, 'ہ')
    .toLowerCase();
}

function haystack(station: StationView): string {
  const { code, name, nameUr, constituency, district, districtUr } = station;
  return foldText([code, name, nameUr, constituency, district, districtUr].join(' '));
}

/** Whether every word of `query` occurs in `text` (already folded). */
export function matchesWords(text: string, query: string): boolean {
  return foldText(query)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Stations that the filter lets through, the worst first and the longest lost before the newer. */
export function listStations(
  stations: readonly StationView[],
  filter: StationSearch,
): readonly StationView[] {
  return stations
    .filter(
      (station) =>
        (filter.state === undefined || station.state === filter.state) &&
        (filter.district === undefined || station.districtCode === filter.district) &&
        (filter.q === undefined || matchesWords(haystack(station), filter.q)),
    )
    .sort(
      (a, b) =>
        severity[a.state] - severity[b.state] ||
        (a.sinceMs ?? 0) - (b.sinceMs ?? 0) ||
        a.code.localeCompare(b.code, 'en', { numeric: true }),
    );
}

export interface DistrictOption {
  readonly code: string;
  readonly name: string;
  readonly nameUr: string;
}

/** Districts that have stations, by name. */
export function listDistricts(stations: readonly StationView[]): readonly DistrictOption[] {
  const byCode = new Map<string, DistrictOption>();
  for (const { districtCode, district, districtUr } of stations) {
    byCode.set(districtCode, { code: districtCode, name: district, nameUr: districtUr });
  }
  return [...byCode.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

export function countByState(
  stations: readonly StationView[],
): Readonly<Record<StationStateKind, number>> {
  const counts = { OK: 0, PARTIAL: 0, BLIND: 0 };
  for (const station of stations) counts[station.state] += 1;
  return counts;
}
