import type { StationSupplyBody, StationSupplyView } from '@nigehban/domain/api/alert-types.ts';
import type { SupplyListView } from '@nigehban/domain/api/supply-types.ts';
import { queryOptions } from '@tanstack/react-query';
import { request } from '../api/api-client.ts';

/** The uplinks and feeders that stations hang on. */
export const suppliesQuery = queryOptions({
  queryKey: ['supplies'],
  queryFn: () => request<SupplyListView>('GET', '/api/supplies'),
  staleTime: 60_000,
});

/** Names what a station hangs on. @throws ConsoleFault */
export function saveStationSupply(
  stationCode: string,
  body: StationSupplyBody,
): Promise<StationSupplyView> {
  const path = `/api/stations/${encodeURIComponent(stationCode)}/supply`;
  return request<StationSupplyView>('PATCH', path, { body });
}
