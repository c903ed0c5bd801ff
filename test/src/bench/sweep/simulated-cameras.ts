import type { WatchOrder } from '@nigehban/domain/watch-orders.ts';

/** Cameras of this bench are numbered from 0; each has an address of its own in 127.101.0.0/16. */
export function addressOf(camera: number): string {
  return `127.101.${camera >> 8}.${camera & 255}`;
}

/** The number of the camera with this address; -1 for any other address. */
export function cameraAt(address: string): number {
  const parts = /^127\.101\.(\d+)\.(\d+)$/.exec(address);
  return parts === null ? -1 : Number(parts[1]) * 256 + Number(parts[2]);
}

const camerasPerStation = 2.5;

/** Two of a hundred are dead from the beginning: one half is silent, the other half drops every SYN. */
export function isDead(camera: number): boolean {
  return camera % 50 === 7;
}

export function dropsSyn(camera: number): boolean {
  return camera % 100 === 7;
}

/** The port on which nobody accepts is for those that drop SYNs. */
export function ordersFor(
  cameras: number,
  port: number,
  blackHolePort: number,
): readonly WatchOrder[] {
  return Array.from({ length: cameras }, (_, camera) => ({
    cameraId: camera + 1,
    cameraCode: `C${camera}`,
    stationId: Math.floor(camera / camerasPerStation),
    endpoint: { address: addressOf(camera), onvifPort: dropsSyn(camera) ? blackHolePort : port },
    credentials: null,
    serial: null,
    swept: true,
    view: null,
    events: false,
  }));
}
