import type {
  DiscoveryRunBody,
  DiscoveryRunView,
  QuarantineView,
} from '@nigehban/domain/api/discovery-types.ts';
import { request } from '../api/api-client.ts';

/** Discovery runs and the quarantine list. Every call throws ConsoleFault. */
export const discoveryApi = {
  runs: () => request<readonly DiscoveryRunView[]>('GET', '/api/discovery/runs'),
  start: (body: DiscoveryRunBody) =>
    request<DiscoveryRunView>('POST', '/api/discovery/runs', { body }),
  cancel: (id: number) => request<DiscoveryRunView>('DELETE', `/api/discovery/runs/${id}`),
  quarantine: () => request<readonly QuarantineView[]>('GET', '/api/quarantine'),
  bind: (id: number, cameraCode: string) =>
    request<readonly QuarantineView[]>('POST', `/api/quarantine/${id}/bind`, {
      body: { cameraCode },
    }),
  ignore: (id: number) => request<readonly QuarantineView[]>('DELETE', `/api/quarantine/${id}`),
} as const;
