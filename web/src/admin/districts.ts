import type { DistrictView } from '@nigehban/domain/api/district-types.ts';
import { queryOptions } from '@tanstack/react-query';
import { request } from '../api/api-client.ts';

/** The districts; they change with the plan only. */
export const districtsQuery = queryOptions({
  queryKey: ['districts'],
  queryFn: () => request<readonly DistrictView[]>('GET', '/api/districts'),
  staleTime: 600_000,
});
