import type { StationStateKind } from '@nigehban/domain/station-state.ts';

export interface StationSearch {
  readonly q?: string;
  readonly district?: string;
  readonly state?: StationStateKind;
}

export function parseStationSearch(search: Record<string, unknown>): StationSearch {
  const { q, district, state } = search;
  return {
    ...(q === undefined || q === '' ? {} : { q: String(q) }),
    ...(district === undefined || district === '' ? {} : { district: String(district) }),
    ...(state === 'OK' || state === 'PARTIAL' || state === 'BLIND' ? { state } : {}),
  };
}
