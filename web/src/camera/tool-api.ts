import type { CameraProbeView } from '@nigehban/domain/api/http-types.ts';
import type {
  AssetView,
  AssignmentView,
  CameraHistory,
  ReplaceBody,
  RetireBody,
  TransferBody,
} from '@nigehban/domain/api/lifecycle-types.ts';
import type {
  CameraPolicyView,
  PingView,
  RebootView,
  TimeView,
  TryCredentialsBody,
  TryCredentialsView,
} from '@nigehban/domain/api/tool-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { readFault, request } from '../api/api-client.ts';

const base = (id: CameraId): string => `/api/cameras/${id}`;

/** What a technician asks of one camera. Every call throws ConsoleFault. */
export const toolApi = {
  ping: (id: CameraId) => request<PingView>('POST', `${base(id)}/tools/ping`),
  probe: (id: CameraId) => request<CameraProbeView>('POST', `${base(id)}/tools/probe`),
  setTime: (id: CameraId) => request<TimeView>('POST', `${base(id)}/tools/time`),
  reboot: (id: CameraId) =>
    request<RebootView>('POST', `${base(id)}/tools/reboot`, { body: { confirm: true } }),
  tryCredentials: (id: CameraId, body: TryCredentialsBody) =>
    request<TryCredentialsView>('POST', `${base(id)}/tools/credentials`, { body }),
  /** JPEG of this moment. */
  snapshot: async (id: CameraId): Promise<Blob> => {
    const response = await fetch(`${base(id)}/tools/snapshot`, {
      method: 'POST',
      credentials: 'same-origin',
    });
    if (!response.ok) throw await readFault(response);
    return await response.blob();
  },
  policy: (id: CameraId) => request<CameraPolicyView>('GET', `${base(id)}/policy`),
  applyPolicy: (id: CameraId, correct: boolean) =>
    request<CameraPolicyView>('POST', `${base(id)}/policy/apply`, { body: { correct } }),
  history: (id: CameraId) => request<CameraHistory>('GET', `${base(id)}/history`),
  transfer: (id: CameraId, body: TransferBody) =>
    request<AssignmentView>('POST', `${base(id)}/transfer`, { body }),
  replace: (id: CameraId, body: ReplaceBody) =>
    request<AssignmentView>('POST', `${base(id)}/replace`, { body }),
  retire: (id: CameraId, body: RetireBody) =>
    request<AssetView>('POST', `${base(id)}/retire`, { body }),
  spares: () => request<readonly AssetView[]>('GET', '/api/assets?lifecycle=spare'),
} as const;
