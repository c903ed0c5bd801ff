import type {
  CameraAvailability,
  CameraHealthView,
  HealthTable,
} from '@nigehban/domain/api/health-types.ts';
import type { CameraTransition } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { WatchPolicy } from '@nigehban/domain/watch-orders.ts';
import { request } from '../api/api-client.ts';

/** The health part of the HTTP API. Every call throws ConsoleFault. */
export const healthApi = {
  table: (signal?: AbortSignal) =>
    request<HealthTable>('GET', '/api/health/cameras', signal ? { signal } : {}),
  camera: (id: CameraId) => request<CameraHealthView>('GET', `/api/cameras/${id}/health`),
  states: (id: CameraId, beforeMs: number, limit: number) =>
    request<readonly CameraTransition[]>(
      'GET',
      `/api/cameras/${id}/states?before=${beforeMs}&limit=${limit}`,
    ),
  availability: (id: CameraId, fromMs: number, toMs: number) =>
    request<CameraAvailability>(
      'GET',
      `/api/cameras/${id}/availability?fromMs=${fromMs}&toMs=${toMs}`,
    ),
  watchPolicy: () => request<WatchPolicy>('GET', '/api/settings/watch'),
} as const;
