import type { WsMethod } from '@nigehban/domain/api/ws-messages.ts';
import type { StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Action } from '@nigehban/domain/permissions.ts';
import type { Viewer } from '../use-cases/live-sessions.ts';

export type WsMethodTable = Readonly<
  Record<
    string,
    { readonly access: Action; readonly run: (viewer: Viewer, params: unknown) => Promise<unknown> }
  >
>;

/** Every request of browsers with the action it needs. What is not here does not exist. */
export const wsMethods = {
  'live.join': {
    access: 'live.watch',
    run: (viewer, params) => {
      const read = reader(params);
      return viewer.join(read.cameraId(), read.quality());
    },
  },
  'live.connect': {
    access: 'live.watch',
    run: (viewer, params) => {
      const read = reader(params);
      return viewer.connect(read.id('transportId'), read.object('dtlsParameters'));
    },
  },
  'live.consume': {
    access: 'live.watch',
    run: (viewer, params) => {
      const read = reader(params);
      return viewer.consume(
        read.id('transportId'),
        read.cameraId(),
        read.quality(),
        read.object('rtpCapabilities'),
      );
    },
  },
  // The right to listen depends on a policy: the live session asks for it.
  'live.listen': {
    access: 'live.watch',
    run: (viewer, params) => {
      const read = reader(params);
      return viewer.listen({
        transportId: read.id('transportId'),
        cameraId: read.cameraId(),
        quality: read.quality(),
        rtpCapabilities: read.object('rtpCapabilities'),
      });
    },
  },
  'live.resume': {
    access: 'live.watch',
    run: (viewer, params) => control(viewer, 'live.resume', params),
  },
  'live.pause': {
    access: 'live.watch',
    run: (viewer, params) => control(viewer, 'live.pause', params),
  },
  'live.leave': {
    access: 'live.watch',
    run: (viewer, params) => control(viewer, 'live.leave', params),
  },
} as const satisfies Record<WsMethod, WsMethodTable[string]>;

function control(
  viewer: Viewer,
  method: 'live.resume' | 'live.pause' | 'live.leave',
  params: unknown,
): Promise<unknown> {
  const read = reader(params);
  return viewer.control(method, read.id('transportId'), read.id('consumerId'));
}

/** Reads the fields of a request's params. @throws Fault REQUEST_INVALID naming the field. */
function reader(params: unknown) {
  const fields: Record<string, unknown> =
    typeof params === 'object' && params !== null ? { ...params } : {};
  const refuse = (field: string): never => {
    throw new Fault('REQUEST_INVALID', `The field ${field} is missing or wrong`);
  };
  return {
    cameraId(): number {
      const value = fields.cameraId;
      return Number.isSafeInteger(value) ? (value as number) : refuse('cameraId');
    },
    quality(): StreamQuality {
      const value = fields.quality;
      return value === 'main' || value === 'sub' ? value : refuse('quality');
    },
    id(field: string): string {
      const value = fields[field];
      return typeof value === 'string' && value.length <= 128 ? value : refuse(field);
    },
    object(field: string): object {
      const value = fields[field];
      return typeof value === 'object' && value !== null ? value : refuse(field);
    },
  };
}
