import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { queryOptions } from '@tanstack/react-query';
import { request } from '../api/api-client.ts';

const base = (id: CameraId): string => `/api/cameras/${id}/views`;
const mostWaiting = 200;

/** Reference pictures and their approval. Every call throws ConsoleFault. */
export const viewApi = {
  list: (id: CameraId) => request<readonly ReferenceView[]>('GET', base(id)),
  propose: (id: CameraId) => request<ReferenceView>('POST', base(id)),
  approve: (view: ReferenceView) =>
    request<ReferenceView>('POST', `${base(view.cameraId)}/${view.id}/approve`),
  reject: (view: ReferenceView, reason: string) =>
    request<ReferenceView>('POST', `${base(view.cameraId)}/${view.id}/reject`, {
      body: { reason },
    }),
  waiting: () =>
    request<readonly ReferenceView[]>('GET', `/api/views?state=waiting&limit=${mostWaiting}`),
} as const;

export const waitingViewsQuery = queryOptions({
  queryKey: ['views', 'waiting'],
  queryFn: viewApi.waiting,
  refetchInterval: 15_000,
});

/** URL of a reference picture, for approvers. */
export function viewPictureUrl(cameraId: CameraId, viewId: number): string {
  return `${base(cameraId)}/${viewId}/picture.jpg`;
}
