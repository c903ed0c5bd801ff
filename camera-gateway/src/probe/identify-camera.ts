import type { CameraCredentials, CameraEndpoint, CameraIdentity } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { startDeadline, withinDeadline } from '../onvif/deadline.ts';
import {
  type DeviceInformation,
  getDeviceInformation,
  getNetworkInterfaces,
  isPassable,
  type NetworkInterface,
  readClockOffset,
} from '../onvif/device-operations.ts';
import { createOnvifClient } from '../onvif/onvif-client.ts';
import type { CameraPorts } from './gateway-ports.ts';
import type { RefusedCredentials } from './refused-credentials.ts';

const identifyTimeoutMs = 8_000;
const connectTimeoutMs = 3_000;
const firstAnswerMs = 4_000;

/**
 * Who answers at an address: time, GetDeviceInformation, GetNetworkInterfaces. Credentials that were
 * refused before are not tried (CAMERA_AUTH_REFUSED). Throws the CAMERA_… faults of a probe.
 */
export async function identifyCamera(
  endpoint: CameraEndpoint,
  credentials: CameraCredentials | null,
  ports: Pick<CameraPorts, 'clock' | 'randomBytes' | 'signal'>,
  refused: RefusedCredentials,
): Promise<{ readonly identity: CameraIdentity; readonly clockOffsetMs: number }> {
  if (credentials !== null && refused.has(endpoint, credentials)) {
    throw new Fault('CAMERA_AUTH_REFUSED', 'Refused before; not tried again yet');
  }
  const { clock, randomBytes } = ports;
  const deadline = startDeadline(clock, identifyTimeoutMs, ports.signal);
  const client = createOnvifClient({ endpoint, credentials, clock, randomBytes, connectTimeoutMs });
  try {
    const first = withinDeadline(clock, deadline, firstAnswerMs);
    const clockOffsetMs = (await orNull(readClockOffset(client, first))) ?? 0;
    const device = await getDeviceInformation(client, deadline);
    const interfaces = (await orNull(getNetworkInterfaces(client, deadline))) ?? [];
    return { identity: identityOf(device, interfaces), clockOffsetMs };
  } catch (thrown) {
    if (credentials !== null && client.credentialsRefused()) refused.add(endpoint, credentials);
    throw thrown;
  }
}

/** A camera's identity by its own words; the MAC is that of its first interface that is in use. */
export function identityOf(
  device: DeviceInformation,
  interfaces: readonly NetworkInterface[],
): CameraIdentity {
  const told = interfaces.filter(({ mac }) => mac !== null && mac !== '00:00:00:00:00:00');
  return {
    manufacturer: device.manufacturer,
    model: device.model,
    firmware: device.firmware,
    serial: device.serial,
    mac: (told.find(({ enabled }) => enabled) ?? told[0])?.mac ?? null,
  };
}

/** What a camera may lack or keep to itself is passed over. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    if (isPassable(thrown) || thrown.code === 'CAMERA_AUTH_REFUSED') return null;
    throw thrown;
  }
}
