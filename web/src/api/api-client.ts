import type {
  AcknowledgeBody,
  AlertView,
  CameraDetail,
  CameraProbeView,
  CameraView,
  ErrorBody,
  ExportBody,
  ExportView,
  SessionView,
  SignInBody,
  StationDetail,
  StationView,
} from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { isFaultCode } from '@nigehban/domain/faults.ts';
import type { Timeline } from '@nigehban/domain/footage.ts';
import { ConsoleFault } from './console-fault.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

function isErrorBody(value: unknown): value is ErrorBody {
  if (typeof value !== 'object' || value === null || !('error' in value)) return false;
  const error = value.error;
  return typeof error === 'object' && error !== null && 'code' in error && isFaultCode(error.code);
}

/** The coded fault of an answer that is not 2xx; `SERVER_UNREACHABLE` when it is not ours. */
export async function readFault(response: Response): Promise<ConsoleFault> {
  const body: unknown = await response.json().catch(() => null);
  if (isErrorBody(body)) {
    return new ConsoleFault(body.error.code, body.error.message, body.error.requestId);
  }
  return new ConsoleFault('SERVER_UNREACHABLE', `HTTP ${response.status}`);
}

/** One call of the HTTP API with JSON both ways. @throws ConsoleFault */
export async function request<Result>(
  method: Method,
  path: string,
  options: { body?: unknown; signal?: AbortSignal } = {},
): Promise<Result> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      signal: options.signal ?? null,
      ...(options.body === undefined
        ? {}
        : {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(options.body),
          }),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ConsoleFault('SERVER_UNREACHABLE', String(cause));
  }
  if (!response.ok) throw await readFault(response);
  const text = await response.text();
  return (text === '' ? null : JSON.parse(text)) as Result;
}

const segment = (text: string): string => encodeURIComponent(text);

/** The HTTP API as the console uses it. Every call throws {@link ConsoleFault}. */
export const api = {
  session: (signal?: AbortSignal) =>
    request<SessionView>('GET', '/api/session', signal ? { signal } : {}),
  signIn: (body: SignInBody) => request<SessionView>('POST', '/api/session', { body }),
  signOut: () => request<unknown>('DELETE', '/api/session'),
  stations: () => request<readonly StationView[]>('GET', '/api/stations'),
  station: (code: string) => request<StationDetail>('GET', `/api/stations/${segment(code)}`),
  cameras: () => request<readonly CameraView[]>('GET', '/api/cameras'),
  camera: (id: CameraId) => request<CameraDetail>('GET', `/api/cameras/${id}`),
  probe: (id: CameraId) => request<CameraProbeView>('POST', `/api/cameras/${id}/probe`),
  timeline: (id: CameraId, fromMs: number, toMs: number) =>
    request<Timeline>('GET', `/api/cameras/${id}/timeline?fromMs=${fromMs}&toMs=${toMs}`),
  exports: () => request<readonly ExportView[]>('GET', '/api/exports'),
  requestExport: (body: ExportBody) => request<ExportView>('POST', '/api/exports', { body }),
  cancelExport: (id: string) => request<ExportView>('DELETE', `/api/exports/${segment(id)}`),
  alerts: (state: 'open' | 'closed', page: { before?: number; limit: number }) =>
    request<readonly AlertView[]>(
      'GET',
      `/api/alerts?state=${state}&limit=${page.limit}${
        page.before === undefined ? '' : `&before=${page.before}`
      }`,
    ),
  acknowledge: (id: number, body: AcknowledgeBody) =>
    request<AlertView>('POST', `/api/alerts/${id}/acknowledge`, { body }),
} as const;

/** URL of the camera's own still picture; `stamp` keeps the browser from showing an old one. */
export function snapshotUrl(id: CameraId, stamp: number): string {
  return `/api/cameras/${id}/snapshot.jpg?at=${stamp}`;
}

/** URL of one recorded piece, by its start in microseconds. */
export function footageUrl(id: CameraId, startUs: number): string {
  return `/api/cameras/${id}/footage/${startUs}.mp4`;
}

/** URL of a finished export's file. */
export function exportFileUrl(id: string, cameraId: CameraId, part: number): string {
  return `/api/exports/${id}/files/${cameraId}.mp4?part=${part}`;
}
